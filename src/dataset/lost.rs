//! Photos that cannot be read for a reason that is no single photo's.

use std::fs;
use std::path::Path;

use super::Unreadable;
use crate::store::Fault;

/// The fault of the machine behind a file that was not read for that `reason`; `None`: it is the
/// file that is bad, or that somebody has removed, and it can be left out.
///
/// What `was_read` before, byte for byte, was good then: nothing but a fault forbids it now. Before
/// that, a bad spot on a disk and a missing right are reasons of the one file.
pub fn fault_behind(file: &Path, reason: &Unreadable, was_read: bool) -> Option<Fault> {
    match reason {
        Unreadable::NoSuchFile => folder_is_gone(file).then_some(Fault::FolderGone),
        Unreadable::PermissionDenied => was_read.then_some(Fault::Denied),
        Unreadable::Fault(Fault::InputOutput) if !was_read => {
            folder_is_gone(file).then_some(Fault::FolderGone)
        }
        Unreadable::Fault(fault) => Some(*fault),
        _ => None,
    }
}

/// An unmounted drive takes its folders along, and leaves an empty one where it was mounted.
fn folder_is_gone(file: &Path) -> bool {
    let Some(folder) = file.parent() else { return false };
    let first = fs::read_dir(folder).ok().and_then(|mut entries| entries.next());
    !matches!(first, Some(Ok(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_photo_that_is_gone_is_left_out_and_a_folder_that_is_gone_is_not() {
        let images = tempfile::tempdir().unwrap();
        let folder = images.path().join("fire");
        fs::create_dir(&folder).unwrap();
        let behind = |reason| fault_behind(&folder.join("1.jpg"), &reason, true);
        fs::write(folder.join("2.jpg"), "another").unwrap();
        assert_eq!(behind(Unreadable::NoSuchFile), None);
        fs::remove_file(folder.join("2.jpg")).unwrap();
        assert_eq!(behind(Unreadable::NoSuchFile), Some(Fault::FolderGone));
        fs::remove_dir(&folder).unwrap();
        assert_eq!(behind(Unreadable::NoSuchFile), Some(Fault::FolderGone));
    }

    #[test]
    fn what_was_read_before_is_not_taken_for_a_bad_photo() {
        let images = tempfile::tempdir().unwrap();
        let file = images.path().join("1.jpg");
        fs::write(&file, "a photo").unwrap();
        let behind = |reason, was_read| fault_behind(&file, &reason, was_read);
        for fault in [Fault::TooManyFiles, Fault::Unreachable] {
            for was_read in [false, true] {
                assert_eq!(behind(Unreadable::Fault(fault), was_read), Some(fault));
            }
        }
        let (spot, right) = (Unreadable::Fault(Fault::InputOutput), Unreadable::PermissionDenied);
        assert_eq!(behind(spot.clone(), true), Some(Fault::InputOutput));
        assert_eq!(behind(right.clone(), true), Some(Fault::Denied));
        assert_eq!((behind(spot, false), behind(right, false)), (None, None));
        assert_eq!(behind(Unreadable::Truncated, true), None);
    }
}
