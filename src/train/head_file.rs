//! `head.safetensors`: a trained head, with all that it takes to use it on a photo.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Head;
use crate::features::Recipe;
use crate::likeness::{Likeness, PartsError};

/// The form of the file; raised when older readers would misread it. (They pass over tensors that
/// they do not know: a likeness did not raise it.)
///
/// 1: the network in the context is always an Inception v3, its settings are fields of their own,
/// and the resize rule stands beside it. 2: 8-bit integers are always rounded in one way, which is not said.
const VERSION: u32 = 3;

/// The one key of the file's metadata. safetensors keeps metadata in a hash map: a second key
/// would make the same head give different bytes.
const KEY: &str = "retrain";

/// Before the name of each tensor of the likeness.
const LIKENESS: &str = "likeness.";

/// A head for features as they are, not standardised, and what it takes to use it.
///
/// Tensors `weights`, f32 `[categories, d]`, and `bias`, f32 `[categories]`; the metadata `retrain`
/// is JSON of `version`, `labels` and `context`. With a likeness also its parts, f32, under names such
/// as `likeness.basis`; half a megabyte for features of 2,048 numbers.
#[derive(Clone, Debug)]
pub struct HeadFile {
    /// Names of the categories, in the order of the head's rows.
    pub labels: Vec<String>,
    /// One row of weights for each label.
    pub head: Head,
    /// A JSON object that says where the head comes from: `recipe` is the [`Recipe`] of its features;
    /// the rest (experiment, run, program) is for people, and is not looked at.
    pub context: serde_json::Value,
    /// How unlike a photo is to those that the head was trained on. `None`: of an older version, or
    /// trained on too few photos.
    pub likeness: Option<Likeness>,
}

/// Why bytes are no head file, or a head cannot become one. The caller adds the file's name.
#[derive(Debug, Error)]
pub enum HeadFileError {
    /// The bytes are not those of a safetensors file.
    #[error("not a head file: {0}")]
    Format(#[from] SafeTensorError),
    /// A safetensors file of another program.
    #[error("not a head file made by retrain: its metadata has no '{KEY}'")]
    Foreign,
    /// The metadata is no JSON, or lacks something.
    #[error("the head file's metadata cannot be read: {0}")]
    Metadata(#[from] serde_json::Error),
    /// A later version of the file.
    #[error("head file of version {0}, expected 1 to {VERSION}; use the retrain that wrote it")]
    Version(u32),
    /// Weights, bias and labels do not fit each other.
    #[error(
        "the head's weights are {weights_type} {weights:?} and its bias {bias_type} {bias:?} for \
         {labels} labels, expected F32 [labels, d] and F32 [labels]"
    )]
    #[allow(missing_docs, reason = "the fields are the words of the message")]
    Shape {
        weights_type: String,
        weights: Vec<usize>,
        bias_type: String,
        bias: Vec<usize>,
        labels: usize,
    },
    /// A weight is NaN or infinite; `weights` or `bias`.
    #[error("the head's {0} hold a number that is not finite; train it again")]
    NotFinite(&'static str),
    /// The likeness is damaged, or does not fit the head.
    #[error(transparent)]
    Likeness(#[from] PartsError),
    /// Candle could not make a tensor.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    version: u32,
    labels: Vec<String>,
    context: serde_json::Value,
}

impl HeadFile {
    /// The same head gives the same bytes. Errors when the shapes disagree or a number is not
    /// finite.
    pub fn to_bytes(&self) -> Result<Vec<u8>, HeadFileError> {
        let (weights_shape, bias_shape) = (self.head.weights.dims(), self.head.bias.dims());
        check_shapes("F32", weights_shape, "F32", bias_shape, self.labels.len())?;
        let weights = bytes_of(&self.head.weights, "weights")?;
        let bias = bytes_of(&self.head.bias, "bias")?;
        let metadata = serde_json::to_string(&Metadata {
            version: VERSION,
            labels: self.labels.clone(),
            context: self.context.clone(),
        })?;
        let parts = self.likeness.iter().flat_map(Likeness::parts);
        let parts: Vec<_> = parts
            .map(|(name, shape, numbers)| {
                (format!("{LIKENESS}{name}"), shape, little_endian(numbers))
            })
            .collect();
        let mut tensors = vec![
            ("weights", TensorView::new(Dtype::F32, weights_shape.to_vec(), &weights)?),
            ("bias", TensorView::new(Dtype::F32, bias_shape.to_vec(), &bias)?),
        ];
        for (name, shape, bytes) in &parts {
            tensors.push((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?));
        }
        let metadata = HashMap::from([(KEY.to_string(), metadata)]);
        Ok(safetensors::serialize(tensors, Some(metadata))?)
    }

    /// What its weights and bias were divided by when it was calibrated; 1 of a head as it was trained.
    pub fn temperature(&self) -> f64 {
        self.context["temperature"].as_f64().unwrap_or(1.0)
    }

    /// This head, as it was trained, with its logits divided by a temperature. Its weights are divided, so
    /// that every reader of the file has the calibrated scores, an older one too; the context says by what.
    pub fn calibrated(&self, temperature: f64) -> Result<HeadFile, HeadFileError> {
        let mut context = self.context.clone();
        if let Some(context) = context.as_object_mut() {
            context.insert("temperature".to_owned(), temperature.into());
        }
        let head = Head {
            weights: (&self.head.weights / temperature)?,
            bias: (&self.head.bias / temperature)?,
        };
        Ok(HeadFile { head, context, ..self.clone() })
    }

    /// Reads what [`to_bytes`](Self::to_bytes) of this or an older version wrote; its context is of
    /// this version then. Never panics, whatever the bytes, and takes memory in proportion to them
    /// only.
    pub fn from_bytes(bytes: &[u8]) -> Result<HeadFile, HeadFileError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let metadata = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let json: serde_json::Value =
            serde_json::from_str(metadata.ok_or(HeadFileError::Foreign)?)?;
        // The version first: another version's fields may differ.
        if let Some(version) = json.get("version").and_then(serde_json::Value::as_u64)
            && !(1..=u64::from(VERSION)).contains(&version)
        {
            return Err(HeadFileError::Version(u32::try_from(version).unwrap_or(u32::MAX)));
        }
        let Metadata { version, labels, mut context } = serde_json::from_value(json)?;
        if version == 1
            && let Some(recipe) = context.get_mut("recipe")
        {
            *recipe = serde_json::to_value(Recipe::of_first_heads(recipe.take())?)?;
        }
        let file = SafeTensors::deserialize(bytes)?;
        let (weights, bias) = (file.tensor("weights")?, file.tensor("bias")?);
        check_shapes(
            &format!("{:?}", weights.dtype()),
            weights.shape(),
            &format!("{:?}", bias.dtype()),
            bias.shape(),
            labels.len(),
        )?;
        let head =
            Head { weights: tensor_of(&weights, "weights")?, bias: tensor_of(&bias, "bias")? };
        let part = |name: &str| {
            let view = file.tensor(&format!("{LIKENESS}{name}")).ok()?;
            (view.dtype() == Dtype::F32).then(|| (view.shape().to_vec(), numbers_of(&view)))
        };
        let likeness = Likeness::from_parts(part, head.weights.dims()[1])?;
        Ok(HeadFile { labels, head, context, likeness })
    }
}

fn check_shapes(
    weights_type: &str,
    weights: &[usize],
    bias_type: &str,
    bias: &[usize],
    labels: usize,
) -> Result<(), HeadFileError> {
    let types_fit = weights_type == "F32" && bias_type == "F32";
    let shapes_fit = matches!(weights, &[k, d] if k == labels && d > 0) && *bias == [labels];
    if types_fit && shapes_fit && labels > 0 {
        return Ok(());
    }
    Err(HeadFileError::Shape {
        weights_type: weights_type.to_string(),
        weights: weights.to_vec(),
        bias_type: bias_type.to_string(),
        bias: bias.to_vec(),
        labels,
    })
}

/// Little-endian f32, as safetensors has it on every machine.
fn bytes_of(tensor: &Tensor, name: &'static str) -> Result<Vec<u8>, HeadFileError> {
    let numbers = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    check_finite(&numbers, name)?;
    Ok(little_endian(&numbers))
}

fn little_endian(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().copied().flat_map(f32::to_le_bytes).collect()
}

/// Of a view of f32, whose length safetensors has checked.
fn numbers_of(view: &TensorView) -> Vec<f32> {
    let (quads, _) = view.data().as_chunks::<4>();
    quads.iter().map(|&quad| f32::from_le_bytes(quad)).collect()
}

/// Of a view whose type and shape have been checked; safetensors has checked its length.
fn tensor_of(view: &TensorView, name: &'static str) -> Result<Tensor, HeadFileError> {
    let numbers = numbers_of(view);
    check_finite(&numbers, name)?;
    Ok(Tensor::from_vec(numbers, view.shape(), &Device::Cpu)?)
}

fn check_finite(numbers: &[f32], name: &'static str) -> Result<(), HeadFileError> {
    if numbers.iter().all(|number| number.is_finite()) {
        Ok(())
    } else {
        Err(HeadFileError::NotFinite(name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::likeness::Photos;

    fn example() -> HeadFile {
        let mut head = Head::initial(3, 5, 1, DType::F32, &Device::Cpu).unwrap();
        head.bias = Tensor::new(&[0.5f32, -1.25, 3.0], &Device::Cpu).unwrap();
        HeadFile {
            labels: ["fire", "rauch ü", "misc"].map(String::from).to_vec(),
            head,
            context: serde_json::json!({"backbone": "inception_v3", "taps": ["Mixed_7c"], "n": 1}),
            likeness: None,
        }
    }

    /// The same, with a likeness to 40 photos of three categories.
    fn with_likeness() -> HeadFile {
        let features: Vec<f32> = (0..40 * 5).map(|place| ((place * place) % 97) as f32).collect();
        let labels: Vec<u32> = (0..40).map(|photo| photo % 3).collect();
        let photos = Photos { features: &features, feature_len: 5, labels: &labels };
        HeadFile { likeness: Likeness::fit(&photos).unwrap(), ..example() }
    }

    fn numbers(head: &Head) -> (Vec<Vec<f32>>, Vec<f32>) {
        (head.weights.to_vec2().unwrap(), head.bias.to_vec1().unwrap())
    }

    fn with_metadata(metadata: serde_json::Value) -> Vec<u8> {
        let zeros = [0u8; 16];
        let tensors = [
            ("weights", TensorView::new(Dtype::F32, vec![2, 2], &zeros).unwrap()),
            ("bias", TensorView::new(Dtype::F32, vec![2], &zeros[..8]).unwrap()),
        ];
        let metadata = HashMap::from([(KEY.to_string(), metadata.to_string())]);
        safetensors::serialize(tensors, Some(metadata)).unwrap()
    }

    #[test]
    fn a_head_comes_back_as_it_went() {
        let file = example();
        let back = HeadFile::from_bytes(&file.to_bytes().unwrap()).unwrap();
        assert_eq!(back.labels, file.labels);
        assert_eq!(back.context, file.context);
        assert_eq!(numbers(&back.head), numbers(&file.head));
    }

    #[test]
    fn a_calibrated_head_scores_as_the_temperature_says_and_knows_it() {
        let file = example();
        assert_eq!(file.temperature(), 1.0);
        let calibrated = file.calibrated(2.5).unwrap();
        let back = HeadFile::from_bytes(&calibrated.to_bytes().unwrap()).unwrap();
        assert_eq!((back.temperature(), &back.context["backbone"]), (2.5, &"inception_v3".into()));
        let features = Tensor::new(&[[900f32, -300.0, 20.0, 0.0, 700.0]], &Device::Cpu).unwrap();
        let of = |head: &Head| crate::train::evaluate(head, &features).unwrap().remove(0);
        let powers: Vec<f32> = of(&file.head).iter().map(|score| score.powf(1.0 / 2.5)).collect();
        let sum: f32 = powers.iter().sum();
        for (found, power) in of(&back.head).iter().zip(&powers) {
            let expected = power / sum;
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    #[test]
    fn the_same_head_gives_the_same_bytes() {
        for head in [example, with_likeness] {
            assert_eq!(head().to_bytes().unwrap(), head().to_bytes().unwrap());
        }
    }

    #[test]
    fn a_likeness_comes_back_as_it_went_and_must_fit_the_head() {
        let file = with_likeness();
        let bytes = file.to_bytes().unwrap();
        let back = HeadFile::from_bytes(&bytes).unwrap();
        assert!(file.likeness.is_some() && back.likeness == file.likeness);
        let narrow = Head::initial(3, 4, 1, DType::F32, &Device::Cpu).unwrap();
        let narrow = HeadFile { head: narrow, ..file }.to_bytes().unwrap();
        let complaint = HeadFile::from_bytes(&narrow).unwrap_err().to_string();
        assert!(complaint.contains("another length; train again"), "{complaint}");
        let name = |name: &[u8]| bytes.windows(name.len()).position(|at| at == name).unwrap();
        let mut lacking = bytes.clone();
        lacking[name(b"likeness.mean") + 12] = b'x';
        let complaint = HeadFile::from_bytes(&lacking).unwrap_err().to_string();
        assert!(complaint.contains("lacks its mean"), "{complaint}");
    }

    #[test]
    fn a_head_that_is_not_finite_or_does_not_fit_its_labels_is_not_written() {
        let mut file = example();
        file.labels.pop();
        assert!(file.to_bytes().unwrap_err().to_string().contains("for 2 labels"));
        let mut file = example();
        file.head.bias = Tensor::new(&[0f32, f32::NAN, 0.0], &Device::Cpu).unwrap();
        assert!(matches!(file.to_bytes(), Err(HeadFileError::NotFinite("bias"))));
    }

    #[test]
    fn files_that_say_something_else_are_refused_with_the_reason() {
        let complaint = |bytes: &[u8]| HeadFile::from_bytes(bytes).unwrap_err().to_string();
        let whole = with_metadata(
            serde_json::json!({"version": VERSION, "labels": ["a", "b"], "context": null}),
        );
        assert!(HeadFile::from_bytes(&whole).is_ok());
        assert!(complaint(b"").contains("not a head file"));
        assert!(complaint(&[0xff; 64]).contains("not a head file"));
        let newer = with_metadata(serde_json::json!({"version": VERSION + 1, "names": ["a", "b"]}));
        assert!(complaint(&newer).contains("version 4, expected 1 to 3"));
        let three =
            serde_json::json!({"version": VERSION, "labels": ["a", "b", "c"], "context": null});
        assert!(complaint(&with_metadata(three)).contains("for 3 labels"));
        let foreign = safetensors::serialize(Vec::<(&str, TensorView)>::new(), None).unwrap();
        assert!(complaint(&foreign).contains("no 'retrain'"));
        let mut poisoned = whole.clone();
        let end = poisoned.len();
        poisoned[end - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
        assert!(complaint(&poisoned).contains("not finite"));
    }

    static WITH_LIKENESS: LazyLock<Vec<u8>> = LazyLock::new(|| with_likeness().to_bytes().unwrap());

    proptest! {
        #[test]
        fn damaged_files_never_panic_and_what_is_read_is_whole(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            kept in any::<prop::sample::Index>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = WITH_LIKENESS.clone();
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if cut {
                bytes.truncate(kept.index(bytes.len()));
            }
            if let Ok(file) = HeadFile::from_bytes(&bytes) {
                prop_assert_eq!(file.head.weights.dims()[0], file.labels.len());
                prop_assert_eq!(file.head.bias.dims(), [file.labels.len()]);
                prop_assert!(file.to_bytes().is_ok());
            }
        }
    }
}
