//! Zip archives whose members are stored as they are, not compressed: what `torch.save` and Keras
//! write.

use std::collections::HashMap;
use std::ops::Range;

use flate2::Crc;

use super::reader::Reader;

/// How an archive begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// The members of an archive, each with the place of its bytes.
///
/// Source: PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16.
pub(super) fn members(bytes: &[u8]) -> Result<HashMap<String, Range<usize>>, String> {
    const END: &[u8] = b"PK\x05\x06";
    const END_LENGTH: usize = 22;
    const LONGEST_COMMENT: usize = 0xffff;
    let tail = bytes.len().saturating_sub(END_LENGTH + LONGEST_COMMENT);
    let end = bytes[tail..]
        .windows(END.len())
        .rposition(|window| window == END)
        .ok_or("the zip archive has no end")?;
    let mut reader = Reader::new(bytes, tail + end + 10);
    let count = reader.u16()?;
    reader.take(4)?; // length of the directory
    let mut directory = Reader::new(bytes, reader.u32()? as usize);
    let comment = reader.u16()?;
    reader.take(comment.into())?;
    let mut members = HashMap::new();
    // Members that overlap could be more than the archive, and checking them would never end.
    let mut left = bytes.len();
    for _ in 0..count {
        let Member { name, range, checksum } = member(bytes, &mut directory)?;
        left = left.checked_sub(range.len()).ok_or("the members of the zip archive overlap")?;
        let mut sum = Crc::new();
        sum.update(&bytes[range.clone()]);
        // 0 where the writer was told to leave it out.
        if checksum != 0 && sum.sum() != checksum {
            return Err(format!("the checksum of the zip member {name} is not that of its bytes"));
        }
        members.insert(name, range);
    }
    Ok(members)
}

struct Member {
    name: String,
    range: Range<usize>,
    /// CRC-32.
    checksum: u32,
}

/// Reads one entry of the directory, and the member's own header for where its bytes begin.
fn member(bytes: &[u8], directory: &mut Reader) -> Result<Member, String> {
    if directory.take(4)? != b"PK\x01\x02" {
        return Err("the zip archive's directory is not where its end says".into());
    }
    directory.take(6)?; // versions, flags
    let method = directory.u16()?;
    directory.take(4)?; // time
    let checksum = directory.u32()?;
    let stored = directory.u32()? as usize;
    directory.take(4)?; // length before compression
    let (name, extra, comment) = (directory.u16()?, directory.u16()?, directory.u16()?);
    directory.take(8)?; // disk, attributes
    let header = directory.u32()? as usize;
    let name = directory.text(name.into())?;
    directory.take(usize::from(extra) + usize::from(comment))?;
    if method != 0 {
        return Err(format!(
            "the zip member {name} is compressed; neither torch.save nor Keras does that"
        ));
    }
    let mut local = Reader::new(bytes, header);
    if local.take(4)? != MAGIC {
        return Err(format!("the zip member {name} is not where the directory says"));
    }
    local.take(22)?; // repeats the directory
    let (name_length, extra) = (local.u16()?, local.u16()?);
    local.take(usize::from(name_length) + usize::from(extra))?;
    let start = local.position();
    local.take(stored)?;
    Ok(Member { name, range: start..start + stored, checksum })
}
