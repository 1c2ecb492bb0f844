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
use crate::store::write_atomically;

const KEY_BYTES: usize = 32;
/// A shard's header describes two tensors; anything near this size is no shard.
const MAX_HEADER_BYTES: u64 = 64 << 10;

/// A shard on disk: its keys in memory, its features read by row.
pub struct Shard {
    pub path: PathBuf,
    file: File,
    pub keys: Vec<RowKey>,
    feature_len: usize,
    /// Where the first feature's bytes begin.
    features_at: u64,
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
        let mut bytes = vec![0; rows * KEY_BYTES];
        file.read_exact_at(&mut bytes, data_at + keys.data_offsets.0 as u64)?;
        let keys = bytes.as_chunks::<KEY_BYTES>().0.to_vec();
        let features_at = data_at + features.data_offsets.0 as u64;
        Ok(Shard { path: path.to_owned(), file, keys, feature_len, features_at })
    }

    /// Errors when the content is not that of the hash in the name.
    pub fn check(&self) -> io::Result<()> {
        let bytes = read_plain(&self.path)?;
        if self.path.file_name().is_some_and(|name| *name == *name_of(&bytes)) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "its content is not that of its name"))
    }

    /// Reads one feature into `row`, which has `feature_len` numbers.
    pub fn read(&self, index: usize, row: &mut [f32]) -> io::Result<()> {
        let bytes_len = self.feature_len * size_of::<f32>();
        let mut bytes = vec![0; bytes_len];
        self.file.read_exact_at(&mut bytes, self.features_at + (index * bytes_len) as u64)?;
        for (value, bytes) in row.iter_mut().zip(bytes.as_chunks().0) {
            *value = f32::from_le_bytes(*bytes);
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
