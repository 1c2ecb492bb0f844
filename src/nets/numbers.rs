//! The numbers of one tensor, as they are stored in a weights file.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};

/// How a number is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    F32,
    F16,
    Bf16,
    /// 8-bit codes: a number is `code * scale + minimum`, of which the tensor `KEY.scale_min` holds
    /// the two.
    U8,
    /// Any other, by its name; it cannot be read as weights.
    Other(String),
}

impl Storage {
    pub(super) fn name(&self) -> &str {
        match self {
            Storage::F32 => "f32",
            Storage::F16 => "f16",
            Storage::Bf16 => "bf16",
            Storage::U8 => "u8",
            Storage::Other(name) => name,
        }
    }

    fn dtype(&self) -> Option<DType> {
        match self {
            Storage::F32 => Some(DType::F32),
            Storage::F16 => Some(DType::F16),
            Storage::Bf16 => Some(DType::BF16),
            Storage::U8 => Some(DType::U8),
            Storage::Other(_) => None,
        }
    }

    /// Bytes that one number takes, where that is known.
    pub(super) fn width(&self) -> Option<usize> {
        self.dtype().map(|dtype| dtype.size_in_bytes())
    }
}

/// Where a tensor lies in its file. Whoever makes one has checked that the range is inside the file
/// and as long as `shape` and `storage` say.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) storage: Storage,
    pub(super) shape: Vec<usize>,
    pub(super) range: Range<usize>,
}

/// The bytes a contiguous tensor takes, unless that overflows.
pub(super) fn byte_len(shape: &[usize], width: usize) -> Option<usize> {
    shape.iter().try_fold(width, |product, &side| product.checked_mul(side))
}

/// Little-endian `bytes` as numbers; 8-bit codes stay what they are.
pub(super) fn decode(storage: &Storage, bytes: &[u8]) -> candle_core::Result<Vec<f32>> {
    let Some(dtype) = storage.dtype() else {
        candle_core::bail!("{} is not a storage of weights", storage.name());
    };
    let count = bytes.len() / dtype.size_in_bytes();
    Tensor::from_raw_buffer(bytes, dtype, &[count], &Device::Cpu)?.to_dtype(DType::F32)?.to_vec1()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_storage_is_read_as_its_numbers() {
        let read = |storage, bytes: &[u8]| decode(&storage, bytes).unwrap();
        assert_eq!(read(Storage::F32, &1.5f32.to_le_bytes()), [1.5]);
        assert_eq!(
            read(Storage::F16, &[0x00, 0x3c, 0xff, 0x7b, 0x01, 0x00]),
            [1.0, 65504.0, 2f32.powi(-24)]
        );
        assert_eq!(read(Storage::Bf16, &[0x80, 0x3f, 0x00, 0xc0]), [1.0, -2.0]);
        assert_eq!(read(Storage::U8, &[0, 255]), [0.0, 255.0]);
        assert!(decode(&Storage::Other("i64".into()), &[0; 8]).is_err());
    }

    #[test]
    fn lengths_that_overflow_are_none() {
        assert_eq!(byte_len(&[2, 3], 4), Some(24));
        assert_eq!(byte_len(&[usize::MAX, 3], 4), None);
    }
}
