//! Huffman tables, and how codes are found in them.

use std::cell::OnceCell;

use super::Damage;

/// Codes up to this length are found by one look into a table.
const SHORT: u32 = 10;
/// Codes of one look that skips several of them.
const SKIPPED: u32 = 13;

/// A Huffman table. Source: T.81 annexes C and F.2.2.3.
pub(crate) struct Table {
    /// By the next [`SHORT`] bits; of length 0: a longer code or none.
    short: Box<[Code; 1 << SHORT]>,
    /// By length: the smallest code, the number of codes, the place of their symbols.
    by_length: [(u32, u32, usize); 17],
    symbols: Vec<u8>,
    /// Made when it is first asked for.
    skips: OnceCell<Box<[u16; 1 << SKIPPED]>>,
}

/// A code of a table.
#[derive(Clone, Copy, Default)]
pub(crate) struct Code {
    /// In bits.
    pub length: u8,
    pub symbol: u8,
}

/// What a look at the next [`SKIPPED`] bits says of codes of AC coefficients.
#[derive(Clone, Copy, Default)]
pub(crate) struct Skip {
    /// Bits of the whole codes, with the numbers behind them; 0: not even one is whole.
    pub bits: u8,
    /// Coefficients that they stand for, and the end of a block as one more.
    pub coefficients: u8,
    /// The last of them ends its block.
    pub ends: bool,
}

impl Skip {
    /// Small enough for the tables of a picture to stay in the nearest cache.
    fn packed(self) -> u16 {
        u16::from(self.bits) | u16::from(self.ends) << 7 | u16::from(self.coefficients) << 8
    }

    #[inline(always)]
    fn unpacked(packed: u16) -> Skip {
        let [low, coefficients] = packed.to_le_bytes();
        Skip { bits: low & 0x7f, coefficients, ends: low & 0x80 > 0 }
    }
}

/// The [`Skip`] of all that the next bits may be.
#[derive(Clone, Copy)]
pub(crate) struct Skips<'a>(&'a [u16; 1 << SKIPPED]);

impl Skips<'_> {
    /// Of `bits`, the next ones with the first on top.
    #[inline]
    pub fn of(self, bits: u64) -> Skip {
        Skip::unpacked(self.0[(bits >> (64 - SKIPPED)) as usize])
    }
}

impl Table {
    /// `counts[i]` codes have length `i + 1`.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Table, Damage> {
        let mut short = Box::new([Code::default(); 1 << SHORT]);
        let mut by_length = [(0, 0, 0); 17];
        let (mut code, mut first) = (0u32, 0);
        for length in 1..=16u32 {
            let count = u32::from(counts[length as usize - 1]);
            if code + count > 1 << length {
                return Err(Damage::Corrupt("an impossible Huffman table"));
            }
            by_length[length as usize] = (code, count, first);
            if length <= SHORT {
                for i in 0..count {
                    let start = ((code + i) << (SHORT - length)) as usize;
                    let entry = Code { length: length as u8, symbol: symbols[first + i as usize] };
                    short[start..start + (1 << (SHORT - length))].fill(entry);
                }
            }
            first += count as usize;
            code = (code + count) << 1;
        }
        let skips = OnceCell::new();
        Ok(Table { short, by_length, symbols: symbols.to_vec(), skips })
    }

    /// The code that `bits`, the next ones with the first on top, begin with, if it is a short one;
    /// else of length 0.
    #[inline]
    pub fn short_code(&self, bits: u64) -> Code {
        self.short[(bits >> (64 - SHORT)) as usize]
    }

    /// The code that `bits` begin with, if it is a long one.
    #[inline(never)]
    pub fn long_code(&self, bits: u64) -> Option<Code> {
        (SHORT + 1..=16).find_map(|length| {
            let (smallest, count, first) = self.by_length[length as usize];
            let place = ((bits >> (64 - length)) as u32).checked_sub(smallest)?;
            let symbol = || self.symbols[first + place as usize];
            (place < count).then(|| Code { length: length as u8, symbol: symbol() })
        })
    }

    /// What to pass over by one look.
    pub fn skips(&self) -> Skips<'_> {
        let of = |bits: usize| self.skip((bits as u64) << (64 - SKIPPED)).packed();
        let all = || Box::new(std::array::from_fn(of));
        Skips(self.skips.get_or_init(all))
    }

    fn skip(&self, bits: u64) -> Skip {
        let mut skip = Skip::default();
        while !skip.ends {
            let code = self.short_code(bits << skip.bits);
            let (run, size) = (code.symbol >> 4, code.symbol & 15);
            let after = skip.bits + code.length + size;
            if code.length == 0 || u32::from(after) > SKIPPED {
                break;
            }
            skip.bits = after;
            skip.ends = size == 0 && run < 15;
            skip.coefficients += if skip.ends { 1 } else { run + 1 };
        }
        skip
    }
}
