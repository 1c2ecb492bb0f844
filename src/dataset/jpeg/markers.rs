//! The markers of a file and the segments behind them.

use super::Damage;

pub(super) const SOI: u8 = 0xd8;
pub(super) const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
pub(super) const DHT: u8 = 0xc4;
pub(crate) const DQT: u8 = 0xdb;
pub(super) const DRI: u8 = 0xdd;
/// JFIF's application segment.
pub(super) const APP0: u8 = 0xe0;
/// Adobe's application segment.
pub(super) const APP14: u8 = 0xee;
/// Baseline, extended and progressive frames, with Huffman codes.
pub(crate) const SOF_HUFFMAN: [u8; 3] = [0xc0, 0xc1, 0xc2];

/// Kinds of frames that are not read (T.81 table B.1).
fn unsupported(marker: u8) -> Option<&'static str> {
    match marker {
        0xc3 => Some("lossless JPEG"),
        0xc5..=0xc7 | 0xcd..=0xcf => Some("hierarchical JPEG"),
        0xc9..=0xcb => Some("arithmetic-coded JPEG"),
        _ => None,
    }
}

/// Width and height by the frame header.
///
/// Errors also when the frame is of a kind that is not read.
pub(crate) fn size(bytes: &[u8]) -> Result<(u32, u32), Damage> {
    let mut at = 2; // behind SOI
    loop {
        let marker = next_marker(bytes, &mut at).ok_or(Damage::Truncated)?;
        if marker == EOI || marker == SOS {
            return Err(Damage::Corrupt("there is no frame header"));
        }
        if is_bare(marker) {
            continue;
        }
        let segment = segment(bytes, &mut at)?;
        if let Some(kind) = unsupported(marker) {
            return Err(Damage::Unsupported(kind));
        }
        if SOF_HUFFMAN.contains(&marker) {
            let &[precision, h1, h0, w1, w0, ..] = segment else {
                return Err(Damage::Corrupt("a frame header that is too short"));
            };
            if precision != 8 {
                return Err(Damage::Unsupported("JPEG with more than 8 bits a sample"));
            }
            let number = |high, low| u32::from(u16::from_be_bytes([high, low]));
            return Ok((number(w1, w0), number(h1, h0)));
        }
    }
}

/// The segments of a file up to its end marker, or the first that is torn, each with its marker;
/// coded data is passed over.
pub(crate) fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = 2; // behind SOI
    std::iter::from_fn(move || {
        loop {
            match next_marker(bytes, &mut at)? {
                EOI => return None,
                marker if is_bare(marker) => {}
                marker => return Some((marker, segment(bytes, &mut at).ok()?)),
            }
        }
    })
}

/// Markers without a segment.
pub(super) fn is_bare(marker: u8) -> bool {
    matches!(marker, SOI | 0x01 | 0xd0..=0xd7)
}

/// The code after the next 0xff that begins a marker; `at` then stands behind it.
pub(super) fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let skipped = bytes.get(*at..)?.iter().position(|&byte| byte == 0xff)?;
        *at += skipped + 1;
        match *bytes.get(*at)? {
            0xff => {} // a fill byte
            0 => *at += 1,
            marker => {
                *at += 1;
                return Some(marker);
            }
        }
    }
}

/// The content of the segment whose length stands at `at`; `at` then stands behind it.
pub(super) fn segment<'a>(bytes: &'a [u8], at: &mut usize) -> Result<&'a [u8], Damage> {
    let length = bytes.get(*at..*at + 2).ok_or(Damage::Truncated)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if length < 2 {
        return Err(Damage::Corrupt("a segment of no length"));
    }
    let segment = bytes.get(*at + 2..*at + length).ok_or(Damage::Truncated)?;
    *at += length;
    Ok(segment)
}
