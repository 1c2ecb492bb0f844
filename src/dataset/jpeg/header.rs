//! The segments that say how scans are coded.

use super::coefficients::Kept;
use super::table::Table;
use super::{Damage, Tables};

const SHORT_SEGMENT: Damage = Damage::Corrupt("a segment that is too short");

/// The frame header (T.81 B.2.2).
pub(crate) struct Frame {
    pub width: usize,
    pub height: usize,
    pub progressive: bool,
    pub components: Vec<Component>,
    pub kept: Kept,
}

pub(crate) struct Component {
    pub id: u8,
    /// Blocks across and down in one interleaved unit (MCU).
    pub unit: (usize, usize),
    /// Blocks across and down that hold pixels of the picture.
    pub blocks: (usize, usize),
    /// Progressive only: for each block, bit k is set when coefficient k is not zero.
    pub nonzero: Vec<u64>,
    /// Number of its quantisation table.
    quantization: usize,
    /// Of the coefficients that are kept; empty until the first scan.
    pub steps: Vec<u16>,
    /// Blocks across and down in the whole units.
    pub padded: (usize, usize),
    /// The kept coefficients, `[padded down][padded across][kept]`; empty when none are.
    pub coefficients: Vec<i16>,
    /// First coefficient of the block before.
    pub previous: i32,
    /// For each coefficient in the order of coding, how many of its low bits no scan has brought.
    pub missing_bits: [u32; 64],
}

/// No scan has brought anything of a coefficient.
const ALL_BITS: u32 = 32;

impl Component {
    /// The kept coefficients of one block.
    pub fn block(&mut self, row: usize, column: usize, kept: &Kept) -> &mut [i16] {
        let start = (row * self.padded.0 + column) * kept.area();
        &mut self.coefficients[start..start + kept.area()]
    }

    /// Whether the scans so far have brought every coefficient to its last bit.
    pub fn is_complete(&self) -> bool {
        self.missing_bits == [0; 64]
    }

    /// Whether no scan has brought even the means of the blocks.
    pub fn is_missing(&self) -> bool {
        self.missing_bits[0] == ALL_BITS
    }

    /// The table that holds at its first scan is the one that counts (T.81 B.2.4.1).
    pub fn quantize(&mut self, tables: &Tables, kept: &Kept) {
        if self.steps.is_empty() {
            self.steps = tables.quantization[self.quantization]
                .as_ref()
                .map_or_else(Vec::new, |table| kept.choose(table));
        }
    }
}

impl Frame {
    /// Its size and precision were looked at before.
    pub fn read(segment: &[u8], progressive: bool, kept: Kept) -> Result<Frame, Damage> {
        let &[_, h1, h0, w1, w0, count, ref parts @ ..] = segment else {
            return Err(SHORT_SEGMENT);
        };
        let count = usize::from(count);
        if !matches!(count, 1 | 3 | 4) {
            return Err(Damage::Unsupported("JPEG with other than 1, 3 or 4 components"));
        }
        let (width, height) =
            (usize::from(u16::from_be_bytes([w1, w0])), usize::from(u16::from_be_bytes([h1, h0])));
        let parts = parts.get(..3 * count).ok_or(SHORT_SEGMENT)?;
        let mut components: Vec<Component> = parts
            .chunks(3)
            .map(|part| Component {
                id: part[0],
                unit: (usize::from(part[1] >> 4), usize::from(part[1] & 15)),
                blocks: (0, 0),
                nonzero: Vec::new(),
                quantization: usize::from(part[2] & 3),
                steps: Vec::new(),
                padded: (0, 0),
                coefficients: Vec::new(),
                previous: 0,
                missing_bits: [ALL_BITS; 64],
            })
            .collect();
        let valid =
            |&(across, down): &(usize, usize)| (1..=4).contains(&across) && (1..=4).contains(&down);
        if components.is_empty() || !components.iter().all(|part| valid(&part.unit)) {
            return Err(Damage::Corrupt("impossible sampling factors"));
        }
        let max = largest_unit(&components);
        let divides = |part: &Component| {
            max.0.is_multiple_of(part.unit.0) && max.1.is_multiple_of(part.unit.1)
        };
        if !components.iter().all(divides) {
            return Err(Damage::Unsupported("JPEG with fractional sampling factors"));
        }
        for part in &mut components {
            let blocks =
                |pixels: usize, unit: usize, max: usize| (pixels * unit).div_ceil(max).div_ceil(8);
            part.blocks = (blocks(width, part.unit.0, max.0), blocks(height, part.unit.1, max.1));
        }
        let mut frame = Frame { width, height, progressive, components, kept };
        let (across, down) = frame.units();
        for part in &mut frame.components {
            part.padded = (across * part.unit.0, down * part.unit.1);
            let blocks = part.padded.0 * part.padded.1;
            part.coefficients = vec![0; blocks * frame.kept.area()];
        }
        Ok(frame)
    }

    /// The largest sampling factors, across and down.
    pub fn largest_unit(&self) -> (usize, usize) {
        largest_unit(&self.components)
    }

    /// Interleaved units across and down.
    pub fn units(&self) -> (usize, usize) {
        let max = self.largest_unit();
        (self.width.div_ceil(8 * max.0), self.height.div_ceil(8 * max.1))
    }
}

fn largest_unit(components: &[Component]) -> (usize, usize) {
    components.iter().fold((1, 1), |max, part| (max.0.max(part.unit.0), max.1.max(part.unit.1)))
}

/// The scan header (T.81 B.2.3).
pub(crate) struct Scan {
    /// `(component, number of its DC table, number of its AC table)`.
    pub parts: Vec<(usize, usize, usize)>,
    /// First and last coefficient.
    pub band: (usize, usize),
    /// This scan refines coefficients of an earlier one by a bit.
    pub refines: bool,
    /// The place of the lowest bit in this scan.
    pub low_bit: u32,
}

impl Scan {
    pub fn read(segment: &[u8], frame: &Frame) -> Result<Scan, Damage> {
        let (&count, rest) = segment.split_first().ok_or(SHORT_SEGMENT)?;
        let (chosen, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or(SHORT_SEGMENT)?;
        let &[first, last, approximation, ..] = rest else { return Err(SHORT_SEGMENT) };
        let part = |choice: &[u8]| {
            let component = frame.components.iter().position(|part| part.id == choice[0])?;
            Some((component, usize::from(choice[1] >> 4 & 3), usize::from(choice[1] & 3)))
        };
        let parts: Vec<_> = chosen
            .chunks(2)
            .map(|choice| part(choice).ok_or(Damage::Corrupt("a scan of an unknown component")))
            .collect::<Result<_, _>>()?;
        let band = match frame.progressive {
            true => (usize::from(first), usize::from(last)),
            false => (0, 63),
        };
        let several_with_ac = frame.progressive && band.0 > 0 && parts.len() != 1;
        if parts.is_empty() || band.0 > band.1 || band.1 > 63 || several_with_ac {
            return Err(Damage::Corrupt("an impossible scan"));
        }
        let refines = approximation >> 4 > 0;
        // Only a progressive picture is coded bit by bit.
        let low_bit = if frame.progressive { u32::from(approximation & 15) } else { 0 };
        Ok(Scan { parts, band, refines, low_bit })
    }
}

/// Huffman tables (T.81 B.2.4.2), any number in one segment.
pub(crate) fn read_tables(mut segment: &[u8], tables: &mut Tables) -> Result<(), Damage> {
    while let Some((&which, rest)) = segment.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>().ok_or(SHORT_SEGMENT)?;
        let total = counts.iter().map(|&n| usize::from(n)).sum();
        let (symbols, rest) = rest.split_at_checked(total).ok_or(SHORT_SEGMENT)?;
        let kind = if which >> 4 == 0 { &mut tables.dc } else { &mut tables.ac };
        kind[usize::from(which & 3)] = Some(Table::new(counts, symbols)?);
        segment = rest;
    }
    Ok(())
}

/// Quantisation tables (T.81 B.2.4.1), any number in one segment.
pub(crate) fn read_steps(mut segment: &[u8], tables: &mut Tables) -> Result<(), Damage> {
    while let Some((&which, rest)) = segment.split_first() {
        let bytes = if which >> 4 == 0 { 1 } else { 2 };
        let (steps, rest) = rest.split_at_checked(64 * bytes).ok_or(SHORT_SEGMENT)?;
        let mut table = [0; 64];
        for (step, written) in table.iter_mut().zip(steps.chunks(bytes)) {
            *step = written.iter().fold(0, |high, &low| high << 8 | u16::from(low));
        }
        tables.quantization[usize::from(which & 3)] = Some(table);
        segment = rest;
    }
    Ok(())
}

pub(crate) fn read_restart_interval(segment: &[u8]) -> Result<usize, Damage> {
    let &[high, low, ..] = segment else { return Err(SHORT_SEGMENT) };
    Ok(usize::from(u16::from_be_bytes([high, low])))
}
