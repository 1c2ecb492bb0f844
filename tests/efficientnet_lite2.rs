//! EfficientNet-Lite2 against the Python package that its weights come from, in float64
//! (`tests/golden/efficientnet_lite2/`).

use std::path::Path;

use candle_core::{Device, Tensor};
use retrain::kernels::{Engine, Format, InstructionSet};
use retrain::nets::efficientnet_lite2::{self, PlainEfficientNetLite2};
use retrain::nets::{self, Backbone, NetworkSettings, Precision, Weights};
use safetensors::SafeTensors;

const ORACLE: &[u8] = include_bytes!("golden/efficientnet_lite2/oracle.safetensors");
const SIDE: usize = 260;

fn oracle(name: &str) -> Vec<f32> {
    let file = SafeTensors::deserialize(ORACLE).unwrap();
    let data = file.tensor(name).unwrap().data().to_vec();
    data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

/// `[3, side, side]`, by the formula of the oracle.
fn picture() -> Vec<f32> {
    let pixel = |c: usize, y: usize, x: usize| (y * 7 + x * 13 + c * 29 + (x * y) % 31) % 256;
    let places =
        (0..3).flat_map(|c| (0..SIDE).flat_map(move |y| (0..SIDE).map(move |x| (c, y, x))));
    places.map(|(c, y, x)| pixel(c, y, x) as f32).collect()
}

fn pictures() -> Tensor {
    Tensor::from_vec(picture(), (1, 3, SIDE, SIDE), &Device::Cpu).unwrap()
}

fn network(precision: Precision, taps: &[&str]) -> NetworkSettings {
    NetworkSettings {
        backbone: nets::network("efficientnet_lite2").unwrap(),
        precision,
        taps: taps.iter().map(|tap| (*tap).to_owned()).collect(),
        ..NetworkSettings::default()
    }
}

fn load(precision: Precision) -> nets::Computed {
    efficientnet_lite2::load(&network(precision, &[]), Path::new(""), &Device::Cpu).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn relative_error(seen: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(seen.len(), expected.len());
    let square = |v: f64| v * v;
    let off: f64 = seen.iter().zip(expected).map(|(a, b)| square(f64::from(a - b))).sum();
    let length: f64 = expected.iter().map(|v| square(f64::from(*v))).sum();
    (off / length).sqrt()
}

#[test]
fn every_step_is_that_of_the_package() {
    let net =
        PlainEfficientNetLite2::load(&network(Precision::F32, &[]), Path::new(""), &Device::Cpu)
            .unwrap();
    let steps = net.steps(&pictures()).unwrap();
    let (means, values) = (oracle("asset.260.means"), oracle("asset.260.values"));
    assert_eq!(values.len(), 16 * steps.len());
    let mut first = 0;
    for (number, step) in steps.iter().enumerate() {
        let map = numbers(step);
        let channels = step.dims()[1];
        let mean = numbers(&step.mean((2, 3)).unwrap());
        let error = relative_error(&mean, &means[first..first + channels]);
        assert!(error < 1e-5, "step {number}: its means are off by {error}");
        let single: Vec<f32> = (0..16).map(|k| map[(104_729 * k + 12_345) % map.len()]).collect();
        let error = relative_error(&single, &values[number * 16..][..16]);
        assert!(error < 1e-5, "step {number}: its values are off by {error}");
        first += channels;
    }
    assert_eq!(first, means.len());
}

#[test]
fn the_kernels_give_the_feature_of_the_package_by_all_instructions() {
    let expected = oracle("asset.260.feature");
    for (format, largest) in Format::ALL.into_iter().zip([1e-5, 0.05, 0.15, 0.15]) {
        let sets = InstructionSet::ALL.into_iter().chain([InstructionSet::EmulatedAmx]);
        let engines = sets.filter_map(|set| Engine::new(format, set));
        let seen: Vec<Vec<f32>> = engines
            .map(|engine| {
                let settings = network(Precision::F32, &[]);
                let trunk =
                    efficientnet_lite2::on_engine(&settings, Path::new(""), engine).unwrap();
                let mut feature = vec![0.0; trunk.plan().feature_len()];
                trunk.features(&picture(), &mut feature);
                let error = relative_error(&feature, &expected);
                println!("{} by {}: {error:.2e}", format.full_name(), engine.set().name());
                assert!(error < largest, "{engine:?}: {error}");
                feature
            })
            .collect();
        assert!(!matches!(format, Format::Int8(_)) || seen.iter().all(|other| *other == seen[0]));
    }
}

/// The built-in weights are the package's, but rounded; the feature of its own is 0.048 away.
#[test]
fn the_built_in_weights_stay_near_those_that_they_were_made_of() {
    let net = load(Precision::F32);
    let error = relative_error(
        &numbers(&net.features(&pictures()).unwrap()),
        &oracle("original.260.feature"),
    );
    assert!(error > 0.01 && error < 0.06, "{error}");
}

#[test]
fn the_feature_is_the_mean_of_its_maps_and_has_their_order() {
    for precision in [Precision::F32, Precision::Int8] {
        let net = load(precision);
        let maps = net.maps(&pictures().squeeze(0).unwrap()).unwrap();
        let shapes: Vec<&[usize]> = maps.iter().map(Tensor::dims).collect();
        assert_eq!(shapes, [&[208, 9, 9][..], &[352, 9, 9], &[1280, 9, 9]]);
        let means: Vec<f32> =
            maps.iter().flat_map(|map| numbers(&map.mean((1, 2)).unwrap())).collect();
        let seen = numbers(&net.features(&pictures()).unwrap());
        assert_eq!(seen.len(), net.feature_len());
        assert!(relative_error(&seen, &means) < 1e-5);
    }
}

#[test]
fn taps_are_chosen_by_name_and_wrong_ones_are_refused_with_those_that_there_are() {
    let taps = ["head", "block_0"];
    let net =
        efficientnet_lite2::load(&network(Precision::F32, &taps), Path::new(""), &Device::Cpu)
            .unwrap();
    assert_eq!(net.feature_len(), 1280 + 16);
    let again =
        nets::settings(net.identity(), None, Precision::F32, nets::DeviceChoice::Cpu).unwrap();
    assert_eq!(again.taps, taps);
    for wrong in ["block_7", "Mixed_7c"] {
        let network = network(Precision::F32, &[wrong]);
        let error = efficientnet_lite2::load(&network, Path::new(""), &Device::Cpu).err().unwrap();
        let error = error.to_string();
        assert!(
            error.contains(&format!("there is no '{wrong}'; EfficientNet-Lite2 has stem, block_0")),
            "{error}"
        );
    }
}

#[test]
fn weights_of_another_network_are_refused_by_their_tensors() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/inception_v3-nsfwjs.u8.safetensors");
    let network =
        NetworkSettings { weights: Weights::File(file.into()), ..network(Precision::F32, &[]) };
    let error = efficientnet_lite2::load(&network, Path::new(""), &Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("EfficientNet-Lite2's tensors are missing"), "{error}");
}

/// Where it fails, the file is to be written anew: it says what is to be in it.
#[test]
fn the_kept_steps_of_the_built_in_network_are_those_that_calibration_finds() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/efficientnet_lite2.largest.json");
    let kept: Vec<f32> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let found = efficientnet_lite2::largest(&network(Precision::F32, &[]), Path::new("")).unwrap();
    let same = |(kept, found): (&f32, &f32)| (kept - found).abs() <= 1e-4 * found;
    let all = kept.len() == found.len() && kept.iter().zip(&found).all(same);
    assert!(all, "expected {}", serde_json::to_string(&found).unwrap());
}
