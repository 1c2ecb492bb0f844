//! One immutable file of features: safetensors with `keys` u8 `[n, 32]` and `features` f32 `[n, d]`.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata, TensorView};

use super::key::RowKey;
use crate::config::{open_plain, read_plain};
use crate::kernels::MappedFile;
use crate::store::write_atomically;

const KEY_BYTES: usize = 32;
/// A shard's header describes two tensors; anything near this size is no shard.
const MAX_HEADER_BYTES: u64 = 64 << 10;

/// A shard on disk, whose rows are read one by one.
///
/// The file is mapped, so that a shard takes no open file, and what was read of it no memory that the
/// system could not take back. It is immutable: it appears by a rename, and whoever deletes it only takes
/// its name away.
#[derive(Debug)]
pub struct Shard {
    pub path: PathBuf,
    bytes: Bytes,
    rows: usize,
    feature_len: usize,
    /// Where the first key's bytes begin, and the first feature's.
    keys_at: u64,
    features_at: u64,
}

#[derive(Debug)]
enum Bytes {
    Mapped(MappedFile),
    /// Where it cannot be mapped.
    Read(File),
}

impl Bytes {
    fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Bytes::Mapped(all) => {
                bytes.copy_from_slice(part(all, at, bytes.len())?);
                Ok(())
            }
            Bytes::Read(file) => file.read_exact_at(bytes, at),
        }
    }
}

fn part(all: &[u8], at: u64, length: usize) -> io::Result<&[u8]> {
    let part = all.get(at as usize..).and_then(|rest| rest.get(..length));
    part.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn numbers(bytes: &[u8], row: &mut [f32]) {
    for (value, bytes) in row.iter_mut().zip(bytes.as_chunks().0) {
        *value = f32::from_le_bytes(*bytes);
    }
}

impl Shard {
    /// Opens a shard whose features have `feature_len` numbers.
    pub fn open(path: &Path, feature_len: usize) -> io::Result<Shard> {
        let shard = Shard::open_any(path)?;
        if shard.feature_len != feature_len {
            let what =
                format!("its features have {} numbers, expected {feature_len}", shard.feature_len);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(shard)
    }

    /// Opens a shard of whatever features. Every length is checked against the file's size before
    /// memory is taken for it.
    pub fn open_any(path: &Path) -> io::Result<Shard> {
        let mut shard = Shard::open_without_map(path)?;
        if let Bytes::Read(file) = &shard.bytes
            && let Ok(mapped) = MappedFile::open(file)
        {
            shard.bytes = Bytes::Mapped(mapped);
        }
        Ok(shard)
    }

    fn open_without_map(path: &Path) -> io::Result<Shard> {
        let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let file = open_plain(path)?;
        let size = file.metadata()?.len();
        let mut length = [0; 8];
        file.read_exact_at(&mut length, 0)?;
        let header_len = u64::from_le_bytes(length);
        if header_len > MAX_HEADER_BYTES || header_len + 8 > size {
            return Err(bad("its header is too long"));
        }
        let mut header = vec![0; header_len as usize];
        file.read_exact_at(&mut header, 8)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|err| bad(&err.to_string()))?;
        let keys = metadata.info("keys").ok_or_else(|| bad("it has no keys"))?;
        let features = metadata.info("features").ok_or_else(|| bad("it has no features"))?;
        let rows = keys.shape.first().copied().unwrap_or(0);
        let feature_len = features.shape.get(1).copied().unwrap_or(0);
        let data_at = 8 + header_len;
        let data_len = (size - data_at) as usize;
        if keys.dtype != Dtype::U8
            || keys.shape != [rows, KEY_BYTES]
            || features.dtype != Dtype::F32
            || features.shape != [rows, feature_len]
            || keys.data_offsets.1 > data_len
            || features.data_offsets.1 > data_len
        {
            return Err(bad("its tensors have other shapes than a shard's"));
        }
        let [keys_at, features_at] = [keys, features].map(|of| data_at + of.data_offsets.0 as u64);
        let (path, bytes) = (path.to_owned(), Bytes::Read(file));
        Ok(Shard { path, bytes, rows, feature_len, keys_at, features_at })
    }

    /// Errors when the content is not that of the hash in the name.
    pub fn check(&self) -> io::Result<()> {
        // Not what is mapped: what cannot be read is an error here, and the process's end there.
        let bytes = read_plain(&self.path)?;
        if self.path.file_name().is_some_and(|name| *name == *name_of(&bytes)) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "its content is not that of its name"))
    }

    /// The keys of its rows.
    pub fn keys(&self) -> io::Result<Vec<RowKey>> {
        let mut bytes = vec![0; self.rows * KEY_BYTES];
        self.bytes.read(&mut bytes, self.keys_at)?;
        Ok(bytes.as_chunks::<KEY_BYTES>().0.to_vec())
    }

    /// Reads one feature into `row`, which has `feature_len` numbers.
    pub fn read(&self, index: usize, row: &mut [f32]) -> io::Result<()> {
        let bytes_len = self.feature_len * size_of::<f32>();
        let at = self.features_at + (index * bytes_len) as u64;
        match &self.bytes {
            Bytes::Mapped(all) => numbers(part(all, at, bytes_len)?, row),
            Bytes::Read(file) => {
                let mut bytes = vec![0; bytes_len];
                file.read_exact_at(&mut bytes, at)?;
                numbers(&bytes, row);
            }
        }
        Ok(())
    }

    /// Writes a shard into `folder`; its name is the hash of its content.
    pub fn write(
        folder: &Path,
        feature_len: usize,
        keys: &[RowKey],
        features: &[f32],
    ) -> io::Result<PathBuf> {
        let key_bytes = keys.as_flattened();
        let feature_bytes: Vec<u8> = features.iter().flat_map(|v| v.to_le_bytes()).collect();
        let view = |dtype, shape: [usize; 2], bytes| {
            TensorView::new(dtype, shape.to_vec(), bytes).expect("the shape fits the bytes")
        };
        let tensors = HashMap::from([
            ("keys", view(Dtype::U8, [keys.len(), KEY_BYTES], key_bytes)),
            ("features", view(Dtype::F32, [keys.len(), feature_len], &feature_bytes)),
        ]);
        let bytes = safetensors::serialize(tensors, None).map_err(io::Error::other)?;
        debug_assert!(SafeTensors::deserialize(&bytes).is_ok());
        let path = folder.join(name_of(&bytes));
        write_atomically(&path, &bytes)?;
        Ok(path)
    }
}

/// The hash of the content.
fn name_of(bytes: &[u8]) -> String {
    format!("{}.safetensors", &blake3::hash(bytes).to_hex()[..24])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_shard_gives_the_bits_of_one_that_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = [0.1, -0.0, 1e-40, f32::MAX, f32::NAN, 7.0];
        let path = Shard::write(folder.path(), 3, &[[1; 32], [2; 32]], &numbers).unwrap();
        let shards = [Shard::open(&path, 3), Shard::open_without_map(&path)].map(Result::unwrap);
        assert!(matches!(shards[0].bytes, Bytes::Mapped(_)));
        assert!(matches!(shards[1].bytes, Bytes::Read(_)));
        for shard in shards {
            assert_eq!(shard.keys().unwrap(), [[1; 32], [2; 32]]);
            let mut rows = [0.0; 6];
            let (first, second) = rows.split_at_mut(3);
            shard.read(0, first).unwrap();
            shard.read(1, second).unwrap();
            assert_eq!(rows.map(f32::to_bits), numbers.map(f32::to_bits));
        }
    }
}
