//! All blocks of one scan, code by code.

use super::bits::Bits;
use super::coefficients::{Kept, extend};
use super::header::{Frame, Scan};
use super::table::Table;
use super::{Damage, Tables};

const BEYOND_BLOCK: Damage = Damage::Corrupt("a code beyond the end of its block");

/// Reads every block of the scan and stops behind the last one; coefficients that the frame keeps
/// are put into its components. Whether there were stray bytes that belong to no block.
#[inline(always)]
pub(crate) fn read(
    bits: &mut Bits,
    frame: &mut Frame,
    scan: &Scan,
    tables: &Tables,
    restart_interval: usize,
) -> Result<bool, Damage> {
    // A single component is coded block by block, several in units (T.81 A.2).
    let single = scan.parts.len() == 1;
    let (across, down) =
        if single { frame.components[scan.parts[0].0].blocks } else { frame.units() };
    for &(component, ..) in &scan.parts {
        let part = &mut frame.components[component];
        part.quantize(tables, &frame.kept);
        part.previous = 0;
        part.missing_bits[scan.band.0..=scan.band.1].fill(scan.low_bit);
        if frame.progressive && scan.band.0 > 0 {
            part.nonzero.resize(part.blocks.0 * part.blocks.1, 0);
        }
    }
    let (mut zero_blocks, mut has_strays) = (0, false);
    let places = (0..down).flat_map(|row| (0..across).map(move |column| (row, column)));
    for (n, (row, column)) in places.enumerate() {
        if restart_interval > 0 && n > 0 && n % restart_interval == 0 {
            has_strays |= has_strays_behind(bits, frame, scan, tables, None)?;
            bits.restart(n / restart_interval - 1)?;
            zero_blocks = 0;
            frame.components.iter_mut().for_each(|part| part.previous = 0);
        }
        let Frame { components, kept, progressive, .. } = &mut *frame;
        for &(component, dc, ac) in &scan.parts {
            let part = &mut components[component];
            let (unit_across, unit_down) = if single { (1, 1) } else { part.unit };
            let (mut previous, mut nonzero) =
                (part.previous, part.nonzero.get(n).copied().unwrap_or(0));
            for i in 0..unit_across * unit_down {
                let row = row * unit_down + i / unit_across;
                let column = column * unit_across + i % unit_across;
                let block = part.block(row, column, kept);
                let mut reader = BlockReader {
                    progressive: *progressive,
                    scan,
                    kept,
                    dc: tables.dc[dc].as_ref(),
                    ac: tables.ac[ac].as_ref(),
                    previous: &mut previous,
                    nonzero: &mut nonzero,
                    zero_blocks: &mut zero_blocks,
                };
                reader.read(bits, block)?;
            }
            part.previous = previous;
            if let Some(known) = part.nonzero.get_mut(n) {
                *known = nonzero;
            }
        }
    }
    Ok(has_strays | has_strays_behind(bits, frame, scan, tables, Some(across))?)
}

/// Whether stray bytes follow the last block that is expected before the next marker.
///
/// Errors when they are coded blocks: then others were lost or misread before. But for whole rows
/// of `across`: those are a picture whose height was cut in its header.
fn has_strays_behind(
    bits: &Bits,
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
    across: Option<usize>,
) -> Result<bool, Damage> {
    if !bits.has_more() {
        return Ok(false);
    }
    match (units_behind(*bits, frame, scan, tables), across) {
        (Ok(units), Some(across)) if units.is_multiple_of(across) => Ok(true),
        (Ok(_), _) => Err(Damage::Corrupt("more data than blocks")),
        (Err(_), _) => Ok(true),
    }
}

/// Counts the units up to the next marker; errors when there is something else.
fn units_behind(
    mut bits: Bits,
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
) -> Result<usize, Damage> {
    let single = scan.parts.len() == 1;
    let (mut units, mut previous, mut nonzero, mut zero_blocks) = (0, 0, 0, 0);
    while !bits.is_at_end() {
        for &(component, dc, ac) in &scan.parts {
            let unit = if single { (1, 1) } else { frame.components[component].unit };
            for _ in 0..unit.0 * unit.1 {
                let mut reader = BlockReader {
                    progressive: frame.progressive,
                    scan,
                    kept: &frame.kept,
                    dc: tables.dc[dc].as_ref(),
                    ac: tables.ac[ac].as_ref(),
                    previous: &mut previous,
                    nonzero: &mut nonzero,
                    zero_blocks: &mut zero_blocks,
                };
                reader.read(&mut bits, &mut [])?;
            }
        }
        units += 1;
    }
    Ok(units)
}

/// What is needed to read one block.
struct BlockReader<'a> {
    progressive: bool,
    scan: &'a Scan,
    kept: &'a Kept,
    dc: Option<&'a Table>,
    ac: Option<&'a Table>,
    /// First coefficient of the block before.
    previous: &'a mut i32,
    /// Bit k is set when coefficient k of this block is not zero; progressive only.
    nonzero: &'a mut u64,
    /// Further blocks without a coefficient, already announced.
    zero_blocks: &'a mut usize,
}

impl BlockReader<'_> {
    /// Takes the codes of a block, and puts the coefficients that are kept into `block`, unless it
    /// is empty.
    #[inline(always)]
    fn read(&mut self, bits: &mut Bits, block: &mut [i16]) -> Result<(), Damage> {
        if !self.progressive {
            let previous = &mut *self.previous;
            let mut local = *bits;
            first_coefficient(&mut local, known(self.dc)?, 0, previous, block)?;
            sequential_block(&mut local, known(self.ac)?, block, self.kept)?;
            *bits = local;
            return Ok(());
        }
        if self.scan.band.0 > 0 {
            let (scan, nonzero, zero_blocks) =
                (self.scan, &mut *self.nonzero, &mut *self.zero_blocks);
            let mut band = Band { scan, nonzero, zero_blocks };
            let mut local = *bits;
            match scan.refines {
                false => band.read(&mut local, known(self.ac)?, block, self.kept)?,
                true => band.refine(&mut local, known(self.ac)?, block, self.kept)?,
            }
            *bits = local;
            return Ok(());
        }
        if self.scan.refines {
            refine_first(bits, self.scan.low_bit, block)?;
        } else {
            first_coefficient(bits, known(self.dc)?, self.scan.low_bit, self.previous, block)?;
        }
        Ok(())
    }
}

fn known(table: Option<&Table>) -> Result<&Table, Damage> {
    table.ok_or(Damage::Corrupt("a Huffman table is missing"))
}

/// All coefficients but the first (T.81 F.2.2.2).
#[inline(always)]
fn sequential_block(
    bits: &mut Bits,
    ac: &Table,
    block: &mut [i16],
    kept: &Kept,
) -> Result<(), Damage> {
    let mut k = 1;
    let skips = (kept.end < 64).then(|| ac.skips());
    while k < 64 {
        if k >= kept.end
            && let Some(skips) = skips
            && let Some((coefficients, is_end)) = bits.pass_over(skips, 64 - k)
        {
            if is_end {
                break;
            }
            k += coefficients;
            continue;
        }
        let (code, number) = bits.symbol_and_number(ac)?;
        let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
        if size == 0 {
            if run < 15 {
                break;
            }
            k += 16;
            continue;
        }
        k += run;
        if k > 63 {
            return Err(BEYOND_BLOCK);
        }
        if let Some(place) = kept.place(block, k) {
            *place = extend(number, size) as i16;
        }
        k += 1;
    }
    Ok(())
}

/// T.81 F.2.2.1 and G.1.2.1; `previous` is that of the block before.
#[inline(always)]
fn first_coefficient(
    bits: &mut Bits,
    dc: &Table,
    low_bit: u32,
    previous: &mut i32,
    block: &mut [i16],
) -> Result<(), Damage> {
    let size = u32::from(bits.symbol(dc)?);
    if size > 16 {
        return Err(Damage::Corrupt("an impossible difference"));
    }
    *previous = previous.wrapping_add(extend(bits.take(size)?, size));
    if let Some(first) = block.first_mut() {
        *first = previous.wrapping_shl(low_bit) as i16;
    }
    Ok(())
}

/// One more bit (T.81 G.1.2.1.1).
fn refine_first(bits: &mut Bits, low_bit: u32, block: &mut [i16]) -> Result<(), Damage> {
    let bit = bits.take(1)? as i16;
    if let Some(first) = block.first_mut() {
        *first |= bit << low_bit;
    }
    Ok(())
}

/// The coefficients of a scan's band in one block of a progressive picture.
struct Band<'a> {
    scan: &'a Scan,
    nonzero: &'a mut u64,
    /// Further blocks without a coefficient, already announced.
    zero_blocks: &'a mut usize,
}

impl Band<'_> {
    /// T.81 G.1.2.2.
    #[inline(always)]
    fn read(
        &mut self,
        bits: &mut Bits,
        ac: &Table,
        block: &mut [i16],
        kept: &Kept,
    ) -> Result<(), Damage> {
        if *self.zero_blocks > 0 {
            *self.zero_blocks -= 1;
            return Ok(());
        }
        let (mut k, last) = self.scan.band;
        while k <= last {
            let (code, number) = bits.symbol_and_number(ac)?;
            let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
            match (run, size) {
                (15, 0) => k += 16,
                (_, 0) => {
                    *self.zero_blocks = (1 << run) - 1 + bits.take(run as u32)? as usize;
                    break;
                }
                _ => {
                    k += run;
                    if k > last {
                        return Err(BEYOND_BLOCK);
                    }
                    *self.nonzero |= 1 << k;
                    if let Some(place) = kept.place(block, k) {
                        *place = (extend(number, size) << self.scan.low_bit) as i16;
                    }
                    k += 1;
                }
            }
        }
        Ok(())
    }

    /// T.81 G.1.2.3: a bit for each coefficient that is not zero, and new ones in between.
    #[inline(always)]
    fn refine(
        &mut self,
        bits: &mut Bits,
        ac: &Table,
        block: &mut [i16],
        kept: &Kept,
    ) -> Result<(), Damage> {
        let (mut k, last) = self.scan.band;
        while *self.zero_blocks == 0 && k <= last {
            let code = bits.symbol(ac)?;
            let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
            if size == 0 && run < 15 {
                *self.zero_blocks = (1 << run) + bits.take(run as u32)? as usize;
                break;
            }
            if size > 1 {
                return Err(Damage::Corrupt("an impossible refinement"));
            }
            let sign = bits.take(size)?;
            k = self.refine_known(bits, k, run, block, kept)?;
            if size == 1 {
                if k > last {
                    return Err(BEYOND_BLOCK);
                }
                *self.nonzero |= 1 << k;
                if let Some(place) = kept.place(block, k) {
                    *place = (extend(sign, 1) << self.scan.low_bit) as i16;
                }
            }
            k += 1;
        }
        if *self.zero_blocks > 0 {
            self.refine_known(bits, k, usize::MAX, block, kept)?;
            *self.zero_blocks -= 1;
        }
        Ok(())
    }

    /// Refines from `k` on, over `zeros` coefficients that are zero; gives the place of the next
    /// zero, or of the end.
    #[inline(always)]
    fn refine_known(
        &self,
        bits: &mut Bits,
        k: usize,
        zeros: usize,
        block: &mut [i16],
        kept: &Kept,
    ) -> Result<usize, Damage> {
        let behind = self.scan.band.1 + 1;
        if k >= behind {
            return Ok(k);
        }
        let within = first_ones(behind) & !first_ones(k);
        let mut zero = if zeros < 64 { within & !*self.nonzero } else { 0 };
        for _ in 0..zeros.min(64) {
            zero &= zero.wrapping_sub(1);
        }
        let next = if zero == 0 { behind } else { zero.trailing_zeros() as usize };
        let mut known = within & *self.nonzero & first_ones(next);
        // What is not kept is refined by bits that nobody needs.
        while known & first_ones(kept.end) > 0 {
            let bit = bits.take(1)? as i16;
            if let Some(place) = kept.place(block, known.trailing_zeros() as usize) {
                let step = bit << self.scan.low_bit;
                *place = place.wrapping_add(if *place < 0 { step.wrapping_neg() } else { step });
            }
            known &= known - 1;
        }
        bits.pass(known.count_ones())?;
        Ok(next)
    }
}

/// A number whose lowest `n` bits, up to 64, are set.
fn first_ones(n: usize) -> u64 {
    u64::MAX.checked_shl(n as u32).map_or(u64::MAX, |above| !above)
}
