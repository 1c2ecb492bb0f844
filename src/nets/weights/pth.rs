//! PyTorch's `.pth`: a state dict as `torch.save` writes it, in either of its two containers. Since
//! version 1.6 that is a zip archive of one pickle and a member for each storage; before, it was
//! pickles and storages one after the other, and files of that kind, such as pytorch-fid's, are still
//! in use.
//!
//! Source: PyTorch's `torch/serialization.py` and `torch/_utils.py` (`_rebuild_tensor_v2`).

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::numbers::{Entry, Storage, byte_len};
use super::pickle::{Id, Pickle, Value};
use super::reader::Reader;

/// How a file of the older container begins: a pickle of the number 0x1950a86a20f9469cfc6c.
pub(super) const OLD_MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

/// The tensors of a `.pth` file in the zip container, which has these members.
pub(super) fn read_zip(
    bytes: &[u8],
    members: &HashMap<String, Range<usize>>,
) -> Result<BTreeMap<String, Entry>, String> {
    let (folder, pickled) = members
        .iter()
        .find_map(|(name, range)| Some((name.strip_suffix("data.pkl")?, range.clone())))
        .ok_or("it is a zip archive without a data.pkl, so not of torch.save")?;
    let pickle = Pickle::read(&mut Reader::new(&bytes[pickled], 0))?;
    entries(state_dict(&pickle)?, |tensor| {
        let name = format!("{folder}data/{}", tensor.key);
        members.get(&name).cloned().ok_or_else(|| format!("the member {name} is missing"))
    })
}

/// The tensors of a `.pth` file in the container before PyTorch 1.6.
pub(super) fn read_old(bytes: &[u8]) -> Result<BTreeMap<String, Entry>, String> {
    let mut reader = Reader::new(bytes, 0);
    for _ in ["magic number", "protocol", "system"] {
        Pickle::read(&mut reader)?;
    }
    let tensors = state_dict(&Pickle::read(&mut reader)?)?;
    let widths: HashMap<&str, usize> =
        tensors.iter().map(|tensor| (tensor.key.as_str(), tensor.width)).collect();

    let keys = Pickle::read(&mut reader)?;
    let Value::List(ids) = keys.root() else { return Err("it has no list of storages".into()) };
    let mut storages = HashMap::new();
    for key in ids.iter().filter_map(|&id| keys.text(id)) {
        let count = usize::try_from(reader.u64()?).map_err(|_| "a storage is too long")?;
        let width = widths.get(key).ok_or_else(|| format!("nothing uses the storage {key}"))?;
        let start = reader.position();
        let length = count.checked_mul(*width).ok_or("a storage is too long")?;
        reader.take(length)?;
        storages.insert(key.to_owned(), start..start + length);
    }
    entries(tensors, |tensor| {
        let key = &tensor.key;
        storages.get(key).cloned().ok_or_else(|| format!("the storage {key} is missing"))
    })
}

/// A tensor of a state dict: a contiguous part of a storage.
struct StoredTensor {
    name: String,
    storage: Storage,
    /// Bytes that one number takes.
    width: usize,
    /// The name of its storage in the container.
    key: String,
    /// How many numbers of the storage come before the tensor's first.
    offset: usize,
    shape: Vec<usize>,
}

/// Finds each tensor's bytes, given the range of the storage that it is part of.
fn entries(
    tensors: Vec<StoredTensor>,
    storage_range: impl Fn(&StoredTensor) -> Result<Range<usize>, String>,
) -> Result<BTreeMap<String, Entry>, String> {
    let mut entries = BTreeMap::new();
    for tensor in tensors {
        let whole = storage_range(&tensor)?;
        let range = (|| {
            let start = tensor.offset.checked_mul(tensor.width)?.checked_add(whole.start)?;
            let end = start.checked_add(byte_len(&tensor.shape, tensor.width)?)?;
            (end <= whole.end).then_some(start..end)
        })()
        .ok_or_else(|| format!("{} is longer than its storage", tensor.name))?;
        let entry = Entry::in_file(tensor.storage, tensor.shape, range);
        entries.insert(tensor.name, entry);
    }
    Ok(entries)
}

/// The tensors named in a pickled state dict, or in the `state_dict` or `model` of a checkpoint; the
/// `module.` before the names of a network that was trained on several GPUs is left out.
fn state_dict(pickle: &Pickle) -> Result<Vec<StoredTensor>, String> {
    let Value::Dict(outer) = pickle.root() else {
        return Err("it holds no state dict; save model.state_dict(), not the model".into());
    };
    let is_nested = |key| matches!(pickle.text(key), Some("state_dict" | "model"));
    let nested = outer.iter().find(|(key, _)| is_nested(*key));
    let items = match nested.map(|(_, inner)| pickle.value(*inner)) {
        Some(Value::Dict(inner)) => inner,
        _ => outer,
    };
    let mut tensors = Vec::new();
    for &(key, value) in items {
        if let Some(name) = pickle.text(key)
            && let name = name.strip_prefix("module.").unwrap_or(name)
            && let Some(tensor) = stored_tensor(pickle, name, value)?
        {
            tensors.push(tensor);
        }
    }
    Ok(tensors)
}

/// `None` when the value is not a tensor; an error when it is one of a kind that is not read here.
fn stored_tensor(pickle: &Pickle, name: &str, id: Id) -> Result<Option<StoredTensor>, String> {
    let call = |id: Id| match pickle.value(id) {
        Value::Call { function, arguments } => {
            Some((pickle.global(*function)?, pickle.items(*arguments)?))
        }
        _ => None,
    };
    let Some((mut function, mut arguments)) = call(id) else { return Ok(None) };
    if function == "torch._utils._rebuild_parameter" {
        // A parameter wraps an ordinary tensor.
        (function, arguments) = arguments
            .first()
            .and_then(|&inner| call(inner))
            .ok_or_else(|| format!("{name} is a parameter without a tensor"))?;
    }
    if function != "torch._utils._rebuild_tensor_v2" {
        return Ok(None);
    }
    let unclear = || format!("the description of {name} is not understood");
    let &[storage, offset, shape, strides, ..] = arguments else { return Err(unclear()) };
    let sizes = |id| -> Option<Vec<usize>> {
        pickle.items(id)?.iter().map(|&id| pickle.size(id)).collect()
    };
    let shape = sizes(shape).ok_or_else(unclear)?;
    if !is_contiguous(&shape, &sizes(strides).ok_or_else(unclear)?) {
        return Err(format!("{name} is not contiguous; save it after .contiguous()"));
    }
    let Value::Persistent(storage) = pickle.value(storage) else { return Err(unclear()) };
    let Some(&[_, class, key, ..]) = pickle.items(*storage) else { return Err(unclear()) };
    let (storage, width) = storage_class(pickle.global(class).ok_or_else(unclear)?);
    Ok(Some(StoredTensor {
        name: name.to_owned(),
        storage,
        width,
        key: pickle.text(key).ok_or_else(unclear)?.to_owned(),
        offset: pickle.size(offset).ok_or_else(unclear)?,
        shape,
    }))
}

/// Whether the numbers lie in the order of the shape, without gaps. The stride of an axis of length 1
/// does not matter.
fn is_contiguous(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1usize;
    shape.len() == strides.len()
        && shape.iter().zip(strides).rev().all(|(&side, &stride)| {
            let fits = side == 1 || stride == expected;
            expected = expected.saturating_mul(side);
            fits
        })
}

/// How the numbers of one of PyTorch's storage classes are stored, and the bytes that each takes.
fn storage_class(class: &str) -> (Storage, usize) {
    match class.strip_prefix("torch.").unwrap_or(class) {
        "FloatStorage" => (Storage::F32, 4),
        "HalfStorage" => (Storage::F16, 2),
        "BFloat16Storage" => (Storage::Bf16, 2),
        "ByteStorage" => (Storage::U8, 1),
        "DoubleStorage" => (Storage::Other("f64".into()), 8),
        "LongStorage" => (Storage::Other("i64".into()), 8),
        "IntStorage" => (Storage::Other("i32".into()), 4),
        "ShortStorage" => (Storage::Other("i16".into()), 2),
        other => (Storage::Other(other.to_owned()), 1),
    }
}
