//! A library to be loaded before the C library: counts the calls of one process that write below a
//! folder, and makes one of them, or all from one on, fail as a disk would.
//!
//! It is told what to do through the environment:
//! `FAULT_ROLE` which process (others are left alone): `worker`, `keeper`, or a command's name,
//! `FAULT_FOLDER` the folder,
//! `FAULT_MODE` `count`, `once`, `from` or `short` (a write takes half, the next one nothing),
//! `FAULT_NTH` which call, from 1, `FAULT_ERRNO` how it fails, and `FAULT_REPORT` a file, outside
//! of the folder, that gets a line for each call that is counted or, else, for the first that fails.

use std::cell::Cell;
use std::ffi::{CStr, OsStr, c_char, c_int, c_uint, c_void};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn __errno_location() -> *mut c_int;
}

const NEXT: *mut c_void = -1isize as *mut c_void;
const O_CREAT: c_int = 0o100;

#[derive(PartialEq)]
enum Mode {
    Count,
    Once,
    From,
    Short,
}

struct Plan {
    folder: PathBuf,
    mode: Mode,
    nth: usize,
    errno: c_int,
    report: PathBuf,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
static CALLS: AtomicUsize = AtomicUsize::new(0);
static IS_REPORTED: AtomicBool = AtomicBool::new(false);
/// The next write takes nothing.
static IS_TORN: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Calls of this library itself are nobody's.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

enum Verdict {
    Pass,
    Fail(c_int),
    Half,
}

fn plan() -> Option<Plan> {
    let variable = |name| std::env::var(name).ok();
    let arguments = std::fs::read("/proc/self/cmdline").ok()?;
    let mut arguments = arguments.split(|&b| b == 0).skip(1);
    let role = match arguments.next()? {
        b"worker" if !arguments.any(|argument| argument == b"--alone") => b"keeper",
        first => first,
    };
    if role != variable("FAULT_ROLE")?.as_bytes() {
        return None;
    }
    let mode = match &*variable("FAULT_MODE")? {
        "count" => Mode::Count,
        "once" => Mode::Once,
        "from" => Mode::From,
        "short" => Mode::Short,
        _ => return None,
    };
    Some(Plan {
        folder: variable("FAULT_FOLDER")?.into(),
        mode,
        nth: variable("FAULT_NTH")?.parse().ok()?,
        errno: variable("FAULT_ERRNO")?.parse().ok()?,
        report: variable("FAULT_REPORT")?.into(),
    })
}

fn judge(call: &str, path: impl FnOnce() -> Option<PathBuf>) -> Verdict {
    if INSIDE.replace(true) {
        return Verdict::Pass;
    }
    let verdict = match PLAN.get_or_init(plan) {
        Some(plan) => plan.judge(call, path).unwrap_or(Verdict::Pass),
        None => Verdict::Pass,
    };
    INSIDE.set(false);
    verdict
}

impl Plan {
    fn judge(&self, call: &str, path: impl FnOnce() -> Option<PathBuf>) -> Option<Verdict> {
        let path = path()?;
        // What a person would read the last words in.
        if !path.starts_with(&self.folder) || path.ends_with("worker.log") {
            return None;
        }
        let is_write = call == "write";
        if self.mode == Mode::Short {
            if !is_write {
                return None;
            }
            if IS_TORN.swap(false, Ordering::SeqCst) {
                return Some(Verdict::Fail(self.errno));
            }
        }
        let n = 1 + CALLS.fetch_add(1, Ordering::SeqCst);
        match self.mode {
            Mode::Count => self.report(call, &path),
            Mode::From if n < self.nth => return None,
            Mode::Once | Mode::Short if n != self.nth => return None,
            _ if IS_REPORTED.swap(true, Ordering::SeqCst) => {}
            _ => self.report(call, &path),
        }
        Some(match self.mode {
            Mode::Count => Verdict::Pass,
            Mode::Short => {
                IS_TORN.store(true, Ordering::SeqCst);
                Verdict::Half
            }
            Mode::Once | Mode::From => Verdict::Fail(self.errno),
        })
    }

    fn report(&self, call: &str, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = std::fs::OpenOptions::new().append(true).create(true).open(&self.report);
        let _ = file.and_then(|mut file| writeln!(file, "{call} {name}"));
    }
}

unsafe fn named(path: *const c_char) -> Option<PathBuf> {
    let bytes = unsafe { CStr::from_ptr(path) }.to_bytes();
    std::path::absolute(OsStr::from_bytes(bytes)).ok()
}

fn opened(file: c_int) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{file}")).ok()
}

unsafe fn fail(errno: c_int) -> c_int {
    unsafe { *__errno_location() = errno };
    -1
}

/// Defines a function of the C library that is judged before the true one is called.
macro_rules! judged {
    ($name:ident($($argument:ident: $kind:ty),*) -> $result:ty, $path:expr) => {
        judged!($name($($argument: $kind),*) -> $result, true, $path);
    };
    ($name:ident($($argument:ident: $kind:ty),*) -> $result:ty, $is_judged:expr, $path:expr) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> $result {
            static TRUE: OnceLock<usize> = OnceLock::new();
            let name = concat!(stringify!($name), "\0").as_ptr().cast();
            let address = *TRUE.get_or_init(|| unsafe { dlsym(NEXT, name) } as usize);
            let next: unsafe extern "C" fn($($kind),*) -> $result =
                unsafe { std::mem::transmute(address) };
            if $is_judged
                && let Verdict::Fail(errno) = judge(stringify!($name), || $path)
            {
                return unsafe { fail(errno) } as $result;
            }
            unsafe { next($($argument),*) }
        }
    };
}

judged!(open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int,
    flags & O_CREAT != 0, unsafe { named(path) });
judged!(open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int,
    flags & O_CREAT != 0, unsafe { named(path) });
judged!(pwrite64(file: c_int, bytes: *const c_void, length: usize, at: i64) -> isize, opened(file));
judged!(writev(file: c_int, parts: *const c_void, number: c_int) -> isize, opened(file));
judged!(fsync(file: c_int) -> c_int, opened(file));
judged!(fdatasync(file: c_int) -> c_int, opened(file));
judged!(ftruncate64(file: c_int, length: i64) -> c_int, opened(file));
judged!(rename(from: *const c_char, to: *const c_char) -> c_int, unsafe { named(to) });
judged!(mkdir(path: *const c_char, mode: c_uint) -> c_int, unsafe { named(path) });
judged!(unlink(path: *const c_char) -> c_int, unsafe { named(path) });
judged!(rmdir(path: *const c_char) -> c_int, unsafe { named(path) });

#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(file: c_int, bytes: *const c_void, length: usize) -> isize {
    static TRUE: OnceLock<usize> = OnceLock::new();
    let address = *TRUE.get_or_init(|| unsafe { dlsym(NEXT, c"write".as_ptr()) } as usize);
    let next: unsafe extern "C" fn(c_int, *const c_void, usize) -> isize =
        unsafe { std::mem::transmute(address) };
    match judge("write", || opened(file)) {
        Verdict::Fail(errno) => unsafe { fail(errno) as isize },
        Verdict::Half => unsafe { next(file, bytes, length / 2) },
        Verdict::Pass => unsafe { next(file, bytes, length) },
    }
}
