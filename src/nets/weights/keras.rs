//! Weights as Keras writes them: HDF5, by itself (`.h5`) or as a member of a zip archive (`.keras`).
//!
//! The crate that reads HDF5 can be made to ask for any amount of memory by a file of a few
//! kilobytes. So it is given the file through [`Metadata`], which lets it have as much as the
//! description of a network takes, and its code for numbers is not used: where a dataset lies is
//! enough.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hdf5_reader::error::{Error, Result as Hdf5Result};
use hdf5_reader::group::Group;
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::layout::DataLayout;
use hdf5_reader::{
    ByteOrder, Dataset, Datatype, Hdf5File, OpenOptions, Storage as Source, StorageBuffer,
};

use super::numbers::{Bytes, Entry, Order, Storage, byte_len};

/// How a file begins.
pub(super) const HDF5_MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";

/// The member of a `.keras` archive with the weights.
pub(super) const MEMBER: &str = "model.weights.h5";

/// Bytes of one piece of metadata. In files of Inception v3 the largest has 11 KB.
const LARGEST_PIECE: usize = 32 << 10;

/// Bytes of metadata in all; those files have 0.8 MB.
const MOST_METADATA: usize = 4 << 20;

/// Groups and datasets, and entries of the tables that list them; those files have some 1,000.
const MOST_NODES: usize = 4096;

const DEEPEST: usize = 12;

/// The datasets of f32 in the part `hdf5` of a file, named by the path to them. Takes the file and
/// gives it back.
pub(super) fn read(
    file: Vec<u8>,
    hdf5: Range<usize>,
) -> Result<(BTreeMap<String, Entry>, Vec<u8>), String> {
    let file = Arc::new(file);
    let entries = walk(&file, hdf5).map_err(|reason| format!("as HDF5, {}", shortened(&reason)))?;
    // Nobody else has it any more.
    Ok((entries, Arc::try_unwrap(file).unwrap_or_else(|shared| (*shared).clone())))
}

fn walk(file: &Arc<Vec<u8>>, hdf5: Range<usize>) -> Result<BTreeMap<String, Entry>, String> {
    // The version of the superblock. Keras writes 0; later ones list groups in ways that are not
    // bounded here.
    if file[hdf5.clone()].get(HDF5_MAGIC.len()) != Some(&0) {
        return Err("it has another superblock than Keras writes".to_owned());
    }
    // Where the file ends, as the superblock knows it.
    let end = file.get(hdf5.start + 40..hdf5.start + 48).map(|bytes| bytes.try_into().ok());
    let end = end.flatten().map(u64::from_le_bytes);
    if let Some(end) = end.filter(|end| *end > hdf5.len() as u64) {
        return Err(format!(
            "it ends after {:.1} of {:.1} MB; fetch or copy it again",
            hdf5.len() as f64 / 1e6,
            end as f64 / 1e6
        ));
    }
    let metadata = Metadata {
        file: file.clone(),
        hdf5: hdf5.clone(),
        bytes_left: MOST_METADATA.into(),
        entries_left: MOST_NODES.into(),
    };
    let options = OpenOptions::default()
        .with_max_object_header_bytes(2 * LARGEST_PIECE)
        .with_chunk_cache_bytes(0);
    let opened =
        Hdf5File::from_storage_with_options(Arc::new(metadata), options).map_err(in_words)?;
    if opened.superblock().base_address != 0 {
        return Err("its addresses do not begin at its first byte".to_owned());
    }
    let mut walk = Walk { opened: &opened, hdf5, entries: BTreeMap::new(), nodes_left: MOST_NODES };
    walk.group(&opened.root_group().map_err(in_words)?, "", DEEPEST)?;
    Ok(walk.entries)
}

struct Walk<'a> {
    opened: &'a Hdf5File,
    hdf5: Range<usize>,
    entries: BTreeMap<String, Entry>,
    nodes_left: usize,
}

impl Walk<'_> {
    fn group(&mut self, group: &Group, path: &str, depth: usize) -> Result<(), String> {
        let depth = depth.checked_sub(1).ok_or("its groups are nested too deeply")?;
        let (groups, datasets) = group.members().map_err(in_words)?;
        self.nodes_left = self
            .nodes_left
            .checked_sub(groups.len() + datasets.len())
            .ok_or("it has too many groups")?;
        for dataset in &datasets {
            let name = format!("{path}{}", dataset.name());
            let entry = self.entry(dataset).map_err(|why| format!("{name} {why}"))?;
            self.entries.insert(name, entry);
        }
        for group in &groups {
            self.group(group, &format!("{path}{}/", group.name()), depth)?;
        }
        Ok(())
    }

    fn entry(&self, dataset: &Dataset) -> Result<Entry, String> {
        let sides = dataset.shape().iter().map(|&side| usize::try_from(side).ok());
        let shape: Vec<usize> = sides.collect::<Option<_>>().ok_or("is too large")?;
        let is_f32 = matches!(
            dataset.dtype(),
            Datatype::FloatingPoint { size: 4, byte_order: ByteOrder::LittleEndian }
        );
        if !is_f32 {
            return Ok(Entry::in_file(Storage::Other("not f32".to_owned()), shape, 0..0));
        }
        let header = self.opened.get_or_parse_header(dataset.address()).map_err(in_words)?;
        let layout = header.messages.iter().find_map(|message| match message {
            HdfMessage::DataLayout(message) => Some(&message.layout),
            _ => None,
        });
        let Some(&DataLayout::Contiguous { address, size }) = layout else {
            return Err("is not written as one piece".to_owned());
        };
        let length = byte_len(&shape, 4).filter(|length| *length as u64 <= size);
        let length = length.ok_or("is shorter than its shape says")?;
        let start = usize::try_from(address).ok().and_then(|at| at.checked_add(self.hdf5.start));
        let range = start.and_then(|start| Some(start..start.checked_add(length)?));
        let range = range.filter(|range| range.end <= self.hdf5.end);
        let range = range.ok_or("lies beyond the end of the file")?;
        Ok(match shape[..] {
            [height, width, entering, out] => Entry {
                storage: Storage::F32,
                shape: vec![out, entering, height, width],
                order: Order::TensorFlow,
                bytes: Bytes::File(range),
            },
            _ => Entry::in_file(Storage::F32, shape, range),
        })
    }
}

/// The file as the crate may read it: its metadata piece by piece, up to a limit.
struct Metadata {
    file: Arc<Vec<u8>>,
    hdf5: Range<usize>,
    bytes_left: AtomicUsize,
    entries_left: AtomicUsize,
}

impl Source for Metadata {
    fn len(&self) -> u64 {
        self.hdf5.len() as u64
    }

    fn read_range(&self, offset: u64, length: usize) -> Hdf5Result<StorageBuffer> {
        let too_much = || Error::Other("it has more metadata than a network needs".to_owned());
        let take = |left: &AtomicUsize, count: usize| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count))
                .map_err(|_| too_much())
        };
        let end = usize::try_from(offset).ok().and_then(|offset| offset.checked_add(length));
        if length > LARGEST_PIECE || end.is_none_or(|end| end > self.hdf5.len()) {
            return Err(too_much());
        }
        // What reading costs beside the bytes.
        take(&self.bytes_left, length + 64)?;
        let start = self.hdf5.start + offset as usize;
        let piece = StorageBuffer::from_shared_owner(self.file.clone(), start, length)?;
        match piece.get(..4) {
            // A table of the members of a group, 40 bytes for each behind its head.
            Some(b"SNOD") if length > 24 => {
                take(&self.entries_left, (length - 8) / 40)?;
            }
            // What later superblocks have, and texts of any length.
            Some(
                b"OHDR" | b"BTHD" | b"BTLF" | b"BTIN" | b"FRHP" | b"FHDB" | b"FHIB" | b"GCOL"
                | b"FAHD" | b"EAHD" | b"SMTB",
            ) => return Err(Error::Other("it is not laid out as Keras does it".to_owned())),
            _ => {}
        }
        Ok(piece)
    }
}

fn in_words(error: Error) -> String {
    error.to_string()
}

/// A message may quote a name from the file, however long.
fn shortened(reason: &str) -> String {
    const LONGEST: usize = 200;
    match reason.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &reason[..end]),
        None => reason.to_owned(),
    }
}
