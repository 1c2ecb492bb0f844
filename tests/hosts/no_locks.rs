//! A library to be loaded before the C library: the files of a file system without locks.

use std::ffi::c_int;

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

/// Always fails as where the system does not know the call (`ENOSYS`).
#[unsafe(no_mangle)]
pub extern "C" fn flock(_file: c_int, _operation: c_int) -> c_int {
    const ENOSYS: c_int = 38;
    unsafe { *__errno_location() = ENOSYS };
    -1
}
