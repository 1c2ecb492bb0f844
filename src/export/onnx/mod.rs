//! A trained head with its network as one ONNX file that takes pictures and gives scores.

mod runtime;
#[cfg(test)]
mod tests;

use candle_core::DType;
use thiserror::Error;

use crate::features::{Recipe, RecipeError};
use crate::onnx::{Attribute, Graph, Length, Type};
use crate::train::HeadFile;

pub use runtime::{OnnxRuntime, RuntimeError, Scored};

/// The names of the input and of the outputs.
pub const PICTURE: &str = "picture";
/// The score of each category.
pub const SCORES: &str = "scores";
/// The share of one's own photos that are less like the training photos.
pub const LIKENESS: &str = "likeness";
/// Whether the picture is none of the categories.
pub const NONE_OF_THESE: &str = "none_of_these";

/// What readers of Protocol Buffers take.
const LARGEST: usize = i32::MAX as usize;

/// What is written beside the network, for whoever has the file and nothing else.
pub struct About {
    /// The run's name.
    pub run: String,
    /// The run's experiment file.
    pub settings: String,
    /// Of the network's weights.
    pub licence: String,
}

/// Why there is no file.
#[derive(Debug, Error)]
pub enum OnnxError {
    /// The network cannot be had, or cannot be written.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The head's numbers cannot be had.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// The file would be larger than ONNX can hold in one.
    #[error("the network is too large for one ONNX file: {0} bytes, at most {LARGEST}")]
    TooLarge(usize),
}

/// The bytes of an ONNX file: pictures in RGB, u8 `[n, height, width, 3]`, all of one size, to `scores`,
/// f32 `[n, categories]`; of a head with a likeness also `likeness`, f32 `[n]`, and `none_of_these`,
/// bool `[n]`. Resizing, normalisation, network, head and temperature are inside.
pub fn onnx(head: &HeadFile, recipe: &Recipe, about: &About) -> Result<Vec<u8>, OnnxError> {
    let pictures = Length::Named("pictures");
    let mut graph = Graph::new(&recipe.network.backbone);
    let shape = [pictures, Length::Named("height"), Length::Named("width"), Length::Fixed(3)];
    let picture = graph.input(PICTURE, Type::U8, &shape);
    let features = recipe.nodes(&mut graph, &picture)?;

    let (categories, d) = head.head.weights.dims2()?;
    let numbers = |tensor: &candle_core::Tensor| -> candle_core::Result<Vec<f32>> {
        tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
    };
    let weights = graph.numbers(&[categories, d], &numbers(&head.head.weights)?);
    let bias = graph.numbers(&[categories], &numbers(&head.head.bias)?);
    let transposed = [("transB", Attribute::Int(1))];
    let logits = graph.node("Gemm", &[&features, &weights, &bias], &transposed);
    let scores = graph.softmax(&logits);
    graph.output(SCORES, &scores, Type::F32, &[pictures, Length::Fixed(categories)]);
    if let Some(likeness) = &head.likeness {
        let (likeness, is_none) = likeness.nodes(&mut graph, &features);
        graph.output(LIKENESS, &likeness, Type::F32, &[pictures]);
        graph.output(NONE_OF_THESE, &is_none, Type::Bool, &[pictures]);
    }

    let bytes = graph.to_bytes(INPUT, &metadata(head, recipe, about));
    if bytes.len() > LARGEST {
        return Err(OnnxError::TooLarge(bytes.len()));
    }
    Ok(bytes)
}

/// How to feed it.
const INPUT: &str = "picture: RGB, uint8 [pictures, height, width, 3], upright, of any size; scores: one \
                     for each of the labels in the metadata";

fn metadata(head: &HeadFile, recipe: &Recipe, about: &About) -> Vec<(&'static str, String)> {
    let lines = recipe.network.lines().into_iter();
    let network: Vec<String> = lines.map(|(name, value)| format!("{name}: {value}")).collect();
    let resize = format!("resize: {}", recipe.network.preprocess.resize.name());
    vec![
        ("labels", serde_json::Value::from(head.labels.clone()).to_string()),
        ("run", about.run.clone()),
        ("input", INPUT.to_owned()),
        ("network", network.join("\n") + "\n" + &resize),
        ("weights_licence", about.licence.clone()),
        ("temperature", head.temperature().to_string()),
        ("settings", about.settings.clone()),
    ]
}
