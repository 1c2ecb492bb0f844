//! Weights and heads that were made to do harm, or were damaged: each is refused with the file's name
//! and what was expected.

mod common;

use std::fs;
use std::path::Path;

use common::Project;
use serde_json::{Value, json};

/// A safetensors file as its header and its data.
struct Parts {
    header: Value,
    data: Vec<u8>,
}

impl Parts {
    fn of(bytes: &[u8]) -> Parts {
        let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
        let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
        Parts { header: serde_json::from_slice(header).unwrap(), data: data.to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let header = self.header.to_string();
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], header.as_bytes(), &self.data].concat()
    }

    fn rename(&mut self, from: &str, to: &str) {
        let tensor = self.header.as_object_mut().unwrap().remove(from).unwrap();
        self.header[to] = tensor;
    }

    /// Where a tensor's bytes begin.
    fn start(&self, name: &str) -> usize {
        self.header[name]["data_offsets"][0].as_u64().unwrap() as usize
    }
}

fn built_in() -> Parts {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    Parts::of(&fs::read(assets.join("inception_v3-nsfwjs.u8.safetensors")).unwrap())
}

const CONV: &str = "Conv2d_1a_3x3.conv.weight";

/// What is done to a whole file, and what is said of it then.
type Case = (fn(&mut Parts), &'static str);

#[test]
fn weights_that_contradict_themselves_are_refused_by_name_before_a_photo_is_read() {
    let project = Project::new();
    let cases: [Case; 9] = [
        (|file| file.header[CONV]["data_offsets"] = json!([0, u64::MAX]), "as safetensors, "),
        (|file| file.header[CONV]["data_offsets"] = json!([8, 8]), "as safetensors, "),
        (|file| file.header[CONV]["shape"] = json!([u64::MAX, 3, 3, 3]), "as safetensors, "),
        (|file| file.header[CONV]["shape"] = json!([1u64 << 40, 1u64 << 40]), "as safetensors, "),
        (|file| file.data.truncate(1000), "as safetensors, "),
        (
            |file| file.header[CONV]["shape"] = json!([3, 32, 3, 3]),
            "is [3, 32, 3, 3], expected [32, 3, 3, 3]",
        ),
        (
            |file| file.header[CONV]["dtype"] = json!("I8"),
            "is i8, expected f32, f16, bf16 or u8 codes",
        ),
        (|file| file.rename(CONV, "\u{1b}]0;owned\u{7}"), "Conv2d_1a_3x3.conv.weight is missing"),
        (
            |file| file.header["__metadata__"] = json!({"taps": "\u{1b}[2J"}),
            "its metadata says taps = '\\u{1b}[2J', expected blocks of Inception v3",
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut file = built_in();
        change(&mut file);
        refused(&project, number, &file.bytes(), expected);
    }
    let mut huge = built_in().bytes();
    huge[..8].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    refused(&project, 100, &huge, "header too large");
}

fn refused(project: &Project, number: usize, bytes: &[u8], expected: &str) {
    let name = format!("evil-{number}.safetensors");
    fs::write(project.path().join(&name), bytes).unwrap();
    let set = format!("network.weights={name}");
    let output = project.retrain(&["run", "experiments/photos.toml", "--set", &set]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{number}: {said}");
    assert!(said.contains(&name) && said.contains(expected), "{number}: {said}");
    assert!(!said.contains('\u{1b}') && !said.contains("panicked"), "{number}: {said}");
}

#[test]
fn weights_that_are_not_finite_are_refused_and_tensors_that_nothing_needs_are_passed_over() {
    let project = Project::new();
    let mut file = built_in();
    let start = file.start(&format!("{CONV}.scale_min"));
    file.data[start..start + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(project.path().join("nan.safetensors"), file.bytes()).unwrap();
    for (category, name) in ["a", "b"].into_iter().enumerate() {
        let folder = project.path().join("few").join(name);
        fs::create_dir_all(&folder).unwrap();
        retrain::demo::draw(category, 0).save(folder.join("1.png")).unwrap();
    }
    let features = |weights: &str| {
        let text = format!("images = \"few\"\nnetwork.weights = \"{weights}\"\n");
        project.write("experiments/few.toml", &text);
        project.retrain(&["features", "experiments/few.toml", "-o", "few.csv"])
    };
    let output = features("nan.safetensors");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("nan.safetensors: ") && said.contains("not finite"), "{said}");

    let mut file = built_in();
    let end = file.data.len();
    file.header["more"] = json!({"dtype": "F32", "shape": [2], "data_offsets": [end, end + 8]});
    file.data.extend([0xff; 8]);
    fs::write(project.path().join("more.safetensors"), file.bytes()).unwrap();
    let output = features("more.safetensors");
    assert!(output.status.success(), "{output:?}");
}

/// Changes what the head file says of itself.
fn told(file: &mut Parts, change: impl Fn(&mut Value)) {
    let mut said: Value =
        serde_json::from_str(file.header["__metadata__"]["retrain"].as_str().unwrap()).unwrap();
    change(&mut said);
    file.header["__metadata__"]["retrain"] = json!(said.to_string());
}

#[test]
fn heads_that_contradict_themselves_are_refused_by_name() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let (folder, _) = project.last();
    let whole = fs::read(folder.head()).unwrap();
    let cases: [Case; 10] = [
        (|file| file.data.truncate(100), "not a head file: "),
        (|file| file.header["bias"]["data_offsets"] = json!([0, u64::MAX]), "not a head file: "),
        (|file| file.header["weights"]["shape"] = json!([u64::MAX, u64::MAX]), "not a head file: "),
        (|file| file.header["weights"]["dtype"] = json!("I32"), "expected F32 [labels, d]"),
        (|file| file.header["weights"]["shape"] = json!([2048, 3]), "for 3 labels, expected"),
        (|file| file.header["weights"]["shape"] = json!([3, 1, 2048]), "for 3 labels, expected"),
        (|file| told(file, |said| said["labels"] = json!(["a"])), "for 1 labels, expected"),
        (|file| told(file, |said| said["version"] = json!(7)), "version 7, expected 1"),
        (|file| told(file, |said| said["context"] = json!({})), "says nothing of its network"),
        (
            |file| {
                let start = file.start("weights");
                file.data[start..start + 4].copy_from_slice(&f32::INFINITY.to_le_bytes());
            },
            "the head's weights hold a number that is not finite",
        ),
    ];
    let predict = || project.retrain(&["predict", "last", "photos/fire/0.png"]);
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut file = Parts::of(&whole);
        change(&mut file);
        fs::write(folder.head(), file.bytes()).unwrap();
        let output = predict();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{number}: {said}");
        assert!(said.contains("head.safetensors") && said.contains(expected), "{number}: {said}");
        assert!(output.stdout.is_empty() && !said.contains("panicked"), "{number}: {said}");
    }

    // Whole in itself, but for features of another length.
    let mut file = Parts::of(&whole);
    file.header["weights"]["shape"] = json!([3, 7]);
    file.header["weights"]["data_offsets"] = json!([12, 12 + 84]);
    file.header["bias"]["data_offsets"] = json!([0, 12]);
    file.data = vec![0; 96];
    fs::write(folder.head(), file.bytes()).unwrap();
    let output = predict();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("head.safetensors") && said.contains("2048"), "{said}");

    fs::write(folder.head(), &whole).unwrap();
    assert!(predict().status.success());
}
