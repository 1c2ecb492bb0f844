//! The file that is written, read again, and computed by another program where there is one.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use candle_core::{Device, Tensor};
use image::RgbImage;
use prost::Message;

use super::*;
use crate::dataset::DecodeRule;
use crate::demo;
use crate::kernels::Rounding;
use crate::likeness::{Likeness, Photos};
use crate::nets::{self, Backbone, Crop, NetworkSettings, Precision, Preprocess, Resize};
use crate::onnx::Model;
use crate::random::Rng;
use crate::train::{Head, evaluate};

const LABELS: [&str; 3] = ["fire", "smoke", "none"];

/// Photos that the likeness is fitted to.
const OWN: usize = 30;

fn network(name: &str, resize: Resize, crop: Option<Crop>) -> (Recipe, Box<dyn Backbone>) {
    let settings = NetworkSettings {
        backbone: nets::network(name).unwrap(),
        resize: Some(resize),
        precision: Precision::F32,
        ..NetworkSettings::default()
    };
    let backbone = nets::load(&settings, Path::new(""), &Device::Cpu).unwrap();
    let mut recipe = Recipe {
        network: backbone.identity().clone(),
        weights_file: None,
        max_megapixels: 1,
        precision: Precision::F32,
        rounding: Rounding::Reduced,
        by_amx: false,
        decode_rule: DecodeRule::CURRENT,
    };
    if let Some(crop) = crop {
        recipe.network.preprocess.crop = crop;
    }
    (recipe, backbone)
}

fn features(backbone: &dyn Backbone, preprocess: &Preprocess, photo: &RgbImage) -> Tensor {
    let side = preprocess.side;
    let pixels = preprocess.picture(photo);
    let pixels = Tensor::from_vec(pixels, (1, 3, side, side), &Device::Cpu).unwrap();
    backbone.features(&pixels).unwrap()
}

/// With weights that tell pictures apart, and a likeness to drawn photos.
fn head(recipe: &Recipe, backbone: &dyn Backbone) -> HeadFile {
    let d = backbone.feature_len();
    let mut rng = Rng::new(3);
    let mut draw =
        |n: usize| -> Vec<f32> { (0..n).map(|_| rng.between(-3.0, 3.0) as f32).collect() };
    let labels: Vec<u32> = (0..OWN as u32).map(|photo| photo % 3).collect();
    let own = labels.iter().zip(0..).map(|(label, index)| demo::draw(*label as usize, index));
    let own: Vec<Tensor> =
        own.map(|photo| features(backbone, &recipe.network.preprocess, &photo)).collect();
    let own: Vec<f32> = Tensor::cat(&own, 0).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    let photos = Photos { features: &own, feature_len: d, labels: &labels };
    HeadFile {
        labels: LABELS.map(str::to_owned).to_vec(),
        head: Head {
            weights: Tensor::from_vec(draw(3 * d), (3, d), &Device::Cpu).unwrap(),
            bias: Tensor::from_vec(draw(3), 3, &Device::Cpu).unwrap(),
        },
        context: serde_json::json!({ "recipe": recipe, "temperature": 1.5 }),
        likeness: Likeness::fit(&photos).unwrap(),
    }
}

fn about() -> About {
    About { run: "a run".into(), settings: "images = 'x'".into(), licence: "MIT".into() }
}

fn picture(width: u32, height: u32) -> RgbImage {
    let level = |x: u32, y: u32| (x * 7 + y * y * 3 + x * y / 5) as u8;
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([level(x, y), level(y, x), (x * 255 / width) as u8])
    })
}

#[test]
fn the_file_says_what_it_takes_and_gives_and_computes_nothing_before_its_inputs() {
    let (recipe, backbone) = network("tiny", Resize::Bicubic, None);
    let head = head(&recipe, &*backbone);
    let bytes = onnx(&head, &recipe, &about()).unwrap();
    let model = Model::decode(&bytes[..]).unwrap();
    assert_eq!((model.ir_version, model.operators[0].version), (7, 13));
    let metadata = |key: &str| {
        let entry = model.metadata.iter().find(|entry| entry.key == key);
        entry.unwrap_or_else(|| panic!("{key} is missing")).value.as_str()
    };
    assert_eq!(metadata("labels"), r#"["fire","smoke","none"]"#);
    assert_eq!(metadata("run"), "a run");
    assert_eq!(metadata("weights_licence"), "MIT");
    assert_eq!(metadata("temperature"), "1.5");
    assert_eq!(metadata("settings"), "images = 'x'");
    assert!(metadata("network").ends_with("resize: bicubic"), "{}", metadata("network"));

    let graph = model.graph.unwrap();
    let mut known: HashSet<&str> = HashSet::new();
    let inputs = graph.inputs.iter().map(|input| input.name.as_str());
    known.extend(inputs.chain(graph.numbers.iter().map(|tensor| tensor.name.as_str())));
    assert_eq!(known.len(), 1 + graph.numbers.len(), "no name twice");
    for node in &graph.nodes {
        let missing = node.inputs.iter().find(|input| !known.contains(input.as_str()));
        assert!(missing.is_none(), "{} takes {missing:?}", node.name);
        for output in &node.outputs {
            assert!(known.insert(output), "{output} twice");
        }
    }
    let outputs: Vec<&str> = graph.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(outputs, [SCORES, LIKENESS, NONE_OF_THESE]);
    assert!(outputs.iter().all(|output| known.contains(output)));
    for tensor in &graph.numbers {
        let width = match tensor.dtype {
            1 => 4,
            2 => 1,
            7 => 8,
            other => panic!("{} is of type {other}", tensor.name),
        };
        let count: i64 = tensor.shape.iter().product();
        assert_eq!(tensor.bytes.len() as i64, count * width, "{}", tensor.name);
    }
}

/// A file of a network with a drawn head in ONNX Runtime, beside this program; false where there is none.
fn is_the_same(name: &str, rule: Resize, crop: Option<Crop>, sizes: &[(u32, u32)]) -> bool {
    let (recipe, backbone) = network(name, rule, crop);
    let head = head(&recipe, &*backbone);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("drawn.onnx");
    std::fs::write(&file, onnx(&head, &recipe, &about()).unwrap()).unwrap();
    let mut runtime = match OnnxRuntime::start(&file) {
        Err(RuntimeError::Missing(reason)) => {
            // Past the capture of tests that pass.
            let line = format!("skipped: {name} in ONNX Runtime: {reason}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            return false;
        }
        started => started.unwrap(),
    };
    let pictures = sizes.iter().map(|(width, height)| picture(*width, *height));
    let own = (0..3).map(|category| demo::draw(category, 40));
    for photo in pictures.chain(own) {
        let seen = runtime.run(&photo).unwrap();
        let features = features(&*backbone, &recipe.network.preprocess, &photo);
        let expected = evaluate(&head.head, &features).unwrap().concat();
        let what = format!("{name}, {rule:?}, {crop:?}, {:?}", photo.dimensions());
        for (seen, expected) in seen.scores.iter().zip(&expected) {
            assert!((seen - expected).abs() < 1e-4, "{what}: {seen}, not {expected}");
        }
        let features: Vec<f32> = features.flatten_all().unwrap().to_vec1().unwrap();
        let judged = head.likeness.as_ref().unwrap().judge(&features).unwrap()[0];
        let likeness = 1.0 - judged.less_like_than as f32;
        assert!((seen.likeness.unwrap() - likeness).abs() < 1e-4, "{what}: {likeness}");
        assert_eq!(seen.none_of_these, Some(judged.is_none_of_these), "{what}");
    }
    true
}

#[test]
fn another_program_computes_the_same_by_every_resize_rule() {
    let sizes = [(32, 32), (7, 5), (97, 131), (640, 37), (1, 1), (38, 401)];
    // By default it takes the middle of the photo.
    let rules = [
        (Resize::Legacy, Some(Crop::Squash)),
        (Resize::HalfPixel, None),
        (Resize::Antialias, Some(Crop::Squash)),
        (Resize::Bicubic, None),
    ];
    for (rule, crop) in rules {
        if !is_the_same("tiny", rule, crop, &sizes) {
            return;
        }
    }
}

#[test]
fn another_program_computes_the_same_with_the_smaller_built_in_network() {
    is_the_same("efficientnet_lite2", Resize::Antialias, None, &[(97, 131)]);
}
