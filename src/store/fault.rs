//! Faults of the machine: what it means that the system refuses, and what to do about it.
//!
//! The one place that knows error numbers. A fault is nobody's mistake in an experiment or a photo:
//! when its cause is gone, the same run goes on.

use std::error::Error;
use std::io;

use rustix::io::Errno;

/// What is wrong with the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No space is left on the file system (`ENOSPC`).
    #[error("the disk is full")]
    DiskFull,
    /// The user has no space left of their share of the disk (`EDQUOT`).
    #[error("the disk quota is used up")]
    Quota,
    /// The file system was mounted without the right to write (`EROFS`).
    #[error("the file system is read-only")]
    ReadOnly,
    /// The user lacks the right to a file or its folder (`EACCES`, `EPERM`).
    #[error("permission denied")]
    Denied,
    /// The process or the whole system has no more file handles (`EMFILE`, `ENFILE`).
    #[error("too many open files")]
    TooManyFiles,
    /// The process may not write files of that size (`EFBIG`).
    #[error("the file would be larger than the system lets it be")]
    TooLarge,
    /// A network folder's server does not answer, or a drive was unplugged.
    #[error("the drive or network folder cannot be reached")]
    Unreachable,
    /// The disk or its connection failed to read or write (`EIO`).
    #[error("input/output error")]
    InputOutput,
    /// Not an error number: photos that were there a moment ago are gone, all of a folder.
    #[error("its folder is gone or empty, as if it was unmounted, moved or deleted")]
    FolderGone,
}

impl Fault {
    /// What an error or one of its causes says; `None`: the machine is not at fault.
    pub fn of(err: &(dyn Error + 'static)) -> Option<Fault> {
        causes(err).find_map(|cause| match cause.downcast_ref::<io::Error>() {
            Some(err) => Fault::of_system(err),
            None => cause.downcast_ref::<Fault>().copied(),
        })
    }

    fn of_system(err: &io::Error) -> Option<Fault> {
        Some(match Errno::from_io_error(err)? {
            Errno::NOSPC => Fault::DiskFull,
            Errno::DQUOT => Fault::Quota,
            Errno::ROFS => Fault::ReadOnly,
            Errno::ACCESS | Errno::PERM => Fault::Denied,
            Errno::MFILE | Errno::NFILE => Fault::TooManyFiles,
            Errno::FBIG => Fault::TooLarge,
            Errno::STALE
            | Errno::NOTCONN
            | Errno::TIMEDOUT
            | Errno::HOSTDOWN
            | Errno::HOSTUNREACH
            | Errno::NODEV
            | Errno::NOMEDIUM
            | Errno::REMOTEIO
            | Errno::SHUTDOWN => Fault::Unreachable,
            Errno::IO => Fault::InputOutput,
            _ => return None,
        })
    }

    /// The next step, before the same is tried again.
    fn cure(self) -> &'static str {
        match self {
            Fault::DiskFull => {
                "free some space ('retrain cache' and 'retrain trash' say what can go)"
            }
            Fault::Quota => {
                "remove what can go ('retrain cache' and 'retrain trash' say what) or have the \
                 quota raised"
            }
            Fault::ReadOnly => "make it writable again",
            Fault::Denied => "see to the rights of that file and its folder",
            Fault::TooManyFiles => "raise the limit ('ulimit -n 4096' in the same shell)",
            Fault::TooLarge => "raise the limit ('ulimit -f unlimited' in the same shell)",
            Fault::Unreachable => "connect or mount it again",
            Fault::InputOutput => "see to the disk and its connection ('dmesg' may say more)",
            Fault::FolderGone => "mount it or put it back",
        }
    }
}

/// An error and its causes in one sentence, nothing said twice; with a fault of the machine in its
/// own words, and what to do, the last thing being `again`: what to type or to do once more.
pub fn explain(err: &(dyn Error + 'static), again: &str) -> String {
    let mut sentence = String::new();
    for cause in causes(err) {
        let said = cause.to_string();
        if sentence.is_empty() {
            sentence = said;
        } else if !sentence.contains(&said) {
            sentence += &format!(": {said}");
        }
    }
    let Some(fault) = Fault::of(err) else { return sentence };
    for cause in causes(err).filter_map(|cause| cause.downcast_ref::<io::Error>()) {
        if Fault::of_system(cause).is_some() {
            sentence = sentence.replace(&cause.to_string(), &fault.to_string());
        }
    }
    format!("{sentence}; {}, then {again}", fault.cure())
}

/// `err` and what it comes from, outermost first.
fn causes<'a>(err: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(err), |&cause| cause.source())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::log::LogError;
    use super::super::write_atomically;
    use super::*;

    fn system(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno.raw_os_error())
    }

    fn log_error(errno: Errno) -> LogError {
        LogError::Write { path: "runs/x/events.jsonl".into(), source: system(errno) }
    }

    #[test]
    fn a_full_disk_is_told_with_its_file_and_the_next_step() {
        assert_eq!(
            explain(&log_error(Errno::NOSPC), "'retrain resume x'"),
            "cannot write runs/x/events.jsonl: the disk is full; free some space ('retrain cache' \
             and 'retrain trash' say what can go), then 'retrain resume x'"
        );
    }

    #[test]
    fn every_fault_is_one_sentence_with_a_cure_and_without_a_number() {
        let faults = [
            (Errno::NOSPC, Fault::DiskFull),
            (Errno::DQUOT, Fault::Quota),
            (Errno::ROFS, Fault::ReadOnly),
            (Errno::ACCESS, Fault::Denied),
            (Errno::MFILE, Fault::TooManyFiles),
            (Errno::NFILE, Fault::TooManyFiles),
            (Errno::FBIG, Fault::TooLarge),
            (Errno::STALE, Fault::Unreachable),
            (Errno::IO, Fault::InputOutput),
        ];
        for (errno, fault) in faults {
            let err = log_error(errno);
            assert_eq!(Fault::of(&err), Some(fault));
            let said = explain(&err, "try again");
            assert!(said.starts_with("cannot write runs/x/events.jsonl: "), "{said}");
            assert!(said.contains(&format!("{fault}; ")), "{said}");
            assert!(said.ends_with(", then try again") && !said.contains("os error"), "{said}");
        }
    }

    #[test]
    fn what_no_machine_is_at_fault_for_is_told_once_and_without_a_cure() {
        let err = log_error(Errno::NOENT);
        assert_eq!(Fault::of(&err), None);
        let said = explain(&err, "try again");
        assert!(said.ends_with("No such file or directory (os error 2)"), "{said}");
        assert_eq!(said.matches("No such file").count(), 1, "{said}");
    }

    #[test]
    fn a_whole_file_that_cannot_be_written_keeps_the_systems_reason() {
        let err = write_atomically(Path::new("/dev/null/x"), b"x").unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::NotADirectory);
        let cause = causes(&err).last().and_then(|cause| cause.downcast_ref::<io::Error>());
        assert_eq!(cause.unwrap().raw_os_error(), Some(Errno::NOTDIR.raw_os_error()));
    }
}
