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

/// A tensor of a file. Whoever makes one has checked that the bytes are inside the file and as many
/// as `shape` and `storage` say.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) storage: Storage,
    /// As PyTorch has it, also where the file has another order.
    pub(super) shape: Vec<usize>,
    pub(super) order: Order,
    pub(super) bytes: Bytes,
}

/// In which order the numbers of a tensor lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// In that of the shape.
    Shape,
    /// A convolution of TensorFlow: `[height, width, in, out]` for the shape
    /// `[out, in, height, width]`.
    TensorFlow,
}

/// Where the bytes of a tensor are.
#[derive(Clone, Debug)]
pub(super) enum Bytes {
    /// In the file.
    File(Range<usize>),
    /// Written in the file in another way than as one piece.
    Here(Vec<u8>),
}

impl Entry {
    /// A tensor whose numbers lie in the file in the order of its shape.
    pub(super) fn in_file(storage: Storage, shape: Vec<usize>, range: Range<usize>) -> Entry {
        Entry { storage, shape, order: Order::Shape, bytes: Bytes::File(range) }
    }

    fn bytes<'a>(&'a self, file: &'a [u8]) -> &'a [u8] {
        match &self.bytes {
            Bytes::File(range) => &file[range.clone()],
            Bytes::Here(bytes) => bytes,
        }
    }

    /// The bytes of a tensor of `file`, where they lie in the order of its shape.
    pub(super) fn in_order<'a>(&'a self, file: &'a [u8]) -> Option<&'a [u8]> {
        (self.order == Order::Shape).then(|| self.bytes(file))
    }

    /// The numbers in the order of the shape, of a tensor of `file`; 8-bit codes stay what they are.
    pub(super) fn numbers(&self, file: &[u8]) -> candle_core::Result<Vec<f32>> {
        let numbers = decode(&self.storage, self.bytes(file))?;
        match (self.order, self.shape.as_slice()) {
            (Order::TensorFlow, &[out, entering, height, width]) => {
                let taps = height * width;
                let mut turned = Vec::with_capacity(numbers.len());
                for o in 0..out {
                    for i in 0..entering {
                        turned.extend((0..taps).map(|tap| numbers[(tap * entering + i) * out + o]));
                    }
                }
                Ok(turned)
            }
            _ => Ok(numbers),
        }
    }
}

/// The bytes a contiguous tensor takes, unless that overflows.
pub(super) fn byte_len(shape: &[usize], width: usize) -> Option<usize> {
    shape.iter().try_fold(width, |product, &side| product.checked_mul(side))
}

/// Little-endian `bytes` as numbers.
fn decode(storage: &Storage, bytes: &[u8]) -> candle_core::Result<Vec<f32>> {
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
    fn the_numbers_of_a_convolution_of_tensorflow_are_turned_to_the_order_of_its_shape() {
        let (out, entering, height, width) = (2, 3, 2, 1);
        let mut bytes = Vec::new();
        for y in 0..height {
            for i in 0..entering {
                for o in 0..out {
                    bytes.extend(((100 * o + 10 * i + y) as f32).to_le_bytes());
                }
            }
        }
        let entry = Entry {
            storage: Storage::F32,
            shape: vec![out, entering, height, width],
            order: Order::TensorFlow,
            bytes: Bytes::Here(bytes),
        };
        let expected = [0., 1., 10., 11., 20., 21., 100., 101., 110., 111., 120., 121.];
        assert_eq!(entry.numbers(&[]).unwrap(), expected);
    }

    #[test]
    fn lengths_that_overflow_are_none() {
        assert_eq!(byte_len(&[2, 3], 4), Some(24));
        assert_eq!(byte_len(&[usize::MAX, 3], 4), None);
    }
}
