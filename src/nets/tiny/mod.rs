//! A second network, for tests only: another size of picture, another cut, another normalisation,
//! another length of its features and an option of its own.
//!
//! It is this folder and a line in the list of networks. If it ever needs a third place, that place
//! knows more of Inception v3 than it should.

use std::path::Path;

use candle_core::{Device, Result, Tensor};

use super::backbone::Backbone;
use super::error::{Loaded, NetError};
use super::identity::{Identity, Property, Source};
use super::network::{Network, NetworkSettings, OptionValues, OwnSettings};
use super::on_cpu::{self, Blueprint, OnCpu};
use super::preprocess::{Crop, Preprocess};
use super::settings::Precision;
use crate::kernels::{Activation, Conv, Graph as Layout};
use crate::onnx::{Conv as Meets, Graph, Numbers, Value};
use crate::random::Rng;
use crate::setting::{Field, FieldType, Kind, Range};

/// As it stands in the list of networks.
pub(super) const NETWORK: Network = Network {
    name: "tiny",
    meaning: "two convolutions, for tests",
    measured: None,
    built_in: Some(b"drawn from seed 5"),
    options: &[GAIN],
    load: |settings, _, _| Ok(Box::new(Tiny::new(settings)?)),
    nodes: |settings, _, graph, pictures| Ok(Tiny::new(settings)?.nodes(graph, pictures)),
    check: |_| Ok(()),
    recognize: |_| None,
    own_settings,
};

/// Its one option.
const GAIN: Field = Field::new(
    "network.tiny.gain",
    Kind::Float(Range::closed(0.0, 10.0).above()),
    "1",
    "what the last convolution is multiplied by",
);

const SIDE: usize = 32;
/// Channels of its two maps, both of which are pooled into the feature.
const CHANNELS: [usize; 2] = [16, 32];

struct Tiny {
    identity: Identity,
    precision: Precision,
    compute: OnCpu,
    convs: [Conv; 2],
}

impl Tiny {
    fn new(settings: &NetworkSettings) -> Loaded<Tiny> {
        let gain: f64 = settings.options.get(&GAIN);
        let precision = match settings.precision {
            Precision::Auto => Precision::F32,
            asked => asked,
        };
        let identity = Identity {
            backbone: "tiny".to_owned(),
            weights: "built-in".to_owned(),
            weights_blake3: blake3::hash(b"drawn from seed 5").to_hex().to_string(),
            preprocess: Preprocess {
                side: SIDE,
                resize: settings.resize_of_built_in(),
                crop: Crop::Centre { shorter_side: 36 },
                mean: [123.675, 116.28, 103.53],
                std: [58.395, 57.12, 57.375],
            },
            preprocess_source: None,
            properties: vec![Property {
                name: "gain".to_owned(),
                value: gain.to_string(),
                source: Source::Setting,
            }],
        };
        let layers = Layers { preprocess: identity.preprocess, gain: gain as f32 };
        let convs = layers.convs();
        let compute = OnCpu::new(layers, on_cpu::engine(precision, settings));
        Ok(Tiny { identity, precision, compute, convs })
    }
}

impl Tiny {
    fn nodes(&self, graph: &mut Graph, pictures: &Value) -> Vec<Value> {
        let mut maps = vec![pictures.clone()];
        for conv in &self.convs {
            let (out, of_each) = (conv.bias.len(), conv.weight.len() / conv.bias.len());
            let weight = Numbers::F32(conv.weight.clone());
            let weight = graph.stored(&conv.name, &[out, of_each / 9, 3, 3], weight);
            let bias = graph.numbers(&[out], &conv.bias);
            let sums = graph.conv(&maps[maps.len() - 1], &weight, Some(&bias), Meets::padded(2, 0));
            maps.push(graph.relu(&sums));
        }
        maps.split_off(1)
    }
}

fn own_settings(identity: &Identity) -> Loaded<OwnSettings> {
    let gain = identity.property("gain").and_then(|gain| gain.value.parse::<f64>().ok());
    let gain = gain.ok_or_else(|| NetError::property(identity, "gain"))?;
    let mut options = OptionValues::default();
    options.set(&GAIN, gain.to_value());
    Ok(OwnSettings { taps: Vec::new(), options })
}

struct Layers {
    preprocess: Preprocess,
    gain: f32,
}

/// `[out, in, 3, 3]` of stride 2, with weights drawn by `rng`.
fn conv(rng: &mut Rng, name: &str, inputs: usize, outputs: usize, gain: f32) -> Conv {
    let reach = (6.0 / (9.0 * inputs as f64)).sqrt();
    let mut draw = |count: usize, reach: f64| -> Vec<f32> {
        (0..count).map(|_| rng.between(-reach, reach) as f32 * gain).collect()
    };
    Conv {
        name: name.to_owned(),
        kernel: [3, 3],
        stride: 2,
        padding: [0, 0],
        weight: draw(9 * inputs * outputs, reach),
        bias: draw(outputs, 0.1),
        activation: Activation::Relu,
    }
}

impl Layers {
    fn convs(&self) -> [Conv; 2] {
        let mut rng = Rng::new(5);
        let first = conv(&mut rng, "first", 3, CHANNELS[0], 1.0);
        [first, conv(&mut rng, "second", CHANNELS[0], CHANNELS[1], self.gain)]
    }
}

impl Blueprint for Layers {
    fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    fn graph(&self) -> Loaded<Layout> {
        let (mut graph, picture) = Layout::new([SIDE; 2], self.preprocess.input_range());
        let [first, second] = self.convs();
        let first = graph.conv(picture, first, None);
        let second = graph.conv(first, second, None);
        graph.mean(first);
        graph.mean(second);
        Ok(graph)
    }

    fn known_largest(&self, _: &Layout) -> Option<Vec<f32>> {
        None
    }
}

impl Backbone for Tiny {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn feature_len(&self) -> usize {
        CHANNELS.iter().sum()
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    fn arithmetic(&self) -> &str {
        self.precision.name()
    }

    fn features(&self, pictures: &Tensor) -> Result<Tensor> {
        self.compute.features(pictures)
    }

    fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        self.compute.maps(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::nets;

    fn settings(precision: Precision) -> NetworkSettings {
        let mut settings =
            NetworkSettings { backbone: &NETWORK, precision, ..NetworkSettings::default() };
        settings.options.set(&GAIN, 2.5.to_value());
        settings
    }

    fn load(settings: &NetworkSettings) -> Box<dyn Backbone> {
        nets::load(settings, Path::new(""), &Device::Cpu).unwrap()
    }

    /// The same by Candle's own operations, from a photo's pixels on.
    fn expected(net: &dyn Backbone, picture: &[f32]) -> Vec<f32> {
        let Preprocess { mean, std, .. } = net.identity().preprocess;
        let pixels = Tensor::from_slice(picture, (1, 3, SIDE, SIDE), &Device::Cpu).unwrap();
        let list = |values: [f64; 3]| {
            Tensor::new(&values.map(|v| v as f32), &Device::Cpu).unwrap().reshape((1, 3, 1, 1))
        };
        let centred = pixels.broadcast_sub(&list(mean).unwrap()).unwrap();
        let mut map = centred.broadcast_div(&list(std).unwrap()).unwrap();
        let mut means = Vec::new();
        let layers = Layers { preprocess: net.identity().preprocess, gain: 2.5 };
        for Conv { weight, bias, .. } in layers.convs() {
            let (out, into) = (bias.len(), weight.len() / bias.len() / 9);
            let weight = Tensor::from_vec(weight, (out, into, 3, 3), &Device::Cpu).unwrap();
            let bias = Tensor::from_vec(bias, (1, out, 1, 1), &Device::Cpu).unwrap();
            let sums = map.conv2d(&weight, 0, 2, 1, 1).unwrap().broadcast_add(&bias).unwrap();
            map = sums.relu().unwrap();
            means
                .extend(map.mean((2, 3)).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap());
        }
        means
    }

    #[test]
    fn a_network_of_another_size_cut_and_normalisation_computes_what_its_identity_says() {
        let photo = demo::draw(0, 3);
        for (precision, largest) in
            [(Precision::F32, 1e-5), (Precision::Bf16, 0.02), (Precision::Int8, 0.05)]
        {
            let net = load(&settings(precision));
            let picture = net.identity().preprocess.picture(&photo);
            let pixels = Tensor::from_slice(&picture, (1, 3, SIDE, SIDE), &Device::Cpu).unwrap();
            let seen: Vec<f32> =
                net.features(&pixels).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            let expected = expected(&*net, &picture);
            assert_eq!((seen.len(), net.feature_len()), (48, 48));
            let length = |values: &mut dyn Iterator<Item = f32>| {
                values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt()
            };
            let off = length(&mut seen.iter().zip(&expected).map(|(a, b)| a - b));
            let error = off / length(&mut expected.iter().copied());
            assert!(error < largest, "{precision:?}: {error}");
            let maps = net.maps(&pixels.squeeze(0).unwrap()).unwrap();
            let means: Vec<f32> = maps
                .iter()
                .flat_map(|map| map.mean((1, 2)).unwrap().to_vec1::<f32>().unwrap())
                .collect();
            let off = length(&mut seen.iter().zip(&means).map(|(a, b)| a - b));
            assert!(off / length(&mut means.iter().copied()) < 1e-6, "{precision:?}");
            assert_eq!(maps[1].dims(), [32, 7, 7]);
        }
    }

    #[test]
    fn its_identity_is_all_that_loads_it_again() {
        let net = load(&settings(Precision::F32));
        let lines: Vec<String> = net
            .identity()
            .lines()
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            lines[3..],
            [
                "side: 32",
                "mean: 123.675, 116.28, 103.53",
                "std: 58.395, 57.12, 57.375",
                "crop: centre of 36",
                "gain: 2.5 (setting)"
            ]
        );
        let kept = serde_json::to_string(net.identity()).unwrap();
        let read: Identity = serde_json::from_str(&kept).unwrap();
        let again = nets::settings(&read, None, net.precision(), settings(Precision::F32).device);
        let preprocess = net.identity().preprocess;
        let expected = NetworkSettings {
            resize: Some(preprocess.resize),
            preprocess: Some(preprocess),
            ..settings(Precision::F32)
        };
        assert_eq!(again.unwrap(), expected);
    }
}
