//! The way through a file, from marker to marker to its end.

use super::bits::Bits;
use super::coefficients::Kept;
use super::colour::{Colours, Hints};
use super::header::{self, Component, Frame, Scan};
use super::markers::{
    APP0, APP14, DHT, DQT, DRI, EOI, SOF_HUFFMAN, SOS, is_bare, next_marker, segment,
};
use super::{Damage, Tables, scan, standard_tables};
use crate::dataset::Remark;
use crate::kernels::with_vectors;

/// A scan of a few bytes may cover the whole picture, so that many of them take for ever. Encoders
/// make some ten of them.
const MOST_SCANS: usize = 500;
/// Zeros at the end of a file of which this many bytes were taken for codes are a picture that was
/// never written to its end.
const ZEROS_TAKEN: usize = 8;

/// A file that was read to its end.
pub(crate) struct Walked {
    pub frame: Frame,
    pub colours: Colours,
    pub hints: Hints,
    pub remarks: Vec<Remark>,
}

/// Reads all scans and keeps the lowest `side * side` coefficients of each block.
pub(crate) fn walk(bytes: &[u8], side: usize) -> Result<Walked, Damage> {
    let mut at = 2; // behind SOI
    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    let (mut hints, mut remarks) = (Hints::default(), Vec::new());
    let (mut restart_interval, mut scans, mut taken) = (0, 0, 0);
    loop {
        let marker = match next_marker(bytes, &mut at) {
            Some(EOI) => break,
            Some(marker) => marker,
            None => {
                check_unended(bytes, taken, frame.as_ref())?;
                remarks.push(Remark::NoEndMarker);
                break;
            }
        };
        if is_bare(marker) {
            continue;
        }
        let segment = segment(bytes, &mut at)?;
        match marker {
            DHT => header::read_tables(segment, &mut tables)?,
            DQT => header::read_steps(segment, &mut tables)?,
            DRI => restart_interval = header::read_restart_interval(segment)?,
            APP0 => hints.is_jfif |= segment.starts_with(b"JFIF\0"),
            APP14 if segment.starts_with(b"Adobe") => {
                hints.adobe = segment.get(11).copied().or(hints.adobe);
            }
            marker if SOF_HUFFMAN.contains(&marker) => {
                if frame.is_some() {
                    return Err(Damage::Corrupt("two frames"));
                }
                frame = Some(Frame::read(segment, marker == 0xc2, Kept::new(side))?);
            }
            SOS => {
                let frame = frame.as_mut().ok_or(Damage::Corrupt("a scan before the frame"))?;
                scans += 1;
                if scans > MOST_SCANS {
                    return Err(Damage::Corrupt("more scans than any picture needs"));
                }
                let scan = Scan::read(segment, frame)?;
                let lacks_tables = |&(_, dc, ac): &(usize, usize, usize)| {
                    tables.dc[dc].is_none() || tables.ac[ac].is_none()
                };
                if !frame.progressive && scan.parts.iter().any(lacks_tables) {
                    standard_tables::fill_in(&mut tables)?;
                    remarks.push(Remark::StandardTables);
                }
                let mut bits = Bits::new(&bytes[at..]);
                let has_strays = with_vectors(
                    #[inline(always)]
                    || scan::read(&mut bits, frame, &scan, &tables, restart_interval),
                );
                if has_strays? {
                    remarks.push(Remark::StrayBytes);
                }
                taken = at + bits.taken();
                at += bits.position();
            }
            _ => {}
        }
    }
    let frame = frame.ok_or(Damage::Corrupt("there is no frame header"))?;
    if frame.components.iter().any(Component::is_missing) {
        return Err(Damage::Corrupt("fewer scans than the header says"));
    }
    remarks.sort_unstable();
    remarks.dedup();
    Ok(Walked { colours: Colours::of(&frame, hints), hints, frame, remarks })
}

/// Errors when a file without an end marker may lack more than that. `taken`: the bytes before the
/// first of which the last scan took nothing.
fn check_unended(bytes: &[u8], taken: usize, frame: Option<&Frame>) -> Result<(), Damage> {
    let is_complete =
        frame.is_some_and(|frame| frame.components.iter().all(Component::is_complete));
    let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
    // Where a file ends right behind its data, or inside its end marker, more may have been cut.
    let is_cut = bytes.len() <= taken + 1;
    match is_complete && !is_cut && taken <= bytes.len() - zeros + ZEROS_TAKEN {
        true => Ok(()),
        false => Err(Damage::Truncated),
    }
}
