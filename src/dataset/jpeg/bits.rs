//! The bits of a scan and the Huffman codes in them.

use super::Damage;
use super::table::{Skips, Table};

/// The longest code, or a shorter one and the longest number behind it, and some.
const ENOUGH: u32 = 32;

/// The bits of one scan, up to the next marker.
///
/// Who reads many takes a copy, which stays in registers.
#[derive(Clone, Copy)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, the first on top. Behind those that count may be some that are held again later,
    /// or zeros.
    held: u64,
    /// How many bits of `held` count.
    held_bits: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes, at: 0, held: 0, held_bits: 0 }
    }

    /// With [`ENOUGH`] bits held or all up to the marker.
    #[inline(always)]
    fn fill(&mut self) {
        if self.held_bits >= ENOUGH {
            return;
        }
        // Most bytes stand for themselves: several at once.
        match self.bytes.get(self.at..self.at + 8).map(<[u8; 8]>::try_from) {
            Some(Ok(next)) if !has_marker_byte(u64::from_be_bytes(next)) => {
                self.held |= u64::from_be_bytes(next) >> self.held_bits;
                let whole = (63 - self.held_bits) / 8;
                self.at += whole as usize;
                self.held_bits += 8 * whole;
            }
            _ => self.fill_bytewise(),
        }
    }

    /// With as many whole bytes as there is space for, or all up to the marker.
    #[inline(always)]
    fn fill_bytewise(&mut self) {
        (self.at, self.held, self.held_bits) =
            filled(self.bytes, self.at, self.held, self.held_bits);
    }

    /// Takes `n` bits; errors when there are fewer.
    #[inline(always)]
    fn skip(&mut self, n: u32) -> Result<(), Damage> {
        if n > self.held_bits {
            return Err(ended(self.bytes, self.at));
        }
        self.held <<= n;
        self.held_bits -= n;
        Ok(())
    }

    /// The next `n` bits as a number. `n` is 16 at most.
    #[inline]
    pub fn take(&mut self, n: u32) -> Result<u32, Damage> {
        self.fill();
        let value = first_bits(self.held, n);
        self.skip(n)?;
        Ok(value)
    }

    /// Takes `n` bits, of any number.
    #[inline(always)]
    pub fn pass(&mut self, n: u32) -> Result<(), Damage> {
        let mut left = n;
        while left > 0 {
            self.fill();
            let some = left.min(ENOUGH);
            self.skip(some)?;
            left -= some;
        }
        Ok(())
    }

    /// The symbol of the next code.
    #[inline(always)]
    pub fn symbol(&mut self, table: &Table) -> Result<u8, Damage> {
        self.fill();
        let mut code = table.short_code(self.held);
        if code.length == 0 {
            code = match table.long_code(self.held) {
                Some(code) => code,
                None if self.held_bits < 16 => return Err(ended(self.bytes, self.at)),
                None => return Err(Damage::Corrupt("a code that is in no Huffman table")),
            };
        }
        self.skip(u32::from(code.length))?;
        Ok(code.symbol)
    }

    /// The symbol of the next code and the number behind it, which has as many bits as the lower
    /// half of the symbol says.
    #[inline(always)]
    pub fn symbol_and_number(&mut self, table: &Table) -> Result<(u8, u32), Damage> {
        let symbol = self.symbol(table)?;
        let size = u32::from(symbol & 15);
        if size > self.held_bits {
            return Ok((symbol, self.take(size)?));
        }
        let number = first_bits(self.held, size);
        self.skip(size)?;
        Ok((symbol, number))
    }

    /// Passes over codes of up to `most` coefficients of a block, with the numbers behind them. How
    /// many these are, with the end of the block as one, and whether that was among them; `None` when
    /// the next code must be looked at by itself.
    #[inline(always)]
    pub fn pass_over(&mut self, skips: Skips, most: usize) -> Option<(usize, bool)> {
        self.fill();
        let skip = skips.of(self.held);
        let coefficients = usize::from(skip.coefficients);
        if skip.bits == 0 || coefficients > most || self.skip(u32::from(skip.bits)).is_err() {
            return None;
        }
        Some((coefficients, skip.ends))
    }

    /// Takes the restart marker of number `n` (mod 8), which must be the next marker; what stands
    /// before it is passed over.
    pub fn restart(&mut self, n: usize) -> Result<(), Damage> {
        self.fill_bytewise();
        let rest = &self.bytes[self.at..];
        let place = rest.windows(2).position(is_marker).ok_or(Damage::Truncated)?;
        if rest[place + 1] != 0xd0 + (n % 8) as u8 {
            return Err(Damage::Corrupt("a restart marker is missing"));
        }
        self.at += place + 2;
        (self.held, self.held_bits) = (0, 0);
        Ok(())
    }

    /// Bytes from the start of the scan to the first that was not looked at.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes from the start of the scan to the first of which nothing was taken; somewhat less when
    /// bytes of 0xff are among the last.
    pub fn taken(&self) -> usize {
        self.at - (self.held_bits / 8) as usize
    }

    /// Whether more than zeros or ones fills the whole bytes up to the next marker. None should be
    /// there, but some cameras fill up to an even length.
    pub fn has_more(&self) -> bool {
        let is_padding = |byte: &u8| *byte == 0 || *byte == 0xff;
        let whole = (self.held << (self.held_bits % 8)).to_be_bytes();
        let unread = &whole[..self.held_bits as usize / 8];
        !unread.iter().chain(self.rest()).all(is_padding)
    }

    /// Whether only the ones are left that fill up the last byte before a marker or the end.
    pub fn is_at_end(&mut self) -> bool {
        self.fill_bytewise();
        self.held_bits < 8
            && self.held.leading_ones() == self.held_bits
            && self.rest().iter().all(|b| *b == 0xff)
    }

    /// What was not looked at, up to the next marker.
    fn rest(&self) -> &'a [u8] {
        let is_marker_or_padding = |pair: &[u8]| pair[0] == 0xff && pair[1] != 0;
        let rest = &self.bytes[self.at..];
        &rest[..rest.windows(2).position(is_marker_or_padding).unwrap_or(rest.len())]
    }
}

/// The state of [`Bits`] behind as many whole bytes as there is space for, or all up to the marker.
///
/// All by values, as [`ended`], so that a copy of [`Bits`] stays in registers.
#[inline(never)]
fn filled(bytes: &[u8], mut at: usize, mut held: u64, mut held_bits: u32) -> (usize, u64, u32) {
    while held_bits <= 56 {
        let Some(&byte) = bytes.get(at) else { break };
        if byte == 0xff {
            if bytes.get(at + 1) != Some(&0) {
                break; // a marker, or the end
            }
            at += 1;
        }
        at += 1;
        held |= u64::from(byte) << (56 - held_bits);
        held_bits += 8;
    }
    (at, held, held_bits)
}

/// Why there are no more bits: a marker stands in the way, or nothing follows at all.
#[cold]
fn ended(bytes: &[u8], at: usize) -> Damage {
    match bytes[at..].windows(2).any(is_marker) {
        true => Damage::Corrupt("fewer blocks than the header says"),
        false => Damage::Truncated,
    }
}

/// Whether two bytes are a marker; 0xff before another 0xff only fills up.
fn is_marker(pair: &[u8]) -> bool {
    pair[0] == 0xff && pair[1] != 0xff && pair[1] != 0
}

/// Whether one of the eight bytes is 0xff.
#[inline]
fn has_marker_byte(bytes: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let inverted = !bytes;
    inverted.wrapping_sub(ONES) & bytes & (ONES << 7) != 0
}

/// The first `n` bits of `bits` as a number; `n` is 63 at most.
#[inline]
fn first_bits(bits: u64, n: u32) -> u32 {
    (bits >> 1 >> (63 - n)) as u32
}
