//! The bits of a scan and the Huffman codes in them.

use super::Damage;

/// Codes up to this length are found by one look into a table.
const SHORT: u32 = 10;
/// A short code and the longest number behind it.
const SHORT_WITH_NUMBER: u32 = SHORT + 15;

/// A Huffman table. Source: T.81 annexes C and F.2.2.3.
pub(crate) struct Table {
    /// By the next [`SHORT`] bits: `(length, symbol)`; length 0: a longer code or none.
    short: Vec<(u8, u8)>,
    /// By length: the smallest code, the number of codes, the place of their symbols.
    by_length: [(u32, u32, usize); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// `counts[i]` codes have length `i + 1`.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Table, Damage> {
        let mut short = vec![(0, 0); 1 << SHORT];
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
                    let entry = (length as u8, symbols[first + i as usize]);
                    short[start..start + (1 << (SHORT - length))].fill(entry);
                }
            }
            first += count as usize;
            code = (code + count) << 1;
        }
        Ok(Table { short, by_length, symbols: symbols.to_vec() })
    }
}

/// The bits of one scan, up to the next marker.
#[derive(Clone)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    held_bits: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes, at: 0, held: 0, held_bits: 0 }
    }

    fn fill(&mut self) {
        if self.held_bits > 56 {
            return;
        }
        // Most bytes stand for themselves: several at once.
        if let Some(Ok(next)) = self.bytes.get(self.at..self.at + 8).map(<[u8; 8]>::try_from)
            && !has_marker_byte(u64::from_be_bytes(next))
        {
            let bytes = ((64 - self.held_bits) / 8).min(7);
            self.held = self.held << (8 * bytes) | u64::from_be_bytes(next) >> (64 - 8 * bytes);
            self.held_bits += 8 * bytes;
            self.at += bytes as usize;
            return;
        }
        while self.held_bits <= 56 {
            let Some(&byte) = self.bytes.get(self.at) else { return };
            if byte == 0xff {
                if self.bytes.get(self.at + 1) != Some(&0) {
                    return; // a marker, or the end
                }
                self.at += 1;
            }
            self.at += 1;
            self.held = self.held << 8 | u64::from(byte);
            self.held_bits += 8;
        }
    }

    /// The next `n` bits, zeros behind the last, without taking them. `n` is 16 at most.
    fn peek(&mut self, n: u32) -> u32 {
        if self.held_bits < n {
            self.fill();
        }
        let mask = (1u64 << n) - 1;
        if self.held_bits >= n {
            (self.held >> (self.held_bits - n) & mask) as u32
        } else {
            (self.held << (n - self.held_bits) & mask) as u32
        }
    }

    fn skip(&mut self, n: u32) -> Result<(), Damage> {
        if n > self.held_bits {
            return Err(self.ended());
        }
        self.held_bits -= n;
        Ok(())
    }

    /// Why there are no more bits: a marker stands in the way, or nothing follows at all.
    fn ended(&self) -> Damage {
        match self.bytes[self.at..].windows(2).any(is_marker) {
            true => Damage::Corrupt("fewer blocks than the header says"),
            false => Damage::Truncated,
        }
    }

    /// The next `n` bits as a number. `n` is 16 at most.
    pub fn take(&mut self, n: u32) -> Result<u32, Damage> {
        let value = self.peek(n);
        self.skip(n)?;
        Ok(value)
    }

    /// The symbol of the next code.
    pub fn symbol(&mut self, table: &Table) -> Result<u8, Damage> {
        let next = self.peek(16);
        let (length, symbol) = table.short[(next >> (16 - SHORT)) as usize];
        if length > 0 {
            self.skip(u32::from(length))?;
            return Ok(symbol);
        }
        for length in SHORT + 1..=16 {
            let (smallest, count, first) = table.by_length[length as usize];
            let code = next >> (16 - length);
            if code >= smallest && code - smallest < count {
                self.skip(length)?;
                return Ok(table.symbols[first + (code - smallest) as usize]);
            }
        }
        match self.held_bits {
            0..16 => Err(self.ended()),
            _ => Err(Damage::Corrupt("a code that is in no Huffman table")),
        }
    }

    /// The symbol of the next code and the number behind it, which has as many bits as the lower
    /// half of the symbol says.
    #[inline]
    pub fn symbol_and_number(&mut self, table: &Table) -> Result<(u8, u32), Damage> {
        if self.held_bits < SHORT_WITH_NUMBER {
            self.fill();
        }
        if self.held_bits >= SHORT_WITH_NUMBER {
            let next = self.held >> (self.held_bits - SHORT) & ((1 << SHORT) - 1);
            let (length, symbol) = table.short[next as usize];
            if length > 0 {
                let size = u32::from(symbol & 15);
                self.held_bits -= u32::from(length) + size;
                let number = self.held >> self.held_bits & ((1 << size) - 1);
                return Ok((symbol, number as u32));
            }
        }
        let symbol = self.symbol(table)?;
        Ok((symbol, self.take(u32::from(symbol & 15))?))
    }

    /// Takes the restart marker of number `n` (mod 8), which must be the next marker; what stands
    /// before it is passed over.
    pub fn restart(&mut self, n: usize) -> Result<(), Damage> {
        self.fill();
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
        let held = self.held.to_be_bytes();
        let unread = &held[held.len() - self.held_bits as usize / 8..];
        !unread.iter().chain(self.rest()).all(is_padding)
    }

    /// Whether only the ones are left that fill up the last byte before a marker or the end.
    pub fn is_at_end(&mut self) -> bool {
        self.fill();
        let ones = (1u64 << self.held_bits.min(7)) - 1;
        self.held_bits < 8 && self.held & ones == ones && self.rest().iter().all(|b| *b == 0xff)
    }

    /// What was not looked at, up to the next marker.
    fn rest(&self) -> &'a [u8] {
        let is_marker_or_padding = |pair: &[u8]| pair[0] == 0xff && pair[1] != 0;
        let rest = &self.bytes[self.at..];
        &rest[..rest.windows(2).position(is_marker_or_padding).unwrap_or(rest.len())]
    }
}

/// Whether two bytes are a marker; 0xff before another 0xff only fills up.
fn is_marker(pair: &[u8]) -> bool {
    pair[0] == 0xff && pair[1] != 0xff && pair[1] != 0
}

/// Whether one of the eight bytes is 0xff.
fn has_marker_byte(bytes: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let inverted = !bytes;
    inverted.wrapping_sub(ONES) & bytes & (ONES << 7) != 0
}
