//! The product as a list of instructions, and what it works on.

use super::ROW;

/// What one product works on: pixels, weights, and where the sums go. Distances are in words.
pub(crate) struct Product {
    /// The first chunk of the first pixel of the two tiles.
    pub pixels: [*const u32; 2],
    /// From one pixel to the next.
    pub step: usize,
    /// From one row of the kernel to the next.
    pub pitch: usize,
    /// Rows of the kernel, at least 1.
    pub rows: usize,
    /// Chunks of each, at least 1.
    pub chunks: usize,
    /// `[row][chunk][2 panels][word][16 outputs]`.
    pub weights: *const u32,
    /// `[2 * 16 pixels][2 panels][16 outputs]`; where a tile has fewer pixels, the rows behind them are
    /// left as they are.
    pub sums: *mut u32,
}

/// The tiles of a thread, configured from the time they are made until they are dropped.
pub(crate) trait Tiles {
    /// Tiles whose rows of pixels and sums are so many, 1 to 16.
    ///
    /// # Safety
    /// The processor has the instructions, the system lets this process use them, and until the value is
    /// dropped the thread makes no other.
    unsafe fn configured(pixels: usize) -> Self;

    /// Computes a product.
    ///
    /// # Safety
    /// All that it describes is memory that may be read, and the sums, aligned like a cache line, are memory
    /// that may be written.
    unsafe fn multiply(&mut self, product: &Product);
}

/// What the registers of the listing hold at its begin, in the order of [`NAMES`]; in bytes.
pub(super) struct Registers {
    pub row0: *const u32,
    pub row1: *const u32,
    pub rows: usize,
    pub b: *const u32,
    pub chunks: usize,
    pub line: usize,
    pub step: usize,
    pub pitch: usize,
    pub sums: *mut u32,
}

impl Registers {
    #[inline(always)]
    pub fn of(product: &Product) -> Registers {
        Registers {
            row0: product.pixels[0],
            row1: product.pixels[1],
            rows: product.rows,
            b: product.weights,
            chunks: product.chunks,
            line: 4 * ROW,
            step: 4 * product.step,
            pitch: 4 * product.pitch,
            sums: product.sums,
        }
    }
}

/// Gives the instructions of a product, which multiply by `$dot`, to the macro `$to`, with what follows.
///
/// Tiles 0 to 3 are the sums, 4 and 5 pixels, 6 and 7 weights. `tileloadd` takes the distance between two
/// rows of the tile from the index register of its address. A product is one piece of assembly, because
/// between two pieces the compiler does not promise that tiles keep what they hold.
macro_rules! listing {
    ($to:ident, $dot:literal $(, $more:expr)*) => {
        $to!([
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            // A row of the kernel.
            "2:",
            "mov {a0}, {row0}",
            "mov {a1}, {row1}",
            "mov {left}, {chunks}",
            // A chunk of it.
            "3:",
            "tileloadd tmm6, [{b} + {line}*1]",
            "tileloadd tmm4, [{a0} + {step}*1]",
            "tileloadd tmm7, [{b} + {line}*1 + 1024]",
            "tileloadd tmm5, [{a1} + {step}*1]",
            concat!($dot, " tmm0, tmm4, tmm6"),
            concat!($dot, " tmm1, tmm4, tmm7"),
            concat!($dot, " tmm2, tmm5, tmm6"),
            concat!($dot, " tmm3, tmm5, tmm7"),
            "add {a0}, 64",
            "add {a1}, 64",
            "add {b}, 2048",
            "dec {left}",
            "jnz 3b",
            "add {row0}, {pitch}",
            "add {row1}, {pitch}",
            "dec {rows}",
            "jnz 2b",
            // A pixel of the sums is 128 bytes: 16 outputs of either panel.
            "tilestored [{sums} + {line}*2], tmm0",
            "tilestored [{sums} + {line}*2 + 64], tmm1",
            "tilestored [{sums} + {line}*2 + 2048], tmm2",
            "tilestored [{sums} + {line}*2 + 2112], tmm3"
        ] $(, $more)*)
    };
}

pub(super) use listing;
