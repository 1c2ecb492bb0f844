//! Networks of candle-transformers, against timm's with the same weights (`tests/golden/candle_networks/`).

#[path = "common/skip.rs"]
mod skip;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor, safetensors};
use flate2::read::GzDecoder;
use retrain::dataset::{self, Detail};
use retrain::nets::{
    self, Backbone, Crop, DeviceChoice, NetError, NetworkSettings, Precision, Resize, Source,
    Weights,
};
use serde_json::Value;
use skip::skipped;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/candle_networks/");

type Shapes = BTreeMap<String, Vec<usize>>;

/// The tensors of the networks in one part of `shapes.json.gz`.
fn shapes(part: &str) -> BTreeMap<String, Shapes> {
    let file = GzDecoder::new(fs::File::open(format!("{GOLDEN}shapes.json.gz")).unwrap());
    let json: Value = serde_json::from_reader(file).unwrap();
    serde_json::from_value(json[part].clone()).unwrap()
}

/// From 0 to 1: the numbers that a name stands for.
fn uniform(name: &str) -> impl Iterator<Item = f64> {
    let seed = name
        .bytes()
        .fold(0xcbf29ce484222325u64, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x100000001b3));
    (1u64..).map(move |n| {
        let z = seed.wrapping_add(n.wrapping_mul(0x9e3779b97f4a7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        ((z ^ (z >> 31)) >> 40) as f64 / (1u64 << 24) as f64
    })
}

/// A tensor of the oracle's networks.
fn weight(name: &str, shape: &[usize]) -> Tensor {
    let ends = |end: &str| name.ends_with(end);
    let has = |part: &str| name.contains(part);
    let damping = if ["conv_kxk.", "conv_scale.", ".m."].into_iter().any(has) {
        0.5
    } else if ["identity.", "conv_1x1."].into_iter().any(has) {
        0.65
    } else {
        1.0
    };
    let fan_in: usize = shape.iter().skip(1).product();
    let reach = 2.0 * (4.0 / fan_in as f64).sqrt();
    let rule: Box<dyn Fn(f64) -> f64> = if ends("running_var") {
        Box::new(|u| 0.5 + u)
    } else if ends("running_mean") {
        Box::new(|u| (u - 0.5) * 0.2)
    } else if ends("gamma") {
        Box::new(|u| 0.2 + 0.2 * u)
    } else if has("grn.") {
        Box::new(|u| u - 0.5)
    } else if ["cls_token", "reg_token", "pos_embed"].into_iter().any(ends) {
        Box::new(|u| (u - 0.5) * 0.2)
    } else if shape.len() == 1 && ends(".weight") {
        Box::new(move |u| (0.75 + 0.5 * u) * damping)
    } else if shape.len() == 1 {
        Box::new(|u| (u - 0.5) * 0.2)
    } else {
        Box::new(move |u| (u - 0.5) * reach)
    };
    let count = shape.iter().product();
    let numbers: Vec<f32> = uniform(name).take(count).map(|u| rule(u) as f32).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
}

fn save(shapes: &Shapes, path: &Path) {
    let tensors: HashMap<String, Tensor> =
        shapes.iter().map(|(name, shape)| (name.clone(), weight(name, shape))).collect();
    safetensors::save(&tensors, path).unwrap();
}

fn settings(backbone: &str, file: &Path) -> NetworkSettings {
    NetworkSettings {
        backbone: nets::network(backbone).unwrap(),
        weights: Weights::File(file.to_owned()),
        device: DeviceChoice::Cpu,
        ..NetworkSettings::default()
    }
}

fn load(backbone: &str, file: &Path) -> Result<Box<dyn Backbone>, NetError> {
    nets::load(&settings(backbone, file), Path::new(""), &Device::Cpu)
}

fn refused(backbone: &str, file: &Path) -> String {
    load(backbone, file).err().unwrap().to_string()
}

/// The picture of the oracle, `[1, 3, side, side]`.
fn picture(side: u32) -> Tensor {
    let value = |c: u32, y: u32, x: u32| ((7 * y + 13 * x + 29 * c + (x * y) % 31) % 256) as f32;
    let pixels: Vec<f32> = (0..3)
        .flat_map(|c| (0..side).flat_map(move |y| (0..side).map(move |x| value(c, y, x))))
        .collect();
    Tensor::from_vec(pixels, (1, 3, side as usize, side as usize), &Device::Cpu).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Length of the difference, in lengths of what is expected.
fn error(seen: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(seen.len(), expected.len());
    let square = |number: f32| f64::from(number).powi(2);
    let apart: f64 = seen.iter().zip(expected).map(|(a, b)| square(a - b)).sum();
    (apart / expected.iter().map(|b| square(*b)).sum::<f64>()).sqrt()
}

/// Above what PyTorch's f32 differs from its f64, and below each deviation that is known: another
/// GELU, another epsilon, a branch left out.
const CLOSE: f64 = 1e-5;

/// Our name of the family, the published weights whose photos the oracle has, and the parts of the
/// feature.
const NETWORKS: [(&str, &str, &[&str]); 15] = [
    ("convnext", "convnext_atto.d2_in1k", &["feature"]),
    ("convnext", "convnext_tiny.in12k_ft_in1k", &["feature"]),
    ("convnext", "convnextv2_atto.fcmae_ft_in1k", &["feature"]),
    ("convnext", "convnextv2_tiny.fcmae_ft_in22k_in1k", &["feature"]),
    ("resnet", "resnet18.a1_in1k", &["feature"]),
    ("resnet", "resnet50.a1_in1k", &["feature"]),
    ("mobilenet_v4", "mobilenetv4_conv_small.e2400_r224_in1k", &["pooled"]),
    ("mobilenet_v4", "mobilenetv4_conv_medium.e500_r256_in1k", &["pooled"]),
    ("mobilenet_v4", "mobilenetv4_hybrid_medium.e200_r256_in12k_ft_in1k", &["pooled"]),
    ("fastvit", "fastvit_t8.apple_in1k", &["feature"]),
    ("fastvit", "fastvit_sa12.apple_in1k", &["feature"]),
    ("fastvit", "fastvit_mci0.apple_mclip", &["feature"]),
    ("repvgg", "repvgg_a0.rvgg_in1k", &["feature"]),
    ("dinov2", "vit_small_patch14_dinov2.lvd142m", &["feature", "pooled"]),
    ("dinov2", "vit_small_patch14_reg4_dinov2.lvd142m", &["feature", "pooled"]),
];

fn photo() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = if beside.is_dir() { beside } else { std::env::var_os("RETRAIN_SHARED")?.into() };
    let file = folder.join("images/flowers/daisy/10172567486_2748826a8b.jpg");
    Some(file).filter(|file| file.is_file())
}

#[test]
fn features_are_those_of_timm() {
    let oracle = safetensors::load(format!("{GOLDEN}oracle.safetensors"), &Device::Cpu).unwrap();
    let part = |name: &str| flat(&oracle[name]);
    let photo =
        photo().map(|file| dataset::decode(&fs::read(file).unwrap(), 100, Detail::Full).unwrap());
    if photo.is_none() {
        skipped("there is no shared/images/flowers: pictures by formula only");
    }
    let shapes = shapes("can");
    let folder = tempfile::tempdir().unwrap();
    for (backbone, published, parts) in NETWORKS {
        let name = published.split('.').next().unwrap();
        let file = folder.path().join(format!("{published}.safetensors"));
        save(&shapes[name], &file);
        let net = load(backbone, &file).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!(net.identity().property("size").unwrap().value, name);
        assert_eq!(net.identity().preprocess_source, Some(Source::Published));
        let preprocess = net.identity().preprocess;

        let side = preprocess.side;
        let seen = flat(&net.features(&picture(side as u32)).unwrap());
        assert_eq!(seen.len(), net.feature_len());
        let expected: Vec<f32> =
            parts.iter().flat_map(|end| part(&format!("{name}.{end}"))).collect();
        assert!(error(&seen, &expected) < CLOSE, "{name}: {}", error(&seen, &expected));

        let maps = net.maps(&picture(side as u32).squeeze(0).unwrap()).unwrap();
        let means: Vec<f32> =
            maps.iter().flat_map(|map| flat(&map.mean((1, 2)).unwrap())).collect();
        assert!(error(&means, &seen) < CLOSE, "{name}: the maps");

        let Some(photo) = &photo else { continue };
        if parts.contains(&"pooled") && backbone != "dinov2" {
            continue; // of the photo timm's feature behind its head only
        }
        let pixels = Tensor::from_vec(preprocess.picture(photo), (1, 3, side, side), &Device::Cpu);
        let seen = flat(&net.features(&pixels.unwrap()).unwrap());
        let expected: Vec<f32> =
            parts.iter().flat_map(|end| part(&format!("{name}.photo.{end}"))).collect();
        assert!(error(&seen, &expected) < 1e-4, "{name}, photo: {}", error(&seen, &expected));
    }
}

/// A folder with the weights of resnet18 in it under this name.
fn resnet18(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    save(&shapes("can")["resnet18"], &file);
    (folder, file)
}

#[test]
fn how_photos_are_taken_is_found_in_the_file_beside_it_or_by_its_name() {
    let taken = |file: &Path| {
        let net = load("resnet", file).unwrap();
        let preprocess = net.identity().preprocess;
        (preprocess.side, preprocess.crop, preprocess.resize, net.identity().preprocess_source)
    };
    let centre = |shorter_side| Crop::Centre { shorter_side };
    let published = Some(Source::Published);
    let (_kept, file) = resnet18("resnet18.tv_in1k.safetensors");
    assert_eq!(taken(&file), (224, centre(256), Resize::Antialias, published));
    let (_kept, file) = resnet18("resnet18.a1_in1k/model.safetensors");
    assert_eq!(taken(&file), (224, centre(235), Resize::Bicubic, published));
    let (_kept, file) = resnet18("mine.safetensors");
    assert_eq!(taken(&file).3, Some(Source::Assumed));

    let config = file.with_file_name("config.json");
    let written = r#"{"architecture": "resnet18", "pretrained_cfg": {"input_size": [3, 160, 160],
        "crop_pct": 1.0, "interpolation": "bilinear", "mean": [0.5, 0.5, 0.5],
        "std": [0.25, 0.5, 0.5]}}"#;
    fs::write(&config, written).unwrap();
    assert_eq!(taken(&file), (160, centre(160), Resize::Antialias, Some(Source::Config)));
    let net = load("resnet", &file).unwrap();
    assert_eq!(net.identity().preprocess.std, [63.75, 127.5, 127.5]);

    // A rule that the experiment names goes before all of them.
    let asked = NetworkSettings { resize: Some(Resize::Legacy), ..settings("resnet", &file) };
    let net = nets::load(&asked, Path::new(""), &Device::Cpu).unwrap();
    assert_eq!(net.identity().preprocess.resize, Resize::Legacy);

    // A head finds its network again, whatever stands beside the weights by then.
    let identity = net.identity().clone();
    fs::write(&config, written.replace("160", "192")).unwrap();
    let again = nets::settings(&identity, Some(&file), Precision::F32, DeviceChoice::Cpu).unwrap();
    let again = nets::load(&again, Path::new(""), &Device::Cpu).unwrap();
    assert_eq!(again.identity().key(), identity.key());

    for (bad, expected) in [
        (r#"{"#.to_owned(), "config.json: it is not JSON: "),
        (
            written.replace("0.25, 0.5", "0.25, 0"),
            "config.json: its std is missing or not understood, expected three numbers from 0 to 1",
        ),
        (written.replace("[3, 160, 160]", "[3, 160, 161]"), "its input_size is missing or not"),
        (written.replace("bilinear", "lanczos"), "expected \"bicubic\" or \"bilinear\""),
        (written.replace("1.0", "0"), "its crop_pct is missing or not understood"),
        (written.replace("160", "7"), "its input_size is 7, and the network takes 32 or more"),
        (written.replace("160", "160.5"), "its input_size is missing or not understood"),
    ] {
        fs::write(&config, bad).unwrap();
        let refused = refused("resnet", &file);
        assert!(refused.contains(expected), "{refused}");
    }
    // Of other weights in the folder; but a file without a name of its own it would be taken for.
    let other = written.replace("resnet18", "resnetaa50");
    fs::write(&config, &other).unwrap();
    assert_eq!(taken(&file).3, Some(Source::Assumed));
    let model = file.with_file_name("model.safetensors");
    fs::rename(&file, &model).unwrap();
    let refused = refused("resnet", &model);
    assert!(refused.contains("it is of resnetaa50, and the weights beside it are of resnet18"));
    assert!(refused.ends_with("mend it, or move it away"), "{refused}");

    // What other programs write there says nothing of it.
    fs::write(&config, r#"{"architectures": ["ResNetForImageClassification"]}"#).unwrap();
    assert_eq!(taken(&model).3, Some(Source::Assumed));
    fs::write(&config, format!("\u{feff}{written}")).unwrap();
    assert_eq!(taken(&model).3, Some(Source::Config));
}

/// Of what a name says and the tensors do not, the tensors are believed.
#[test]
fn a_file_with_the_name_of_another_network_is_not_taken_as_that_was_trained() {
    let (_kept, file) = resnet18("convnext_tiny.in12k_ft_in1k.safetensors");
    let net = load("resnet", &file).unwrap();
    assert_eq!(net.identity().preprocess_source, Some(Source::Assumed));
    let inspected = nets::inspect(&file, Path::new("")).unwrap();
    assert_eq!(inspected.licence, None);
    let (_kept, file) = resnet18("resnet18.a1_in1k.safetensors");
    let inspected = nets::inspect(&file, Path::new("")).unwrap();
    assert_eq!((inspected.recognized.name, inspected.network.name), ("resnet18", "resnet"));
    assert_eq!(inspected.licence.as_deref(), Some("apache-2.0"));
}

/// A ReLU would make zeros of what such a variance makes, and nobody would see it.
#[test]
fn a_variance_below_zero_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("w.safetensors");
    let mut tensors: HashMap<String, Tensor> = shapes("can")["resnet18"]
        .iter()
        .map(|(name, shape)| (name.clone(), weight(name, shape)))
        .collect();
    let variance = Tensor::full(-1f32, 64, &Device::Cpu).unwrap();
    tensors.insert("bn1.running_var".to_owned(), variance);
    safetensors::save(&tensors, &file).unwrap();
    let refused = refused("resnet", &file);
    assert!(
        refused.ends_with("bn1.running_var holds a variance below 0; fetch or copy the file again")
    );
}

#[test]
fn dinov2_takes_pictures_of_one_size_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    save(&shapes("can")["vit_small_patch14_dinov2"], &file);
    let config = r#"{"architecture": "vit_small_patch14_dinov2", "input_size": [3, 224, 224],
        "crop_pct": 1.0, "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}"#;
    fs::write(folder.path().join("config.json"), config).unwrap();
    let refused = refused("dinov2", &file);
    assert!(refused.contains("its input_size is 224, and the network takes 518"), "{refused}");
}

#[test]
fn a_wrong_pairing_names_the_right_one() {
    let (_kept, file) = resnet18("w.safetensors");
    for wrong in ["convnext", "inception_v3", "efficientnet_lite2"] {
        let refused = refused(wrong, &file);
        let expected = format!(
            "w.safetensors: these are weights of resnet18, and network.backbone is \"{wrong}\"; set it \
             to \"resnet\""
        );
        assert!(refused.ends_with(&expected), "{refused}");
    }
    let (_kept, file) = resnet18("resnetblur18.safetensors");
    let refused = refused("resnet", &file);
    assert!(refused.contains("by its name this is resnetblur18"), "{refused}");
}

#[test]
fn what_it_cannot_do_is_told_by_name() {
    let (_kept, file) = resnet18("w.safetensors");
    let with = |settings: NetworkSettings| {
        nets::load(&settings, Path::new(""), &Device::Cpu).err().unwrap().to_string()
    };
    let own = || settings("resnet", &file);
    assert_eq!(
        with(NetworkSettings { precision: Precision::Int8, ..own() }),
        "network.precision: ResNet computes in \"f32\" only; set it to that or to \"auto\""
    );
    assert_eq!(
        with(NetworkSettings { taps: vec!["layer3".into()], ..own() }),
        "taps: there is no 'layer3'; ResNet has pooled"
    );
    let built_in = with(NetworkSettings { weights: Weights::BuiltIn, ..own() });
    assert!(built_in.contains("ResNet has no weights in this program; name a file"), "{built_in}");
}
