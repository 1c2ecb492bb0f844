//! What a folder lies on, as the system says.

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};

/// File systems that other machines write to as well, by the beginnings of their names in
/// `/proc/self/mountinfo`. Source: the kernel's `fs/*/super.c` and the names that FUSE's give themselves.
const NETWORK: [&str; 14] = [
    "nfs",
    "cifs",
    "smb",
    "lustre",
    "beegfs",
    "gpfs",
    "ceph",
    "afs",
    "9p",
    "glusterfs",
    "orangefs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.rclone",
];

/// A folder's file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Its type, such as `ext4` or `nfs4`; `None` where the system does not say.
    pub kind: Option<String>,
    /// Bytes that this user may still write.
    pub free: u64,
}

impl Disk {
    /// What `path` lies on, or would if it was made: the nearest folder that is there counts. `None`
    /// where nothing of it can be reached.
    pub fn of(path: &Path) -> Option<Disk> {
        let there = nearest_that_is_there(path)?.canonicalize().ok()?;
        let found = statvfs(&there).ok()?;
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        Some(Disk { kind: kind(&mounts, &there), free })
    }

    /// Whether other machines reach it too, so that locks and times may be theirs.
    pub fn is_shared(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| NETWORK.iter().any(|name| kind.starts_with(name)))
    }
}

/// Whether this user may make files in the folder, or may make the folder where it is missing.
pub fn can_write(folder: &Path) -> bool {
    nearest_that_is_there(folder).is_some_and(|there| {
        there.is_dir() && access(there, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    })
}

fn nearest_that_is_there(path: &Path) -> Option<&Path> {
    path.ancestors().find(|path| path.exists())
}

/// The type of the mount that a real path lies on. A line is `36 35 98:0 /root /mnt options - ext4
/// device options`; of two mounts in one place the later one is seen.
///
/// Source: the kernel's filesystems/proc, section 3.5.
fn kind(mounts: &str, path: &Path) -> Option<String> {
    let mount = |line: &str| {
        let (place, kind) = line.split_once(" - ")?;
        let place = unescaped(place.split(' ').nth(4)?);
        Some((place, kind.split(' ').next()?.to_owned()))
    };
    let above = mounts.lines().filter_map(mount).filter(|(place, _)| path.starts_with(place));
    above.max_by_key(|(place, _)| place.components().count()).map(|(_, kind)| kind)
}

/// A path in which a space is written `\040`.
fn unescaped(text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let octal = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(escaped) if byte == b'\\' => {
                bytes.push(escaped);
                rest = &after[3..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_lies_on_the_innermost_mount_and_of_two_on_the_later() {
        let mounts = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      30 22 0:40 / /home rw - nfs4 server:/home rw,vers=4.2\n\
                      31 22 0:41 / /home/my\\040photos rw - vfat /dev/sdb1 rw\n\
                      32 22 0:42 / /home/my\\040photos rw - fuse.sshfs ada@host: rw\n";
        let on = |path: &str| kind(mounts, Path::new(path)).unwrap();
        assert_eq!(on("/usr/lib"), "ext4");
        assert_eq!(on("/homes"), "ext4");
        assert_eq!(on("/home/ada"), "nfs4");
        assert_eq!(on("/home/my photos/fire"), "fuse.sshfs");
        assert_eq!(kind("", Path::new("/")), None);
        let disk = |kind: &str| Disk { kind: Some(kind.into()), free: 0 };
        assert!(disk("nfs4").is_shared() && disk("fuse.sshfs").is_shared());
        assert!(!disk("ext4").is_shared() && !disk("fuseblk").is_shared());
    }

    #[test]
    fn a_folder_that_is_missing_is_judged_by_the_one_that_it_would_be_made_in() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        assert_eq!(Disk::of(&missing).unwrap().kind, Disk::of(folder.path()).unwrap().kind);
        assert!(can_write(&missing));
        fs::write(folder.path().join("a"), "a file").unwrap();
        assert!(!can_write(&missing.join("..")) && !can_write(&folder.path().join("a")));
    }
}
