use candle_core::Device;
use proptest::prelude::*;

use super::*;
use crate::spec::{self, Train};
use crate::train::Measured;
use crate::train::Samples;
use crate::train::problem::tests::plain;

const K: usize = 3;
const D: usize = 5;

/// Early stopping with Adam: a checkpoint that has all it can have.
fn train() -> Train {
    Train { optimizer: spec::Optimizer::Adam, early_stop: 2, ..plain() }
}

fn samples() -> Samples {
    let features = Tensor::zeros((K, D), DType::F32, &Device::Cpu).unwrap();
    Samples { features: features.into(), labels: vec![0, 1, 2] }
}

fn problem<'a>(samples: &'a Samples, train: &'a Train) -> Problem<'a> {
    Problem {
        training: samples,
        validation: samples,
        categories: K,
        train,
        iterations: 9,
        horizons: &[],
        learning_rate: 0.1,
    }
}

fn name() -> blake3::Hash {
    blake3::hash(b"name")
}

fn example(problem: &Problem) -> Checkpoint {
    let mut checkpoint = Checkpoint::initial(problem).unwrap();
    let moment = checkpoint.head.clone();
    checkpoint.optimizer.restore(7, Some(moment.clone()), Some(moment));
    checkpoint.step = 7;
    let seen = Measured { loss: 0.1, accuracy: 1.0 / 3.0 };
    checkpoint.early_stopping.observe(5, seen, &checkpoint.head);
    checkpoint
}

fn complaint(bytes: &[u8]) -> String {
    let (samples, train) = (samples(), train());
    let read = Checkpoint::from_bytes(bytes, &name(), &problem(&samples, &train));
    read.map(|_| String::new()).unwrap_or_else(|error| error.to_string())
}

/// A file of the example with some of its metadata changed and only the tensors that `keep` lets
/// through, turned by `turn`.
fn changed(
    change: impl Fn(&mut serde_json::Value),
    turn: impl Fn(&str, Tensor) -> Option<Tensor>,
) -> Vec<u8> {
    let (samples, train) = (samples(), train());
    let checkpoint = example(&problem(&samples, &train));
    let bytes = checkpoint.to_bytes(&name()).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let mut json: serde_json::Value =
        serde_json::from_str(&header.metadata().as_ref().unwrap()[KEY]).unwrap();
    change(&mut json);
    let tensors: Vec<(&str, Tensor)> = checkpoint
        .tensors()
        .into_iter()
        .filter_map(|(name, tensor)| Some((name, turn(name, tensor.clone())?)))
        .collect();
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|(_, tensor)| bytes_of(tensor).unwrap()).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, tensor), bytes)| {
        (*name, TensorView::new(Dtype::F32, tensor.dims().to_vec(), bytes).unwrap())
    });
    safetensors::serialize(views, Some(HashMap::from([(KEY.into(), json.to_string())]))).unwrap()
}

fn with(change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    changed(change, |_, tensor| Some(tensor))
}

#[test]
fn files_that_are_not_this_checkpoint_are_refused_with_the_reason() {
    assert_eq!(complaint(&with(|_| {})), "");
    assert!(complaint(b"").contains("not a checkpoint"));
    assert!(complaint(&[0xff; 64]).contains("not a checkpoint"));
    let unmarked = safetensors::serialize(Vec::<(&str, TensorView)>::new(), None).unwrap();
    assert!(complaint(&unmarked).contains("no 'retrain'"));
    let newer = with(|json| json["version"] = 2.into());
    assert!(complaint(&newer).contains("version 2, expected 1"));
    let stranger = with(|json| json["belongs_to"] = "ab".into());
    assert!(complaint(&stranger).contains("other photos"));
    for (field, value) in [("step", 0), ("step", 4), ("waited", 3)] {
        let odd = complaint(&with(|json| json[field] = value.into()));
        assert!(odd.contains("contradicts itself"), "{field} {value}: {odd}");
    }
    assert!(complaint(&with(|json| json["rng"] = (-1).into())).contains("metadata"));
}

#[test]
fn tensors_that_are_missing_too_many_or_of_another_shape_are_named() {
    let without = |gone: &'static str| {
        complaint(&changed(|_| {}, |name, tensor| (name != gone).then_some(tensor)))
    };
    for name in ["weights", "first.bias", "second.weights", "best.bias"] {
        assert!(without(name).contains(name), "{}", without(name));
    }
    let turned = complaint(&changed(
        |_| {},
        |name, tensor| Some(if name == "best.weights" { tensor.t().unwrap() } else { tensor }),
    ));
    assert_eq!(turned, "the checkpoint's best.weights are F32 [5, 3], expected F32 [3, 5]");
    // Without a best evaluation there is no best head.
    let headless = complaint(&with(|json| json["best"] = serde_json::Value::Null));
    assert_eq!(headless, "the checkpoint holds 8 tensors, expected 6");
}

#[test]
fn a_header_that_lies_about_its_tensors_is_refused() {
    let whole = with(|_| {});
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(whole[8..8 + length].to_vec()).unwrap();
    let lie = |from: &str, to: &str| {
        let text = header.replacen(from, to, 1);
        assert_ne!(text, header, "{from}");
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes.extend(&whole[8 + length..]);
        complaint(&bytes)
    };
    // The same place twice, a place outside, another type, a size that overflows.
    assert!(lie(r#""data_offsets":[84,96]"#, r#""data_offsets":[72,84]"#).contains("not a check"));
    assert!(lie(r#""data_offsets":[0,12]"#, r#""data_offsets":[0,9000]"#).contains("not a check"));
    assert!(lie(r#""F32""#, r#""F16""#).contains("not a checkpoint"));
    assert!(lie(r#""F32""#, r#""I32""#).contains("I32"));
    let huge = lie("[3,5]", "[9000000000000000000,5]");
    assert!(huge.contains("not a checkpoint"), "{huge}");
    for claim in [u64::MAX, 1 << 40, 99_000_000] {
        let mut bytes = whole.clone();
        bytes[..8].copy_from_slice(&claim.to_le_bytes());
        assert!(complaint(&bytes).contains("not a checkpoint"));
    }
}

#[test]
fn a_head_of_other_numbers_than_f32_has_no_checkpoint() {
    let features = Tensor::zeros((K, D), DType::F64, &Device::Cpu).unwrap();
    let (samples, train) = (Samples { features: features.into(), labels: vec![0, 1, 2] }, train());
    let double = example(&problem(&samples, &train)).to_bytes(&name()).unwrap_err();
    assert!(matches!(double, CheckpointError::Type(DType::F64)));
}

proptest! {
    #[test]
    fn damaged_files_never_panic_and_what_is_read_is_whole(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        kept in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = with(|_| {});
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cut {
            bytes.truncate(kept.index(bytes.len()));
        }
        let (samples, train) = (samples(), train());
        let problem = problem(&samples, &train);
        if let Ok(checkpoint) = Checkpoint::from_bytes(&bytes, &name(), &problem) {
            prop_assert_eq!(checkpoint.head.weights.dims(), [K, D]);
            prop_assert_eq!(checkpoint.tensors().len(), 8);
        }
    }
}

#[test]
fn no_bit_of_a_checkpoint_changes_unnoticed_and_none_is_missing() {
    let (samples, train) = (samples(), train());
    let problem = problem(&samples, &train);
    let whole = example(&problem).to_bytes(&name()).unwrap();
    let read = |bytes: &[u8]| Checkpoint::from_bytes(bytes, &name(), &problem);
    assert!(read(&whole).is_ok());
    for at in 0..whole.len() {
        assert!(read(&whole[..at]).is_err(), "cut at {at}");
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            let again = read(&flipped).and_then(|read| read.to_bytes(&name()));
            // Only what changes nothing, such as a space in the header, may pass.
            assert!(again.is_err() || again.unwrap() == whole, "bit {bit} of byte {at}");
        }
    }
    assert!(read(&[&whole[..], b"\0"].concat()).is_err());
}
