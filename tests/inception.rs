//! Inception v3 and its weights files, against outputs of PyTorch (`tests/golden/`).

#[path = "common/skip.rs"]
mod skip;
mod state_dict;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use candle_core::{DType, Device, Tensor, safetensors};
use retrain::dataset::{self, Detail};
use retrain::kernels::{Engine, Format, InstructionSet, Rounding, Trunk};
use retrain::nets::inception_v3::{
    self, InputRange, LastPool, Options, PlainInceptionV3, PoolPadding,
};
use retrain::nets::{
    self, Backbone, Computed, DeviceChoice, NetworkSettings, Precision, Resize, Source, Weights,
};
use skip::skipped;
use state_dict::{StateDict, save_old, save_zip};

const BLOCKS: [&str; 11] = [
    "Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e",
    "Mixed_7a", "Mixed_7b", "Mixed_7c",
];

fn network(weights: Weights) -> NetworkSettings {
    NetworkSettings {
        weights,
        resize: Some(Resize::Legacy),
        precision: Precision::F32,
        device: DeviceChoice::Cpu,
        ..NetworkSettings::default()
    }
}

fn with_options(options: Options, network: NetworkSettings) -> NetworkSettings {
    NetworkSettings { options: options.to_values(), ..network }
}

fn every_block(weights: Weights) -> NetworkSettings {
    NetworkSettings { taps: BLOCKS.map(str::to_owned).to_vec(), ..network(weights) }
}

fn try_load(network: &NetworkSettings, root: &Path) -> Result<Computed, nets::NetError> {
    inception_v3::load(network, root, &Device::Cpu)
}

fn load(network: &NetworkSettings) -> Computed {
    try_load(network, Path::new("")).unwrap()
}

fn value<'a>(net: &'a Computed, property: &str) -> &'a str {
    &net.identity().property(property).unwrap().value
}

/// The same in plain candle operations.
fn plain(network: &NetworkSettings) -> PlainInceptionV3 {
    PlainInceptionV3::load(network, Path::new(""), &Device::Cpu).unwrap()
}

fn golden(file: &str) -> HashMap<String, Tensor> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/");
    safetensors::load(format!("{folder}{file}"), &Device::Cpu).unwrap()
}

fn shared(file: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = if beside.is_dir() { beside } else { std::env::var_os("RETRAIN_SHARED")?.into() };
    Some(folder.join(file)).filter(|path| path.is_file())
}

/// The picture `t` of the metadata of `inception_features.safetensors`: integers `[3, 299, 299]`.
fn picture(t: usize) -> Vec<u32> {
    let triangle = |n: u32| if n % 512 < 256 { n % 512 } else { 511 - n % 512 };
    let value = |c: u32, y: u32, x: u32| match t {
        0 => {
            let mut h = ((c * 299 + y) * 299 + x).wrapping_mul(2654435761).wrapping_add(12345);
            h ^= h >> 15;
            h = h.wrapping_mul(2246822519);
            h ^= h >> 13;
            h >> 24
        }
        1 => (triangle(3 * y + x) + triangle(2 * x + 40 * c)) / 2,
        _ if y.abs_diff(150).pow(2) + x.abs_diff(140).pow(2) < 6400 => 255 - 60 * c,
        _ if (y / 23 + x / 31) % 2 == 1 => 200 - 40 * c,
        _ => 30 + 50 * c,
    };
    let pixels = (0..3).flat_map(|c| (0..299).flat_map(move |y| (0..299).map(move |x| (c, y, x))));
    pixels.map(|(c, y, x)| value(c, y, x)).collect()
}

/// The pictures as the network gets them there, `k / 256` in `[0, 1]`: `[1, 3, 299, 299]`.
fn normalised(t: usize) -> Tensor {
    let values: Vec<f32> = picture(t).iter().map(|&k| k as f32 / 256.0).collect();
    Tensor::from_vec(values, (1, 3, 299, 299), &Device::Cpu).unwrap()
}

/// Pixel values that the range `[0, 1]` turns into [`normalised`]: `k / 256 * 255`.
fn pixels(t: usize) -> Tensor {
    normalised(t).affine(255.0, 0.0).unwrap()
}

fn pooled(map: &Tensor) -> Vec<f32> {
    map.mean((2, 3)).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn largest_difference(seen: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(seen.len(), expected.len());
    seen.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Mean and deviation of a map over all its numbers, in f64.
fn mean_and_deviation(map: &Tensor) -> [f64; 2] {
    let values: Vec<f32> = map.flatten_all().unwrap().to_vec1().unwrap();
    let n = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    [mean, variance.sqrt()]
}

/// The built-in network with every block as a tap.
fn built_in() -> &'static PlainInceptionV3 {
    static NET: OnceLock<PlainInceptionV3> = OnceLock::new();
    NET.get_or_init(|| plain(&every_block(Weights::BuiltIn)))
}

/// Its maps of the three pictures.
fn built_in_maps() -> &'static [Vec<Tensor>; 3] {
    static MAPS: OnceLock<[Vec<Tensor>; 3]> = OnceLock::new();
    MAPS.get_or_init(|| [0, 1, 2].map(|t| built_in().maps(&normalised(t)).unwrap()))
}

#[test]
fn the_pictures_are_those_of_the_oracle() {
    let sums = [0, 1, 2].map(|t| picture(t).iter().sum::<u32>());
    assert_eq!(sums, [34265068, 33735551, 36679245]);
}

#[test]
fn every_block_of_the_built_in_network_agrees_with_pytorch() {
    let oracle = golden("inception_features.safetensors");
    let expected: Vec<Vec<Vec<f64>>> = oracle["u8.mixed_mean_std_f64"].to_vec3().unwrap();
    for (t, maps) in built_in_maps().iter().enumerate() {
        for (block, (name, map)) in BLOCKS.iter().zip(maps).enumerate() {
            for (seen, expected) in mean_and_deviation(map).iter().zip(&expected[t][block]) {
                let error = (seen - expected).abs() / expected.abs();
                assert!(error < 1e-5, "{name}, picture {t}: {seen}, expected {expected}");
            }
        }
    }
}

#[test]
fn pooled_features_of_the_built_in_network_agree_with_pytorch() {
    let oracle = golden("inception_features.safetensors");
    let expected: Vec<Vec<f64>> = oracle["u8.pooled_f64"].to_vec2().unwrap();
    for (maps, expected) in built_in_maps().iter().zip(expected) {
        let expected: Vec<f32> = expected.into_iter().map(|value| value as f32).collect();
        let error = largest_difference(&pooled(&maps[10]), &expected);
        assert!(error < 1e-5, "{error}");
    }
}

#[test]
fn features_are_the_pooled_maps_of_the_taps_in_their_order() {
    let net = load(&network(Weights::BuiltIn));
    assert_eq!((net.identity().preprocess.side, net.feature_len()), (299, 2048));
    assert_eq!(value(&net, "taps"), "Mixed_6c, Mixed_7a");
    let features = net.features(&pixels(1)).unwrap();
    assert_eq!(features.dims(), [1, 2048]);
    let features: Vec<f32> = features.flatten_all().unwrap().to_vec1().unwrap();
    let maps = &built_in_maps()[1];
    let expected = [pooled(&maps[5]), pooled(&maps[8])].concat();
    assert!(largest_difference(&features, &expected) < 1e-5);
}

#[test]
fn pictures_of_a_batch_do_not_mix() {
    let net = load(&NetworkSettings { taps: vec!["Mixed_5c".into()], ..network(Weights::BuiltIn) });
    let batch = Tensor::cat(&[pixels(2), pixels(1)], 0).unwrap();
    let features: Vec<Vec<f32>> = net.features(&batch).unwrap().to_vec2().unwrap();
    for (row, t) in features.iter().zip([2, 1]) {
        assert!(largest_difference(row, &pooled(&built_in_maps()[t][1])) < 1e-5);
    }
}

#[test]
fn pictures_of_another_size_are_refused() {
    let picture = Tensor::zeros((1, 3, 224, 224), DType::F32, &Device::Cpu).unwrap();
    let net =
        load(&NetworkSettings { taps: vec!["Conv2d_1a_3x3".into()], ..network(Weights::BuiltIn) });
    for error in [net.features(&picture), built_in().features(&picture)] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("3 x 299 x 299, not 3 x 224 x 224"), "{error}");
    }
}

/// What the metadata of the oracle says of each wrong rule: the tests above would see it.
#[test]
fn wrong_rules_change_the_features_as_much_as_the_oracle_says() {
    let right = network(Weights::BuiltIn);
    let last = vec!["Mixed_7c".to_owned()];
    let wrong = [
        (Options { average_pool: Some(PoolPadding::Counted), ..Options::default() }, 0.11..0.24),
        (Options { last_pool: Some(LastPool::Max), ..Options::default() }, 0.22..1.25),
        (
            Options { input_range: Some(InputRange::MinusOneToOne), ..Options::default() },
            0.17..0.22,
        ),
    ];
    for (options, expected) in wrong {
        let network = with_options(options, right.clone());
        let net = load(&NetworkSettings { taps: last.clone(), ..network.clone() });
        for t in [0, 2] {
            let maps = &built_in_maps()[t];
            let seen: Vec<f32> =
                net.features(&pixels(t)).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            let difference = largest_difference(&seen, &pooled(&maps[10]));
            assert!(expected.contains(&difference), "{network:?}, picture {t}: {difference}");
        }
    }
}

#[test]
fn the_f16_file_gives_the_features_that_pytorch_gives() {
    let Some(path) = shared("weights/inception_v3-nsfwjs.f16.safetensors") else {
        skipped("there is no shared/weights/inception_v3-nsfwjs.f16.safetensors");
        return;
    };
    let as_it_is = load(&network(Weights::File(path.clone())));
    assert_eq!(value(&as_it_is, "taps"), "Mixed_6c, Mixed_7a");
    let built_in = load(&network(Weights::BuiltIn));
    assert_eq!(as_it_is.identity().preprocess, built_in.identity().preprocess);
    assert_eq!(as_it_is.identity().properties, built_in.identity().properties);

    let net = plain(&every_block(Weights::File(path)));
    let oracle = golden("inception_features.safetensors");
    let expected: Vec<Vec<f32>> = oracle["f16.pooled_f32"].to_vec2().unwrap();
    let blocks: Vec<Vec<Vec<f64>>> = oracle["f16.mixed_mean_std_f64"].to_vec3().unwrap();
    let maps = net.maps(&normalised(2)).unwrap();
    assert!(largest_difference(&pooled(&maps[10]), &expected[2]) < 1e-5);
    for (map, expected) in maps.iter().zip(&blocks[2]) {
        assert!((mean_and_deviation(map)[0] - expected[0]).abs() < 1e-5 * expected[0]);
    }
}

/// The built-in weights as f32, under the names that PyTorch's files have.
fn state_dict() -> StateDict {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/inception_v3-nsfwjs.u8.safetensors");
    let stored = safetensors::load(file, &Device::Cpu).unwrap();
    let mut state = StateDict::new();
    for (name, codes) in &stored {
        let Some(beside) = stored.get(&format!("{name}.scale_min")) else { continue };
        let [scale, min] = beside.to_vec1::<f32>().unwrap()[..] else { panic!("{beside}") };
        let numbers = codes.to_dtype(DType::F32).unwrap().affine(scale.into(), min.into()).unwrap();
        if let Some(layer) = name.strip_suffix(".bn.bias") {
            let counter = Tensor::zeros(1, DType::F32, &Device::Cpu).unwrap();
            state.insert(format!("{layer}.bn.weight"), numbers.ones_like().unwrap());
            state.insert(format!("{layer}.bn.num_batches_tracked"), counter);
        }
        state.insert(name.clone(), numbers);
    }
    state
}

fn with(mut state: StateDict, name: &str, shape: (usize, usize)) -> StateDict {
    state.insert(name.to_owned(), Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap());
    state
}

fn assert_features_are_those_of(net: &Computed, oracle: &str) {
    let expected: Vec<Vec<f32>> =
        golden("inception_variants.safetensors")[oracle].to_vec2().unwrap();
    let whole = |t: usize| -> Vec<f32> { picture(t).iter().map(|&k| k as f32).collect() };
    for t in [0, 2] {
        let pixels = Tensor::from_vec(whole(t), (1, 3, 299, 299), &Device::Cpu).unwrap();
        let seen: Vec<f32> =
            net.features(&pixels).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let error = largest_difference(&seen, &expected[t]);
        assert!(error < 1e-5, "{oracle}, picture {t}: {error}");
    }
}

/// Length of the difference, in lengths of what is expected.
fn relative_error(seen: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(seen.len(), expected.len());
    let length = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let differences = seen.iter().zip(expected).map(|(a, b)| f64::from(a - b));
    length(&mut differences.into_iter()) / length(&mut expected.iter().map(|b| f64::from(*b)))
}

/// The picture `t` as it is, and a photo where there is one: `[1, 3, 299, 299]`, 0 to 255.
fn pictures() -> Vec<Vec<f32>> {
    let mut pictures = vec![picture(2).iter().map(|&k| k as f32).collect()];
    match shared("images/flowers/daisy/11124324295_503f3a0804.jpg") {
        None => skipped("there is no shared/images/flowers: one picture less"),
        Some(file) => {
            let photo = dataset::decode(&std::fs::read(file).unwrap(), 100, Detail::Full).unwrap();
            let net =
                NetworkSettings { resize: Some(Resize::Antialias), ..network(Weights::BuiltIn) };
            pictures.push(load(&net).identity().preprocess.picture(&photo));
        }
    }
    pictures
}

/// The rules of the built-in weights, and the other value of each at once: what is not kept beside
/// the weights is calibrated for 8-bit integers, which takes a minute here.
fn variants() -> Vec<NetworkSettings> {
    let built_in = network(Weights::BuiltIn);
    vec![
        NetworkSettings { taps: vec!["Mixed_7c".into()], ..built_in.clone() },
        NetworkSettings {
            taps: vec!["Mixed_7c".into(), "Mixed_5b".into()],
            ..with_options(
                Options {
                    average_pool: Some(PoolPadding::Counted),
                    last_pool: Some(LastPool::Max),
                    input_range: Some(InputRange::RetrainPy),
                    batch_norm_epsilon: Some(1e-2),
                },
                built_in,
            )
        },
    ]
}

#[test]
fn every_variant_by_the_kernels_is_that_of_plain_candle() {
    for network in variants() {
        let plain = plain(&network);
        let engines = Format::ALL.into_iter().flat_map(Engine::of);
        let by_amx = Engine::new(Format::Int8(Rounding::Full), InstructionSet::EmulatedAmx);
        let trunks: Vec<Trunk> = engines
            .filter(|engine| engine.is_fast())
            .chain(by_amx)
            .map(|engine| inception_v3::on_engine(&network, Path::new(""), engine).unwrap())
            .collect();
        for picture in pictures() {
            let pixels = Tensor::from_slice(&picture, (1, 3, 299, 299), &Device::Cpu).unwrap();
            let expected = plain.features(&pixels).unwrap().flatten_all().unwrap();
            let expected: Vec<f32> = expected.to_vec1().unwrap();
            let mut int8: HashMap<&str, Vec<f32>> = HashMap::new();
            for trunk in &trunks {
                let engine = trunk.plan().engine();
                let mut seen = vec![0.0; expected.len()];
                trunk.features(&picture, &mut seen);
                let error = relative_error(&seen, &expected);
                let largest = match engine.format() {
                    Format::F32 => 1e-5,
                    Format::Bf16 => 0.02,
                    Format::Int8(Rounding::Full) => 0.06,
                    Format::Int8(Rounding::Reduced) => 0.1,
                };
                assert!(error < largest, "{engine:?}, {network:?}: {error}");
                if let Format::Int8(rounding) = engine.format() {
                    let bits = int8.entry(rounding.name()).or_insert_with(|| seen.clone());
                    assert!(*bits == seen, "{engine:?} has other bits than the one before");
                }
            }
        }
    }
}

/// In every engine that can run here, and in plain Candle.
#[test]
fn the_mean_of_each_map_is_the_feature() {
    let taps = ["Conv2d_4a_3x3", "Mixed_5d", "Mixed_6a"];
    let network =
        NetworkSettings { taps: taps.map(str::to_owned).to_vec(), ..network(Weights::BuiltIn) };
    let shapes = [[192, 71, 71], [288, 35, 35], [768, 17, 17]];
    let picture = pictures().remove(0);
    let pixels = Tensor::from_slice(&picture, (1, 3, 299, 299), &Device::Cpu).unwrap();
    // Means in f64, so that the difference is the rounding of the feature alone.
    let mean = |values: &[f32], area: usize| -> Vec<f32> {
        let sum = |map: &[f32]| map.iter().map(|v| f64::from(*v)).sum::<f64>();
        values.chunks_exact(area).map(|map| (sum(map) / area as f64) as f32).collect()
    };
    let plain = plain(&network);
    let maps = plain.maps_of(&pixels.squeeze(0).unwrap()).unwrap();
    let feature: Vec<f32> =
        plain.features(&pixels).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    let means: Vec<f32> = maps
        .iter()
        .zip(shapes)
        .flat_map(|(map, shape)| {
            assert_eq!(map.dims(), shape);
            mean(&map.flatten_all().unwrap().to_vec1::<f32>().unwrap(), shape[1] * shape[2])
        })
        .collect();
    assert!(relative_error(&feature, &means) < 1e-6);
    for engine in Format::ALL.into_iter().flat_map(Engine::of) {
        let trunk = inception_v3::on_engine(&network, Path::new(""), engine).unwrap();
        let mut feature = vec![0.0; trunk.plan().feature_len()];
        trunk.features(&picture, &mut feature);
        let maps = trunk.maps(&picture);
        let means: Vec<f32> = maps
            .iter()
            .zip(shapes)
            .flat_map(|(map, shape)| {
                assert_eq!(map.shape, shape);
                mean(&map.values, shape[1] * shape[2])
            })
            .collect();
        let error = relative_error(&feature, &means);
        assert!(error < 1e-5, "{engine:?}: {error}");
    }
}

#[test]
fn the_network_gives_the_maps_of_its_taps_in_their_order() {
    let net = load(&NetworkSettings {
        taps: vec!["Mixed_5c".into(), "Conv2d_4a_3x3".into()],
        ..network(Weights::BuiltIn)
    });
    let picture = pixels(2).squeeze(0).unwrap();
    let maps = net.maps(&picture).unwrap();
    assert_eq!(maps[1].dims(), [192, 71, 71]);
    let expected = built_in_maps()[2][1].squeeze(0).unwrap();
    assert_eq!(maps[0].dims(), expected.dims());
    let [seen, expected]: [Vec<f32>; 2] =
        [&maps[0], &expected].map(|map| map.flatten_all().unwrap().to_vec1().unwrap());
    assert!(relative_error(&seen, &expected) < 1e-5);
    for wrong in [pixels(2), Tensor::zeros((3, 8, 8), DType::F32, &Device::Cpu).unwrap()] {
        let error = net.maps(&wrong).unwrap_err().to_string();
        assert!(error.contains("takes a picture of [3, 299, 299], not"), "{error}");
    }
}

/// Where it fails, the file is to be written anew: it says what is to be in it.
#[test]
fn the_kept_steps_of_the_built_in_network_are_those_that_calibration_finds() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/inception_v3-nsfwjs.largest.json");
    let kept: Vec<f32> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let whole = NetworkSettings { taps: vec!["Mixed_7c".into()], ..network(Weights::BuiltIn) };
    let found = inception_v3::largest(&whole, Path::new("")).unwrap();
    let same = |(kept, found): (&f32, &f32)| (kept - found).abs() <= 1e-4 * found;
    let all = kept.len() == found.len() && kept.iter().zip(&found).all(same);
    assert!(all, "expected {}", serde_json::to_string(&found).unwrap());
}

/// Of padding, last pool, input range, epsilon and taps.
fn sources(net: &Computed) -> Vec<Source> {
    let names = ["average_pool_padding", "last_pool", "input_range", "batch_norm_epsilon", "taps"];
    assert_eq!(net.identity().properties.len(), names.len());
    names.map(|name| net.identity().property(name).unwrap().source).to_vec()
}

#[test]
fn a_file_with_an_auxiliary_classifier_is_computed_as_torchvision_does() {
    let folder = tempfile::tempdir().unwrap();
    let state = with(state_dict(), "AuxLogits.fc.weight", (1000, 768));
    save_zip(&with(state, "fc.weight", (1000, 2048)), &folder.path().join("tv.pth"));
    let file = Weights::File("tv.pth".into());
    let net = try_load(&network(file), folder.path()).unwrap();
    assert_eq!(sources(&net), [Source::Tensors; 5]);
    assert_eq!(net.identity().weights, "tv.pth");
    assert_features_are_those_of(&net, "torchvision.pooled");
}

#[test]
fn a_file_with_1008_classes_is_computed_as_pytorch_fid_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fid.pth");
    save_old(&with(state_dict(), "fc.weight", (1008, 2048)), &path);
    let net = load(&network(Weights::File(path)));
    assert_eq!(sources(&net), [Source::Tensors; 5]);
    assert_features_are_those_of(&net, "pytorch_fid.pooled");
}

#[test]
fn what_neither_setting_nor_file_says_is_stated_as_assumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tf_in1k.safetensors");
    let state: HashMap<_, _> = with(state_dict(), "fc.weight", (1000, 2048)).into_iter().collect();
    safetensors::save(&state, &path).unwrap();
    let given = with_options(
        Options { last_pool: Some(LastPool::Average), ..Options::default() },
        NetworkSettings { taps: vec!["Conv2d_4a_3x3".into()], ..network(Weights::File(path)) },
    );
    let net = load(&given);
    assert_eq!(net.feature_len(), 192);
    use Source::{Assumed, Setting};
    assert_eq!(sources(&net), [Assumed, Setting, Assumed, Assumed, Setting]);
    let lines = net.identity().lines();
    let shown = |name: &str| lines.iter().find(|line| line.0 == name).unwrap().1.clone();
    assert_eq!(shown("average_pool_padding"), "counted (assumed)");
    assert_eq!(shown("input_range"), "minus-one-to-one (assumed)");
    assert_eq!(shown("last_pool"), "average (setting)");
}

#[test]
fn an_unknown_tap_names_the_known_ones() {
    let network = NetworkSettings { taps: vec!["Mixed_8a".into()], ..network(Weights::BuiltIn) };
    let error = try_load(&network, Path::new("")).err().unwrap().to_string();
    assert!(error.starts_with("taps: there is no 'Mixed_8a'; Inception v3 has Conv2d_1a_3x3, "));
    assert!(error.ends_with("Mixed_7b, Mixed_7c"), "{error}");
}

#[test]
fn an_incomplete_file_is_refused_with_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.pth");
    let mut state = state_dict();
    state.retain(|name, _| !name.starts_with("Mixed_7c.branch_pool"));
    let name = "Mixed_7b.branch1x1.conv.weight";
    save_old(&with(state, name, (320, 1280)), &path);
    let error = try_load(&network(Weights::File(path)), Path::new(""));
    let error = error.err().unwrap().to_string();
    for part in [
        "part.pth: 6 of Inception v3's tensors are missing or wrong: ",
        "Mixed_7b.branch1x1.conv.weight is [320, 1280], expected [320, 1280, 1, 1]; ",
        "Mixed_7c.branch_pool.conv.weight is missing; ",
        "; ...; expected the key names",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn weights_that_end_at_the_last_tap_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let saved = |name: &str, without: &[&str]| {
        let mut state = state_dict();
        state.retain(|tensor, _| !without.iter().any(|block| tensor.starts_with(block)));
        let path = folder.path().join(name);
        save_old(&state, &path);
        network(Weights::File(path))
    };
    // Pool and range as the built-in weights have them.
    let options = Options {
        average_pool: Some(PoolPadding::Excluded),
        input_range: Some(InputRange::ZeroToOne),
        ..Options::default()
    };
    let whole = load(&network(Weights::BuiltIn)).features(&pixels(1)).unwrap();
    let short = saved("to_7a.pth", &["Mixed_7b", "Mixed_7c"]);
    let net = load(&with_options(options, short.clone()));
    assert_eq!(value(&net, "taps"), "Mixed_6c, Mixed_7a");
    assert_eq!(net.identity().property("taps").unwrap().source, Source::Tensors);
    let difference = (net.features(&pixels(1)).unwrap() - &whole).unwrap().abs().unwrap();
    assert_eq!(difference.max_all().unwrap().to_scalar::<f32>().unwrap(), 0.0);

    let beyond = NetworkSettings { taps: vec!["Mixed_7c".into()], ..short };
    let error = try_load(&beyond, Path::new("")).err().unwrap().to_string();
    let expected = "to_7a.pth: the network in it ends at Mixed_7a, and the tap Mixed_7c lies beyond; \
                    choose taps up to Mixed_7a in network.taps, or take a file with the whole network";
    assert!(error.ends_with(expected), "{error}");

    // Some tensors of the next block are damage, not an end.
    let torn = saved("torn.pth", &["Mixed_7c", "Mixed_7b.branch3x3", "Mixed_7b.branch_pool"]);
    let error = try_load(&torn, Path::new("")).err().unwrap().to_string();
    assert!(error.contains("tensors are missing or wrong: Mixed_7b.branch3x3_1.conv"), "{error}");

    let stem = saved("to_6b.pth", &["Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7"]);
    assert_eq!(value(&load(&stem), "taps"), "Mixed_6b");
}

/// `auto` is 8-bit integers where these are fast and their accuracy was measured: up to Mixed_7a.
#[test]
fn the_precision_of_weights_from_a_file_depends_on_how_far_the_network_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.pth");
    save_old(&state_dict(), &path);
    let int8 = Format::Int8(Rounding::of_this_processor());
    let fast = match Engine::best(int8).is_fast() {
        true => Precision::Int8,
        false => Precision::F32,
    };
    for (taps, expected) in [
        (&["Mixed_6c", "Mixed_7a"][..], fast),
        (&["Mixed_7a", "Mixed_7b"], Precision::F32),
        (&[], Precision::F32),
    ] {
        let taps = taps.iter().map(|tap| (*tap).to_owned()).collect();
        let weights = Weights::File(path.clone());
        let auto = NetworkSettings { taps, precision: Precision::Auto, ..network(weights) };
        assert_eq!(load(&auto).precision(), expected, "{:?}", auto.taps);
    }
}

#[test]
fn the_network_of_2015_up_to_its_last_tap_is_taken_as_it_says() {
    let file = "weights/inception_v3-2015-12-05-to-Mixed_7a.u8.safetensors";
    let Some(path) = shared(file) else {
        skipped(&format!("there is no shared/{file}"));
        return;
    };
    let net = load(&network(Weights::File(path)));
    assert_eq!(net.feature_len(), 768 + 1280);
    assert_eq!(value(&net, "taps"), "Mixed_6c, Mixed_7a");
    assert_eq!(value(&net, "last_pool"), "max");
    assert_eq!(value(&net, "input_range"), "minus-one-to-one");
    assert_eq!(net.features(&pixels(1)).unwrap().dims(), [1, 2048]);
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (value, named) in [(f32::NAN, "bn.bias holds"), (f32::INFINITY, "bn.bias holds")] {
        let path = folder.path().join("nan.pth");
        let mut state = state_dict();
        let bias = Tensor::full(value, 32, &Device::Cpu).unwrap();
        state.insert("Conv2d_2a_3x3.bn.bias".into(), bias);
        save_old(&state, &path);
        let error = load(&network(Weights::File(path))).features(&pixels(0));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(named) && error.contains("not finite"), "{error}");
    }
}
