//! A file of records about photos: how it is written, and read without being held in memory.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use super::super::stamp::StampDigest;
use crate::store::{AtomicFile, FilePart, open_table};

/// Begins the file; the number counts the changes of its format.
const MAGIC: &[u8; 16] = b"retrain-known-1\n";
/// BLAKE3 of all before it ends the file.
const CHECKSUM_BYTES: usize = 32;
const RECORD_BYTES: usize = 72;
const READ_AT_ONCE: usize = 1 << 16;

pub(super) type PathKey = [u8; 16];

/// What a photo that was read once is known by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct KnownPhoto {
    /// BLAKE3 of the file's bytes.
    pub hash: blake3::Hash,
    /// In pixels, by the header.
    pub width: u32,
    pub height: u32,
}

/// One entry of the file: 72 bytes.
#[derive(Clone, Copy)]
pub(super) struct Record {
    /// BLAKE3 of the path, relative to the folder of photos.
    pub path: PathKey,
    pub stamp: StampDigest,
    pub photo: KnownPhoto,
}

/// The records of a file, in the order of their paths, which stay in the file.
pub(super) struct Table {
    /// As it was when it was opened; `None` of a file that is missing, torn or damaged: it has no records.
    file: Option<File>,
    len: usize,
}

impl Table {
    pub fn open(file: &Path) -> Table {
        match open_whole(file) {
            Ok((file, len)) => Table { file: Some(file), len },
            Err(_) => Table { file: None, len: 0 },
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// One after the other. Where the disk can no longer be read they end: it is only a memory.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let records = self.file.as_ref().map(|file| {
            let start = MAGIC.len() as u64;
            let end = start + (self.len * RECORD_BYTES) as u64;
            BufReader::with_capacity(READ_AT_ONCE, FilePart::new(file, start..end))
        });
        records.into_iter().flat_map(|mut records| {
            std::iter::from_fn(move || {
                let mut bytes = [0; RECORD_BYTES];
                records.read_exact(&mut bytes).ok().map(|()| Record::from_bytes(&bytes))
            })
        })
    }
}

/// A file and how many records are in it, of which it has all, in their order.
fn open_whole(file: &Path) -> io::Result<(File, usize)> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let (file, length) = open_table(file)?;
    let around = (MAGIC.len() + CHECKSUM_BYTES) as u64;
    let records = length.checked_sub(around).ok_or_else(damaged)?;
    if records % RECORD_BYTES as u64 != 0 {
        return Err(damaged());
    }
    let len = (records / RECORD_BYTES as u64) as usize;
    let mut bytes = BufReader::with_capacity(READ_AT_ONCE, FilePart::new(&file, 0..length));
    let (mut magic, mut checksum) = ([0; MAGIC.len()], [0; CHECKSUM_BYTES]);
    bytes.read_exact(&mut magic)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&magic);
    let (mut record, mut before) = ([0; RECORD_BYTES], None);
    let mut is_in_order = true;
    for _ in 0..len {
        bytes.read_exact(&mut record)?;
        hasher.update(&record);
        let path: Option<PathKey> = record.first_chunk().copied();
        is_in_order &= before <= path;
        before = path;
    }
    bytes.read_exact(&mut checksum)?;
    match magic == *MAGIC && is_in_order && hasher.finalize() == checksum {
        true => Ok((file, len)),
        false => Err(damaged()),
    }
}

impl Record {
    fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let Record { path, stamp, photo: KnownPhoto { hash, width, height } } = self;
        let parts: [&[u8]; 5] =
            [&path, &stamp, hash.as_bytes(), &width.to_le_bytes(), &height.to_le_bytes()];
        let mut bytes = [0; RECORD_BYTES];
        for (byte, part) in bytes.iter_mut().zip(parts.concat()) {
            *byte = part;
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Record {
        fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
            bytes[at..].first_chunk().copied().expect("a record is long enough")
        }
        Record {
            path: part(bytes, 0),
            stamp: part(bytes, 16),
            photo: KnownPhoto {
                hash: blake3::Hash::from_bytes(part(bytes, 32)),
                width: u32::from_le_bytes(part(bytes, 64)),
                height: u32::from_le_bytes(part(bytes, 68)),
            },
        }
    }
}

pub(super) fn write_records(file: &Path, records: impl Iterator<Item = Record>) -> io::Result<()> {
    let (mut file, mut hasher) = (AtomicFile::begin(file)?, blake3::Hasher::new());
    let mut write = |bytes: &[u8]| {
        hasher.update(bytes);
        file.write_all(bytes)
    };
    write(MAGIC)?;
    for record in records {
        write(&record.to_bytes())?;
    }
    file.write_all(hasher.finalize().as_bytes())?;
    file.finish()
}

/// The records of several sources, each in the order of its paths, in that order; of the same path that of
/// the first source.
pub(super) fn merged<'a>(
    sources: Vec<Box<dyn Iterator<Item = Record> + 'a>>,
) -> impl Iterator<Item = Record> + 'a {
    let mut sources: Vec<_> = sources.into_iter().map(Iterator::peekable).collect();
    std::iter::from_fn(move || {
        let heads = sources.iter_mut().filter_map(|source| source.peek().map(|head| head.path));
        let path = heads.min()?;
        let mut first = None;
        for source in &mut sources {
            while let Some(record) = source.next_if(|head| head.path == path) {
                first.get_or_insert(record);
            }
        }
        first
    })
}

pub(super) fn path_key(path: &Path) -> PathKey {
    first_half(&blake3::hash(path.as_os_str().as_encoded_bytes()))
}

fn first_half(hash: &blake3::Hash) -> [u8; 16] {
    hash.as_bytes().first_chunk().copied().expect("a hash has 32 bytes")
}
