//! Whether a disk has room for a run to begin.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

/// What a run needs at the least: features and a head. More may be lacking later, which it says.
const BYTES: u64 = 4 << 20;
/// Files that a run makes, with some to spare.
const FILES: u64 = 24;

/// Errors when the disk that `folder` lies on, or the user's quota there, has no room for a run. A
/// folder that is not there, or a file system that makes no promises, is no error.
pub fn check_room(folder: &Path) -> io::Result<()> {
    let Ok(disk) = statvfs(folder) else { return Ok(()) };
    // Some file systems make files as they need them, and count none.
    if disk.f_files > 0 && disk.f_favail < FILES {
        return Err(Errno::NOSPC.into());
    }
    let path = folder.join(format!(".{}.room.tmp", std::process::id()));
    let room = File::create(&path).and_then(|file| {
        match fallocate(&file, FallocateFlags::KEEP_SIZE, 0, BYTES) {
            Err(errno @ (Errno::NOSPC | Errno::DQUOT)) => Err(errno.into()),
            _ => Ok(()),
        }
    });
    let _ = fs::remove_file(&path);
    room
}

/// Bytes that this user may still write on the disk that `folder` lies on; `None`: it does not say.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    // Some file systems have no size, and say 0 of everything.
    (disk.f_blocks > 0).then(|| disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_room_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        check_room(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        check_room(&folder.path().join("missing")).unwrap();
    }
}
