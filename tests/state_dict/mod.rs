//! Writes state dicts as `torch.save` does, in both containers, to read them back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use candle_core::Tensor;

pub type StateDict = BTreeMap<String, Tensor>;

fn bytes(tensor: &Tensor) -> Vec<u8> {
    let numbers: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_sizes(out: &mut Vec<u8>, sizes: &[usize]) {
    out.push(b'(');
    for &size in sizes {
        out.push(b'J');
        out.extend((size as i32).to_le_bytes());
    }
    out.push(b't');
}

/// The dict, each tensor alone in the storage that is named after its place.
fn pickled(state: &StateDict) -> Vec<u8> {
    let mut out = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    for (place, (name, tensor)) in state.iter().enumerate() {
        put_text(&mut out, name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        put_text(&mut out, "storage");
        out.extend(b"ctorch\nFloatStorage\n");
        put_text(&mut out, &place.to_string());
        put_text(&mut out, "cpu");
        out.push(b'J');
        out.extend((tensor.elem_count() as i32).to_le_bytes());
        out.extend(b"tQK\x00");
        put_sizes(&mut out, tensor.dims());
        put_sizes(&mut out, tensor.stride());
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

/// The container before PyTorch 1.6.
pub fn save_old(state: &StateDict, path: &Path) {
    let mut out = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    out.extend(b"\x80\x02M\xe9\x03.\x80\x02}.");
    out.extend(pickled(state));
    out.extend(b"\x80\x02](");
    (0..state.len()).for_each(|place| put_text(&mut out, &place.to_string()));
    out.extend(b"e.");
    for tensor in state.values() {
        out.extend((tensor.elem_count() as u64).to_le_bytes());
        out.extend(bytes(tensor));
    }
    fs::write(path, out).unwrap();
}

/// The zip container; checksums are left at 0.
pub fn save_zip(state: &StateDict, path: &Path) {
    let mut members = vec![("archive/data.pkl".to_owned(), pickled(state))];
    for (place, tensor) in state.values().enumerate() {
        members.push((format!("archive/data/{place}"), bytes(tensor)));
    }
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in &members {
        let at = out.len() as u32;
        let length = (content.len() as u32).to_le_bytes();
        let mut common = vec![0; 14]; // version, flags, method (stored), time, date, checksum
        common.extend(length);
        common.extend(length);
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content);
        directory.extend(b"PK\x01\x02\x00\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (out.len() as u32, members.len() as u16);
    out.extend(&directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    fs::write(path, out).unwrap();
}
