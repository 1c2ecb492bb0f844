//! All blocks of one scan, code by code.

use super::bits::{Bits, Table};
use super::header::{Frame, Scan};
use super::{Damage, Tables};

const BEYOND_BLOCK: Damage = Damage::Corrupt("a code beyond the end of its block");

/// Reads every block of the scan and stops behind the last one.
pub(crate) fn read(
    bits: &mut Bits,
    frame: &mut Frame,
    scan: &Scan,
    tables: &Tables,
    restart_interval: usize,
) -> Result<(), Damage> {
    // A single component is coded block by block, several in units (T.81 A.2).
    let single = scan.parts.len() == 1;
    let (across, down) =
        if single { frame.components[scan.parts[0].0].blocks } else { frame.units() };
    let mut zero_blocks = 0;
    for n in 0..across * down {
        if restart_interval > 0 && n > 0 && n % restart_interval == 0 {
            bits.restart(n / restart_interval - 1)?;
            zero_blocks = 0;
        }
        for &(component, dc, ac) in &scan.parts {
            let part = &mut frame.components[component];
            let blocks = if single { 1 } else { part.unit.0 * part.unit.1 };
            let (dc, ac) = (tables.dc[dc].as_ref(), tables.ac[ac].as_ref());
            if !frame.progressive {
                for _ in 0..blocks {
                    sequential_block(bits, known(dc)?, known(ac)?)?;
                }
            } else if scan.band.0 == 0 {
                for _ in 0..blocks {
                    first_coefficient(bits, dc, scan.refines)?;
                }
            } else {
                part.nonzero.resize(part.blocks.0 * part.blocks.1, 0);
                let mut block =
                    Band { first: scan.band.0, last: scan.band.1, nonzero: &mut part.nonzero[n] };
                match scan.refines {
                    false => block.read(bits, known(ac)?, &mut zero_blocks)?,
                    true => block.refine(bits, known(ac)?, &mut zero_blocks)?,
                }
            }
        }
    }
    Ok(())
}

fn known(table: Option<&Table>) -> Result<&Table, Damage> {
    table.ok_or(Damage::Corrupt("a Huffman table is missing"))
}

/// T.81 F.2.2.
fn sequential_block(bits: &mut Bits, dc: &Table, ac: &Table) -> Result<(), Damage> {
    first_coefficient(bits, Some(dc), false)?;
    let mut k = 1;
    while k < 64 {
        let code = bits.symbol(ac)?;
        let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
        match (run, size) {
            (15, 0) => k += 16,
            (_, 0) => break,
            _ => {
                k += run + 1;
                if k > 64 {
                    return Err(BEYOND_BLOCK);
                }
                bits.take(size)?;
            }
        }
    }
    Ok(())
}

/// T.81 F.2.2.1 and G.1.2.1.
fn first_coefficient(bits: &mut Bits, dc: Option<&Table>, refines: bool) -> Result<(), Damage> {
    if refines {
        bits.take(1)?;
        return Ok(());
    }
    let size = u32::from(bits.symbol(known(dc)?)?);
    if size > 16 {
        return Err(Damage::Corrupt("an impossible difference"));
    }
    bits.take(size)?;
    Ok(())
}

/// The coefficients `first..=last` of a block of a progressive picture.
struct Band<'a> {
    first: usize,
    last: usize,
    nonzero: &'a mut u64,
}

impl Band<'_> {
    /// T.81 G.1.2.2. `zero_blocks`: further blocks without a coefficient, already announced.
    fn read(&mut self, bits: &mut Bits, ac: &Table, zero_blocks: &mut usize) -> Result<(), Damage> {
        if *zero_blocks > 0 {
            *zero_blocks -= 1;
            return Ok(());
        }
        let mut k = self.first;
        while k <= self.last {
            let code = bits.symbol(ac)?;
            let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
            match (run, size) {
                (15, 0) => k += 16,
                (_, 0) => {
                    *zero_blocks = (1 << run) - 1 + bits.take(run as u32)? as usize;
                    break;
                }
                _ => {
                    k += run;
                    if k > self.last {
                        return Err(BEYOND_BLOCK);
                    }
                    bits.take(size)?;
                    *self.nonzero |= 1 << k;
                    k += 1;
                }
            }
        }
        Ok(())
    }

    /// T.81 G.1.2.3: a bit for each coefficient that is not zero, and new ones in between.
    fn refine(
        &mut self,
        bits: &mut Bits,
        ac: &Table,
        zero_blocks: &mut usize,
    ) -> Result<(), Damage> {
        let mut k = self.first;
        while *zero_blocks == 0 && k <= self.last {
            let code = bits.symbol(ac)?;
            let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
            if size == 0 && run < 15 {
                *zero_blocks = (1 << run) + bits.take(run as u32)? as usize;
                break;
            }
            if size > 1 {
                return Err(Damage::Corrupt("an impossible refinement"));
            }
            bits.take(size)?; // the sign of the new coefficient
            k = self.refine_known(bits, k, run)?;
            if size == 1 {
                if k > self.last {
                    return Err(BEYOND_BLOCK);
                }
                *self.nonzero |= 1 << k;
            }
            k += 1;
        }
        if *zero_blocks > 0 {
            self.refine_known(bits, k, usize::MAX)?;
            *zero_blocks -= 1;
        }
        Ok(())
    }

    /// Refines from `k` on, over `zeros` coefficients that are zero; gives the place of the next
    /// zero, or of the end.
    fn refine_known(
        &self,
        bits: &mut Bits,
        mut k: usize,
        mut zeros: usize,
    ) -> Result<usize, Damage> {
        while k <= self.last {
            if *self.nonzero >> k & 1 == 1 {
                bits.take(1)?;
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            k += 1;
        }
        Ok(k)
    }
}
