//! The tiles of the processor: whether this process may use them, and the product in assembly.
//!
//! Assembly, because Rust's intrinsics for them are not stable (rust-lang/rust, issue 126622).

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

use super::listing::{Product, Registers, Tiles, listing};
use super::{ROW, TILE};

/// Why the tiles cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// The processor has none.
    Processor,
    /// It has them, and this is against it.
    Because(String),
}

/// Whether tiles may be used: the processor has them and products of bf16 and 8-bit integers, and the system
/// lets this process use them. Found out once: Linux gives the large state of the tiles only to processes that
/// ask for it, from then on and for all their threads.
pub(crate) fn permission() -> Result<(), Absent> {
    static ANSWER: OnceLock<Result<(), Absent>> = OnceLock::new();
    ANSWER.get_or_init(ask).clone()
}

fn ask() -> Result<(), Absent> {
    if !processor_has_them() {
        return Err(Absent::Processor);
    }
    if !system_saves_them() {
        return Err(Absent::Because("the system does not save its registers".to_owned()));
    }
    request().map_err(|reason| Absent::Because(reason.to_owned()))
}

fn processor_has_them() -> bool {
    // AMX-BF16, AMX-TILE and AMX-INT8.
    const WANTED: u32 = 1 << 22 | 1 << 24 | 1 << 25;
    __cpuid_count(0, 0).eax >= 7 && __cpuid_count(7, 0).edx & WANTED == WANTED
}

/// Whether the system uses XSAVE, and has switched on both parts of the tiles' state.
fn system_saves_them() -> bool {
    const USES_XSAVE: u32 = 1 << 27;
    const CONFIGURATION_AND_DATA: u32 = 1 << 17 | 1 << 18;
    if __cpuid_count(1, 0).ecx & USES_XSAVE == 0 {
        return false;
    }
    let enabled: u32;
    // SAFETY: XGETBV exists where the system uses XSAVE; it only reads.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") enabled, out("edx") _, options(nomem, nostack));
    }
    enabled & CONFIGURATION_AND_DATA == CONFIGURATION_AND_DATA
}

#[cfg(target_os = "linux")]
fn request() -> Result<(), &'static str> {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: i64 = 0x1023;
    const XFEATURE_XTILEDATA: i64 = 18;
    let result: i64;
    // SAFETY: a system call that touches no memory of this process.
    unsafe {
        asm!("syscall", inlateout("rax") ARCH_PRCTL => result, in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA, out("rcx") _, out("r11") _, options(nostack));
    }
    match result {
        0 => Ok(()),
        _ => Err("Linux refuses it to this process (arch_prctl)"),
    }
}

#[cfg(not(target_os = "linux"))]
fn request() -> Result<(), &'static str> {
    Err("how to ask the system for it is known of Linux only")
}

/// What `ldtilecfg` reads. Source: Intel's manual, volume 1, table 18-2.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

impl Configuration {
    /// The eight tiles of the listing: weights have all rows, pixels and sums so many.
    fn new(pixels: usize) -> Configuration {
        assert!((1..=16).contains(&pixels));
        let mut configuration = Configuration {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            row_bytes: [0; 16],
            rows: [0; 16],
        };
        for tile in 0..8 {
            configuration.row_bytes[tile] = 4 * ROW as u16;
            configuration.rows[tile] = if tile < 6 { pixels as u8 } else { 16 };
        }
        configuration
    }
}

/// The tiles of this thread; of bf16 or of 8-bit integers.
pub(crate) struct Hardware<const BF16: bool>(());

impl<const BF16: bool> Tiles for Hardware<BF16> {
    #[inline(always)]
    unsafe fn configured(pixels: usize) -> Hardware<BF16> {
        let configuration = Configuration::new(pixels);
        // SAFETY: the caller promises that the instruction is there; it reads the 64 bytes of the
        // configuration.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &raw const configuration,
                options(nostack, readonly, preserves_flags));
        }
        Hardware(())
    }

    #[inline(always)]
    unsafe fn multiply(&mut self, product: &Product) {
        macro_rules! assemble {
            ([$($line:expr),*], $product:expr) => {{
                let registers = Registers::of($product);
                asm!(
                    $($line),*,
                    row0 = inout(reg) registers.row0 => _,
                    row1 = inout(reg) registers.row1 => _,
                    rows = inout(reg) registers.rows => _,
                    b = inout(reg) registers.b => _,
                    chunks = in(reg) registers.chunks,
                    line = in(reg) registers.line,
                    step = in(reg) registers.step,
                    pitch = in(reg) registers.pitch,
                    sums = in(reg) registers.sums,
                    a0 = out(reg) _,
                    a1 = out(reg) _,
                    left = out(reg) _,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack)
                )
            }};
        }
        // SAFETY: the tiles are configured as long as `self` lives, and the caller promises that the
        // memory may be used. The loops end: rows and chunks are 1 at least.
        unsafe {
            if BF16 {
                listing!(assemble, "tdpbf16ps", product);
            } else {
                listing!(assemble, "tdpbusd", product);
            }
        }
    }
}

impl<const BF16: bool> Drop for Hardware<BF16> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the tiles are configured, so the instruction is there. Without it the system would save
        // 8 KiB more at each switch to another thread.
        unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
    }
}

/// As [`peak`](crate::tile::peak): four products a pass, of tiles that stay where they are.
///
/// # Safety
/// As [`Tiles::configured`].
pub(crate) unsafe fn peak<const BF16: bool>(passes: usize) -> usize {
    macro_rules! products {
        ($dot:literal) => {
            asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                "tilezero tmm4", "tilezero tmm5", "tilezero tmm6", "tilezero tmm7",
                "2:",
                concat!($dot, " tmm0, tmm4, tmm6"), concat!($dot, " tmm1, tmm4, tmm7"),
                concat!($dot, " tmm2, tmm5, tmm6"), concat!($dot, " tmm3, tmm5, tmm7"),
                "dec {left}", "jnz 2b",
                left = inout(reg) passes => _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, nomem))
        };
    }
    assert!(passes > 0);
    // SAFETY: the caller promises that the instructions are there; no memory is touched.
    unsafe {
        let _tiles = Hardware::<BF16>::configured(16);
        if BF16 {
            products!("tdpbf16ps");
        } else {
            products!("tdpbusd");
        }
    }
    // A product multiplies all words of a tile of pixels.
    passes * 4 * TILE
}
