//! A weights file of any format that is read here, and its tensors as f32 by their names.

mod frozen_graph;
mod keras;
mod numbers;
mod pickle;
mod pth;
mod reader;
mod zip;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use super::error::NetError;
use super::settings::Weights;
use crate::config::{expand_home, open_plain};
use crate::onnx::Numbers;
use numbers::{Entry, Storage, byte_len};

/// Files of Inception v3 have 22 to 110 MB, of the largest network that is read here 2.6 GB; what is
/// far larger is not read into memory.
const LARGEST_FILE: u64 = 1 << 32;

#[derive(Debug)]
pub(super) struct WeightsFile {
    name: String,
    format: Format,
    blake3: String,
    /// Bytes of the file, packed as it may be.
    length: usize,
    bytes: Cow<'static, [u8]>,
    entries: BTreeMap<String, Entry>,
    metadata: HashMap<String, String>,
    /// What the file calls the tensors that it names in its own way.
    called: HashMap<String, String>,
}

/// The kind of a weights file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Of the library of that name: timm, Hugging Face.
    Safetensors,
    /// A state dict as PyTorch's `torch.save` writes it.
    StateDict,
    /// TensorFlow's frozen graph, by itself or in a `.tgz` archive.
    FrozenGraph,
    /// HDF5 as Keras writes it, by itself or in a `.keras` archive.
    Keras,
}

impl Format {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Format::Safetensors => "safetensors",
            Format::StateDict => "PyTorch state dict",
            Format::FrozenGraph => "TensorFlow frozen graph",
            Format::Keras => "Keras",
        }
    }
}

/// Tensors and metadata of a file.
type Contents = (BTreeMap<String, Entry>, HashMap<String, String>);

impl WeightsFile {
    /// Opens the network's built-in weights, whose file is `built_in`, or a file below `root`.
    pub(super) fn open(
        weights: &Weights,
        built_in: &'static [u8],
        root: &Path,
    ) -> Result<WeightsFile, NetError> {
        match weights {
            Weights::BuiltIn => WeightsFile::parse("built-in".to_owned(), built_in.into()),
            Weights::File(relative) => {
                let path = root.join(expand_home(relative));
                let bytes =
                    read(&path).map_err(|source| NetError::Open { file: path.clone(), source })?;
                WeightsFile::parse(path.display().to_string(), bytes.into())
            }
        }
    }

    pub(super) fn is_built_in(&self) -> bool {
        matches!(self.bytes, Cow::Borrowed(_))
    }

    /// Recognises the format of `bytes`; `name` is for errors.
    pub(super) fn parse(name: String, bytes: Cow<'static, [u8]>) -> Result<WeightsFile, NetError> {
        let blake3 = blake3::hash(&bytes).to_hex().to_string();
        let length = bytes.len();
        let unusable = |reason| NetError::Unusable { file: name.clone(), reason };
        let bytes = match bytes.starts_with(frozen_graph::GZIP_MAGIC) {
            true => frozen_graph::unpack(&bytes).map_err(unusable)?.into(),
            false => bytes,
        };
        let (format, (entries, metadata), bytes) = if bytes.starts_with(zip::MAGIC) {
            let members = zip::members(&bytes).map_err(unusable)?;
            match members.get(keras::MEMBER) {
                Some(member) => {
                    let (entries, bytes) =
                        keras::read(bytes.into_owned(), member.clone()).map_err(unusable)?;
                    (Format::Keras, (entries, HashMap::new()), bytes.into())
                }
                None => {
                    let entries = pth::read_zip(&bytes, &members).map_err(unusable)?;
                    (Format::StateDict, (entries, HashMap::new()), bytes)
                }
            }
        } else if bytes.starts_with(pth::OLD_MAGIC) {
            let entries = pth::read_old(&bytes).map_err(unusable)?;
            (Format::StateDict, (entries, HashMap::new()), bytes)
        } else if bytes.starts_with(keras::HDF5_MAGIC) {
            let whole = 0..bytes.len();
            let (entries, bytes) = keras::read(bytes.into_owned(), whole).map_err(unusable)?;
            (Format::Keras, (entries, HashMap::new()), bytes.into())
        } else if bytes.get(8) == Some(&b'{') {
            (Format::Safetensors, read_safetensors(&bytes).map_err(unusable)?, bytes)
        } else if frozen_graph::is_graph(&bytes) {
            let (contents, bytes) = frozen_graph::read(bytes.into_owned()).map_err(unusable)?;
            (Format::FrozenGraph, contents, bytes.into())
        } else {
            return Err(NetError::NotWeights { file: name, found: describe(&bytes).to_owned() });
        };
        let called = HashMap::new();
        Ok(WeightsFile { name, format, blake3, length, bytes, entries, metadata, called })
    }

    /// A file of zeros with tensors of these shapes, which take the place of the largest only.
    #[cfg(test)]
    pub(super) fn zeros(shapes: &BTreeMap<String, Vec<usize>>) -> WeightsFile {
        let length = |shape: &[usize]| byte_len(shape, 4).unwrap();
        let largest = shapes.values().map(|shape| length(shape)).max().unwrap_or(0);
        let entry =
            |shape: &Vec<usize>| Entry::in_file(Storage::F32, shape.clone(), 0..length(shape));
        WeightsFile {
            name: "zeros".to_owned(),
            format: Format::Safetensors,
            blake3: String::new(),
            length: largest,
            bytes: vec![0; largest].into(),
            entries: shapes.iter().map(|(name, shape)| (name.clone(), entry(shape))).collect(),
            metadata: HashMap::new(),
            called: HashMap::new(),
        }
    }

    /// Has the tensors of these names, which are the network's, read under those that the file has
    /// for them.
    pub(super) fn with_names(self, called: HashMap<String, String>) -> WeightsFile {
        WeightsFile { called, ..self }
    }

    /// Bytes of the file.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The path as it was opened, or `built-in`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// BLAKE3 of the file, in hexadecimal.
    pub(super) fn blake3(&self) -> &str {
        &self.blake3
    }

    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// As the file has them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// What the file calls a tensor of the network.
    pub(super) fn called<'a>(&'a self, key: &'a str) -> &'a str {
        self.called.get(key).map_or(key, String::as_str)
    }

    pub(super) fn shape(&self, key: &str) -> Option<&[usize]> {
        self.entry(key).map(|entry| entry.shape.as_slice())
    }

    /// What is wrong with the tensor `key`, which should have `shape`; `None` when nothing is.
    pub(super) fn fault(&self, key: &str, shape: &[usize]) -> Option<String> {
        let entry = self.entry(key);
        let key = self.called(key);
        let Some(entry) = entry else { return Some(format!("{key} is missing")) };
        if entry.shape != shape {
            return Some(format!("{key} is {:?}, expected {shape:?}", entry.shape));
        }
        match &entry.storage {
            Storage::F32 | Storage::F16 | Storage::Bf16 => None,
            Storage::U8 => {
                let beside = self.entries.get(&scale_min(key));
                let fits =
                    beside.is_some_and(|entry| entry.storage == Storage::F32 && entry.shape == [2]);
                (!fits).then(|| {
                    format!("{key} is u8 codes without {} of two f32 beside it", scale_min(key))
                })
            }
            Storage::Other(name) => {
                Some(format!("{key} is {name}, expected f32, f16, bf16 or u8 codes"))
            }
        }
    }

    /// The numbers of a tensor, in the order of its shape. Errors when one is not finite; the caller
    /// has asked for its [`fault`](Self::fault) before.
    pub(super) fn numbers(&self, key: &str) -> Result<Vec<f32>, NetError> {
        let key = self.called(key);
        let mut numbers = self.raw(key)?;
        if self.entries[key].storage == Storage::U8 {
            let beside = self.raw(&scale_min(key))?;
            let (scale, min) = (beside[0], beside[1]);
            numbers.iter_mut().for_each(|code| *code = *code * scale + min);
        }
        if numbers.iter().all(|number| number.is_finite()) {
            Ok(numbers)
        } else {
            Err(NetError::NotFinite { file: self.name.clone(), tensor: key.to_owned() })
        }
    }

    /// The same numbers as they are stored, where that is in 8 or 16 bits.
    pub(super) fn stored(&self, key: &str) -> Result<Numbers, NetError> {
        let numbers = self.numbers(key)?;
        let key = self.called(key);
        Ok(match (&self.entries[key].storage, self.entries[key].in_order(&self.bytes)) {
            (Storage::F16, Some(bytes)) => Numbers::F16(bytes.to_vec()),
            (Storage::U8, Some(codes)) => {
                let beside = self.raw(&scale_min(key))?;
                Numbers::Codes { codes: codes.to_vec(), scale: beside[0], min: beside[1] }
            }
            _ => Numbers::F32(numbers),
        })
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(self.called(key))
    }

    /// As stored, of the tensor that the file calls so.
    fn raw(&self, name: &str) -> Result<Vec<f32>, NetError> {
        Ok(self.entries[name].numbers(&self.bytes)?)
    }
}

fn scale_min(key: &str) -> String {
    format!("{key}.scale_min")
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open_plain(path)?;
    let length = file.metadata()?.len();
    if length > LARGEST_FILE {
        return Err(io::Error::other(format!(
            "it has {} MB, expected {} at most",
            length / 1_000_000,
            LARGEST_FILE / 1_000_000
        )));
    }
    let mut bytes = Vec::new();
    // A file of /proc says that it is empty, and may be read without end.
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_safetensors(bytes: &[u8]) -> Result<Contents, String> {
    let (header, metadata) =
        SafeTensors::read_metadata(bytes).map_err(|error| format!("as safetensors, {error}"))?;
    let data = 8 + header;
    let mut entries = BTreeMap::new();
    for (name, info) in metadata.tensors() {
        let storage = match info.dtype {
            Dtype::F32 => Storage::F32,
            Dtype::F16 => Storage::F16,
            Dtype::BF16 => Storage::Bf16,
            Dtype::U8 => Storage::U8,
            other => Storage::Other(other.to_string().to_lowercase()),
        };
        let (start, end) = info.data_offsets;
        let expected = storage.width().map(|width| byte_len(&info.shape, width));
        if expected.is_some_and(|length| length != end.checked_sub(start)) {
            return Err(format!("{name} is not as long as its shape says"));
        }
        let range = data + start..data + end;
        entries.insert(name, Entry::in_file(storage, info.shape.clone(), range));
    }
    Ok((entries, metadata.metadata().clone().unwrap_or_default()))
}

/// What a file seems to be that is not of a format read here, for the error.
fn describe(bytes: &[u8]) -> &'static str {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if bytes.is_empty() {
        "an empty file"
    } else if begins(b"version https://git-lfs") {
        "a Git LFS pointer, not the file that it stands for"
    } else if begins(b"<") {
        "a web page or other markup"
    } else if begins(b"\x08\x01\x12") {
        "TensorFlow's SavedModel, not a frozen graph"
    } else if begins(b"\x93NUMPY") {
        "a NumPy array"
    } else if begins(b"\x80") {
        "a Python pickle that torch.save did not write"
    } else if begins(b"GGUF") {
        "GGUF"
    } else if begins(b"\x89PNG") || begins(b"\xff\xd8\xff") {
        "a picture"
    } else if bytes
        .iter()
        .take(1000)
        .all(|&byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
    {
        "a text file"
    } else {
        "a file of an unknown kind"
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    const ZIP: &[u8] = include_bytes!("../../../tests/golden/state_dict_zip.pth");
    const OLD: &[u8] = include_bytes!("../../../tests/golden/state_dict_old.pth");
    const TRANSPOSED: &[u8] = include_bytes!("../../../tests/golden/state_dict_transposed.pth");

    fn parse(bytes: &[u8]) -> Result<WeightsFile, NetError> {
        WeightsFile::parse("w".to_owned(), bytes.to_vec().into())
    }

    fn error(bytes: &[u8]) -> String {
        parse(bytes).unwrap_err().to_string()
    }

    /// A safetensors file with this header before `data` bytes of zeros.
    fn safetensors(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    #[test]
    fn both_containers_of_torch_save_hold_the_same_state_dict() {
        for bytes in [ZIP, OLD] {
            let file = parse(bytes).unwrap();
            assert_eq!(file.names().count(), 6);
            assert_eq!(file.shape("a.conv.weight"), Some(&[3, 2, 1, 1][..]));
            let eighths = |range: Range<u8>| range.map(|n| f32::from(n) / 8.0).collect::<Vec<_>>();
            assert_eq!(file.numbers("a.conv.weight").unwrap(), eighths(0..6));
            assert_eq!(file.numbers("a.bn.bias").unwrap(), eighths(6..9));
            assert_eq!(file.numbers("a.bn.weight").unwrap(), [1.5, -2.0, 0.25]);
            assert_eq!(file.numbers("a.bn.running_mean").unwrap(), [1.0, -2.0, 0.5]);
            assert_eq!(file.numbers("fc.weight").unwrap(), [0.125; 6]);
            let counter = file.fault("a.bn.num_batches_tracked", &[]).unwrap();
            assert!(counter.contains("is i64, expected f32"), "{counter}");
        }
    }

    #[test]
    fn a_transposed_tensor_is_refused_with_the_cure() {
        assert!(error(TRANSPOSED).contains("w is not contiguous; save it after .contiguous()"));
    }

    #[test]
    fn files_cut_anywhere_are_errors() {
        let built_in =
            &include_bytes!("../../../assets/inception_v3-nsfwjs.u8.safetensors")[..100_000];
        assert!(error(built_in).contains("the weights are damaged"), "{}", error(built_in));
        for whole in [ZIP, OLD] {
            for length in 0..whole.len() {
                assert!(parse(&whole[..length]).is_err(), "cut to {length} bytes");
            }
        }
    }

    #[test]
    fn a_changed_byte_never_panics() {
        for whole in [ZIP, OLD] {
            let mut bytes = whole.to_vec();
            for place in 0..bytes.len() {
                for value in [0, 1, 0x28, 0x4a, 0x7f, 0x80, 0xff] {
                    let kept = std::mem::replace(&mut bytes[place], value);
                    if let Ok(file) = parse(&bytes) {
                        let sound: Vec<_> = file
                            .names()
                            .filter(|name| file.fault(name, file.shape(name).unwrap()).is_none())
                            .collect();
                        sound.iter().for_each(|name| drop(file.numbers(name)));
                    }
                    bytes[place] = kept;
                }
            }
        }
    }

    #[test]
    fn safetensors_that_contradict_themselves_are_errors() {
        let two = |second: &str| {
            let header = format!(
                r#"{{"a":{{"dtype":"F32","shape":[2],"data_offsets":[0,8]}},"b":{second}}}"#
            );
            error(&safetensors(&header, 16))
        };
        for second in [
            r#"{"dtype":"F32","shape":[2],"data_offsets":[4,12]}"#, // overlaps
            r#"{"dtype":"F32","shape":[2],"data_offsets":[8,24]}"#, // behind the end
            r#"{"dtype":"F32","shape":[3],"data_offsets":[8,16]}"#, // too short for its shape
            r#"{"dtype":"F32","shape":[2],"data_offsets":[16,8]}"#,
            r#"{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[8,16]}"#,
            r#"{"dtype":"F33","shape":[2],"data_offsets":[8,16]}"#,
            r#"{"dtype":"F32","shape":[-2],"data_offsets":[8,16]}"#,
        ] {
            assert!(
                two(second).contains("damaged or of another kind: as safetensors, "),
                "{second}"
            );
        }
        let mut huge = safetensors("{}", 0);
        huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(error(&huge).contains("header too large"));
    }

    #[test]
    fn codes_need_their_scale_and_other_numbers_are_no_weights() {
        let header = r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},
            "b":{"dtype":"I32","shape":[1],"data_offsets":[2,6]}}"#;
        let file = parse(&safetensors(header, 6)).unwrap();
        let fault = |key, shape: &[usize]| file.fault(key, shape).unwrap();
        assert_eq!(fault("a", &[2]), "a is u8 codes without a.scale_min of two f32 beside it");
        assert_eq!(fault("b", &[1]), "b is i32, expected f32, f16, bf16 or u8 codes");
        assert_eq!(fault("a", &[3]), "a is [2], expected [3]");
        assert_eq!(fault("c", &[1]), "c is missing");
    }

    #[test]
    fn files_that_are_no_weights_are_named_for_what_they_are() {
        for (bytes, found) in [
            (&b""[..], "an empty file"),
            (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
            (b"<!doctype html>", "a web page"),
            (b"\x08\x01\x12\x04", "TensorFlow's SavedModel"),
            (b"\x80\x04\x95\x00", "a Python pickle that torch.save did not write"),
            (b"\xff\xd8\xff\xe0", "a picture"),
            (b"hello, weights", "a text file"),
            (&[7; 40], "a file of an unknown kind"),
        ] {
            assert!(error(bytes).starts_with(&format!("w: this is {found}")), "{}", error(bytes));
        }
        assert!(error(b"PK\x03\x04 and no more").contains("the zip archive has no end"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_the_setting() {
        let open = |path: &str| {
            let weights = Weights::File(path.into());
            WeightsFile::open(&weights, &[], Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err()
        };
        let missing = open("no/such.pth").to_string();
        assert!(missing.contains("no/such.pth: the weights cannot be read"), "{missing}");
        assert!(missing.ends_with("check network.weights"), "{missing}");
        assert!(open("src").to_string().contains("it is not a file"));
        // Reading it waits for the system's next message.
        assert!(!open("/proc/kmsg").to_string().is_empty());
        assert!(open("/proc/self/pagemap").to_string().contains("an empty file"));
    }
}
