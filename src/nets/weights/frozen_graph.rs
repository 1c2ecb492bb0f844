//! TensorFlow's frozen graph, the `.pb` file that a network came in before 2017: its constants are
//! the weights. retrain.py's network came as `classify_image_graph_def.pb` in the archive
//! `inception-2015-12-05.tgz`.
//!
//! Source: TensorFlow's `graph.proto`, `node_def.proto`, `attr_value.proto`, `tensor.proto` and
//! `types.proto`.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use flate2::read::GzDecoder;
use prost::Message;
use prost::bytes::{Buf, Bytes as Slice};

use super::numbers::{Bytes, Entry, Order, Storage, byte_len};
use super::{Contents, LARGEST_FILE};

/// How a gzip archive begins.
pub(super) const GZIP_MAGIC: &[u8] = b"\x1f\x8b";

/// The network of 2015 has 1,000 nodes; what has far more is not one that is read here.
const MOST_NODES: usize = 100_000;

/// The largest constant of the network of 2015 has 8 MB.
const LARGEST_NODE: usize = 1 << 26;

/// Bytes of a `.pb` file in an archive; that of 2015 has 96 MB.
const LARGEST_IN_ARCHIVE: u64 = LARGEST_FILE / 4;

#[derive(PartialEq, Message)]
struct Node {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    op: String,
    #[prost(btree_map = "string, message", tag = "5")]
    attributes: BTreeMap<String, Attribute>,
}

#[derive(PartialEq, Message)]
struct Attribute {
    #[prost(float, optional, tag = "4")]
    float: Option<f32>,
    #[prost(bool, optional, tag = "5")]
    truth: Option<bool>,
    #[prost(message, optional, tag = "8")]
    tensor: Option<Constant>,
}

#[derive(PartialEq, Message)]
struct Constant {
    #[prost(int32, tag = "1")]
    dtype: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
    #[prost(bytes = "bytes", tag = "4")]
    content: Slice,
    /// Where there is no content; the last stands for all that are not written.
    #[prost(float, repeated, tag = "5")]
    floats: Vec<f32>,
}

#[derive(PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "2")]
    sides: Vec<Side>,
}

#[derive(PartialEq, Message)]
struct Side {
    #[prost(int64, tag = "1")]
    length: i64,
}

/// Whether this may be a graph: it begins with a node that begins with its name.
pub(super) fn is_graph(bytes: &[u8]) -> bool {
    const NAME: u8 = 0x0a; // field 1, with a length
    let mut rest = bytes;
    let Some(node) = field(&mut rest, NAME) else { return false };
    let mut node = node;
    field(&mut node, NAME)
        .is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
}

/// The bytes of the field with this key, if it is the next one.
fn field<'a>(rest: &mut &'a [u8], key: u8) -> Option<&'a [u8]> {
    if rest.first() != Some(&key) {
        return None;
    }
    rest.advance(1);
    let length = prost::decode_length_delimiter(&mut *rest).ok()?;
    rest.get(..length)
}

/// The constants of a graph as tensors, and of each other node `NAME` what it does as the
/// metadata `NAME`; of a batch normalisation also `NAME:epsilon`, and `NAME:scale`, whether it uses
/// its scales. Takes the bytes and gives them back.
pub(super) fn read(bytes: Vec<u8>) -> Result<(Contents, Vec<u8>), String> {
    let whole = Slice::from(bytes);
    let contents = read_nodes(&whole).map_err(|reason| format!("as a frozen graph, {reason}"))?;
    Ok((contents, whole.into()))
}

fn read_nodes(whole: &Slice) -> Result<Contents, String> {
    let mut rest = whole.clone();
    let (mut entries, mut metadata) = (BTreeMap::new(), HashMap::new());
    while rest.has_remaining() {
        let at = whole.len() - rest.len();
        let Some(node) = next_node(&mut rest).map_err(|why| format!("at byte {at}: {why}"))? else {
            continue;
        };
        if entries.len() + metadata.len() == MOST_NODES {
            return Err(format!("it has more than {MOST_NODES} nodes"));
        }
        if node.op == "Const" {
            let value = node.attributes.get("value").and_then(|value| value.tensor.as_ref());
            let constant = value.ok_or_else(|| format!("the constant {} is empty", node.name))?;
            let entry = entry(constant, whole).map_err(|why| format!("{} {why}", node.name))?;
            entries.insert(node.name, entry);
        } else {
            let epsilon = ["variance_epsilon", "epsilon"].map(|name| node.attributes.get(name));
            if let Some(epsilon) = epsilon.into_iter().flatten().find_map(|epsilon| epsilon.float) {
                metadata.insert(format!("{}:epsilon", node.name), epsilon.to_string());
            }
            let scale = node.attributes.get("scale_after_normalization");
            if let Some(scale) = scale.and_then(|scale| scale.truth) {
                metadata.insert(format!("{}:scale", node.name), scale.to_string());
            }
            metadata.insert(node.name, node.op);
        }
    }
    Ok((entries, metadata))
}

/// The next field of a graph, if it is a node.
fn next_node(rest: &mut Slice) -> Result<Option<Node>, String> {
    let damaged = |error: prost::DecodeError| error.to_string();
    let key = prost::decode_length_delimiter(&mut *rest).map_err(damaged)?;
    let length = match key & 7 {
        0 => {
            prost::decode_length_delimiter(&mut *rest).map_err(damaged)?;
            return Ok(None);
        }
        1 => 8,
        2 => prost::decode_length_delimiter(&mut *rest).map_err(damaged)?,
        5 => 4,
        other => return Err(format!("there is a field of the unknown form {other}")),
    };
    if length > rest.len() {
        return Err(format!("{length} bytes are announced, {} are there", rest.len()));
    }
    let field = rest.split_to(length);
    if key >> 3 != 1 || key & 7 != 2 {
        return Ok(None);
    }
    if length > LARGEST_NODE {
        return Err(format!("there is a node of {length} bytes"));
    }
    Node::decode(field).map(Some).map_err(damaged)
}

fn entry(constant: &Constant, whole: &Slice) -> Result<Entry, String> {
    const FLOAT: i32 = 1;
    const HALF: i32 = 19;
    let sides = constant.shape.iter().flat_map(|shape| &shape.sides);
    let shape: Vec<usize> = sides
        .map(|side| usize::try_from(side.length).map_err(|_| "has no fixed shape".to_owned()))
        .collect::<Result<_, _>>()?;
    let (storage, width) = match (constant.dtype, constant.content.is_empty()) {
        (FLOAT, _) => (Storage::F32, 4),
        (HALF, false) => (Storage::F16, 2),
        (other, _) => {
            let storage = Storage::Other(format!("of TensorFlow's type {other}"));
            return Ok(Entry::in_file(storage, shape, 0..0));
        }
    };
    let expected = byte_len(&shape, width).filter(|length| *length <= LARGEST_NODE);
    let expected = expected.ok_or("is too large")?;
    let bytes = if constant.content.is_empty() {
        let count = expected / width;
        let (last, floats) = match constant.floats.split_last() {
            Some((last, _)) if constant.floats.len() <= count => (*last, &constant.floats),
            None if count == 0 => (0.0, &constant.floats),
            _ => return Err(format!("has {} numbers for {shape:?}", constant.floats.len())),
        };
        let floats = floats.iter().copied().chain(std::iter::repeat(last)).take(count);
        Bytes::Here(floats.flat_map(f32::to_le_bytes).collect())
    } else if constant.content.len() == expected {
        // It shares the file's memory, but that is not promised.
        let start = constant.content.as_ptr().addr().checked_sub(whole.as_ptr().addr());
        match start.filter(|start| start.saturating_add(expected) <= whole.len()) {
            Some(start) => Bytes::File(start..start + expected),
            None => Bytes::Here(constant.content.to_vec()),
        }
    } else {
        return Err(format!("has {} bytes for {shape:?}", constant.content.len()));
    };
    Ok(match shape[..] {
        [height, width, entering, out] => Entry {
            storage,
            shape: vec![out, entering, height, width],
            order: Order::TensorFlow,
            bytes,
        },
        _ => Entry { storage, shape, order: Order::Shape, bytes },
    })
}

/// The graph in a gzip file: a `.pb` by itself, or the only one in a `.tgz` archive. All of the file is
/// read, so that its checksum is compared.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    GzDecoder::new(packed)
        .take(LARGEST_IN_ARCHIVE + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| format!("as gzip, {error}"))?;
    if unpacked.len() as u64 > LARGEST_IN_ARCHIVE {
        return Err(format!("as gzip, it has more than {} MB inside", LARGEST_IN_ARCHIVE >> 20));
    }
    if is_graph(&unpacked) {
        return Ok(unpacked);
    }
    let not_tar = |_: std::io::Error| "there is neither a graph nor a tar archive in it".to_owned();
    let mut graph = None;
    for member in tar::Archive::new(&unpacked[..]).entries().map_err(not_tar)? {
        let mut member = member.map_err(not_tar)?;
        if !member.path_bytes().ends_with(b".pb") || !member.header().entry_type().is_file() {
            continue;
        }
        if graph.is_some() {
            return Err(
                "there is more than one .pb file in the archive; unpack it and name the one that \
                        you mean"
                    .to_owned(),
            );
        }
        let mut bytes = Vec::new();
        let length = member.size();
        member.read_to_end(&mut bytes).map_err(not_tar)?;
        if bytes.len() as u64 != length {
            return Err("the archive ends inside its .pb file".to_owned());
        }
        graph = Some(bytes);
    }
    graph.ok_or_else(|| "there is no .pb file in the archive".to_owned())
}
