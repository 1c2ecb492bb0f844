//! Networks of the crate candle-transformers, by their features, with weights as timm publishes them.
//!
//! The program has no weights of them. A file is recognised by its tensors: they tell the size, and
//! every tensor must be one that the network uses or that its classifier had, so that a relative that
//! computes something else is refused and not taken for the network. How it takes photos is found in
//! `preprocessing`; each file beside is a family.
//!
//! Not every network of that crate is here, and not every size: only what was compared with timm
//! (`tests/candle_networks.rs`).

/// Declares the network whose sizes `FAMILY` has, beside it.
macro_rules! network {
    ($name:literal, $meaning:literal) => {
        $crate::nets::network::Network {
            name: $name,
            meaning: $meaning,
            measured: None,
            built_in: None,
            options: &[],
            load: |settings, root, device| FAMILY.load(settings, root, device),
            nodes: |settings, root, graph, pictures| FAMILY.nodes(settings, root, graph, pictures),
            check: |settings| FAMILY.check(settings),
            recognize: |file| FAMILY.recognize(file),
            own_settings: $crate::nets::candle_networks::own_settings,
        }
    };
}

mod convnext;
mod dinov2;
mod fastvit;
mod layers;
mod mobilenet_v4;
mod preprocessing;
mod repvgg;
mod resnet;
mod tensors;
#[cfg(test)]
mod tests;

use std::path::Path;

use candle_core::{Device, Result, Tensor};
use candle_nn::{Func, VarBuilder};

use super::backbone::Backbone;
use super::compute;
use super::error::{Loaded, NetError};
use super::identity::{Identity, Property, Source};
use super::network::{NetworkSettings, OptionValues, OwnSettings, Recognized};
use super::preprocess::Preprocess;
use super::settings::{Precision, Weights};
use super::taps;
use super::weights::WeightsFile;
use crate::config::expand_home;
use crate::onnx::{Graph, Value};

use layers::{Layers, Map};

pub(super) use convnext::NETWORK as CONVNEXT;
pub(super) use dinov2::NETWORK as DINOV2;
pub(super) use fastvit::NETWORK as FASTVIT;
pub(super) use mobilenet_v4::NETWORK as MOBILENET_V4;
pub(super) use repvgg::NETWORK as REPVGG;
pub(super) use resnet::NETWORK as RESNET;

/// Pictures that a GPU is given at a time.
const GPU_BATCH: usize = 32;

/// Networks that differ in their size only.
struct Family {
    /// In messages.
    name: &'static str,
    /// In identities.
    backbone: &'static str,
    sizes: &'static [Size],
    /// Of the pictures that it can take.
    sides: Sides,
    /// What can be pooled into the feature, all of it unless an experiment chooses.
    taps: &'static [&'static str],
    /// What the names of tensors begin with that only the classifier uses.
    classifier: &'static [&'static str],
    /// Adds the size of this name to an ONNX graph: from normalised pictures to a map for each tap.
    nodes: fn(&mut Layers, &str, &Map) -> Loaded<Vec<Map>>,
}

/// Sides of pictures, in pixels.
#[derive(Clone, Copy)]
enum Sides {
    /// Any from this one on: after all halvings something is left.
    From(usize),
    /// Multiples of this one only.
    Multiples(usize),
    /// This one only.
    Only(usize),
}

impl Sides {
    fn include(self, side: usize) -> bool {
        match self {
            Sides::From(least) => side >= least,
            Sides::Multiples(of) => side >= of && side.is_multiple_of(of),
            Sides::Only(side_of_training) => side == side_of_training,
        }
    }

    fn words(self) -> String {
        match self {
            Sides::From(least) => format!("{least} or more"),
            Sides::Multiples(of) => format!("a multiple of {of}"),
            Sides::Only(side) => format!("{side}"),
        }
    }
}

/// One network of a family.
struct Size {
    /// As timm calls it.
    name: &'static str,
    /// Tensors by which a file is known to be of this size, with their shapes.
    marks: &'static [(&'static str, &'static [usize])],
    /// A tensor that only a larger one has.
    lacks: &'static [&'static str],
    /// Of each tap.
    channels: usize,
    /// What a photo took one thread of a core of an AMD EPYC with AVX-512, computed by candle; of those
    /// with more than 100 million numbers it is estimated from the next smaller one.
    seconds: f64,
    build: fn(VarBuilder<'static>) -> Result<Maps>,
}

/// Pictures `[n, 3, side, side]`, normalised, to a map `[n, channels, rows, columns]` for each tap of
/// the family.
type Maps = Box<dyn Fn(&Tensor) -> Result<Vec<Tensor>> + Send + Sync>;

/// A network that gives its features already pooled, `[n, channels]`: a map of one place.
fn pooled(network: Func<'static>) -> Maps {
    Box::new(move |pictures| {
        let features = pictures.apply(&network)?.flatten_from(1)?;
        Ok(vec![features.unsqueeze(2)?.unsqueeze(3)?])
    })
}

/// The licence of published weights of the file's name.
pub(super) fn licence(path: &Path, size: &str) -> Option<&'static str> {
    preprocessing::licence(path, size)
}

/// The tap of a family with a single one.
const POOLED: &[&str] = &["pooled"];

impl Family {
    /// As experiments have it.
    #[cfg(test)]
    fn network_name(&self) -> String {
        self.backbone.replace('-', "_")
    }

    /// The size that a file is of.
    fn size(&self, file: &WeightsFile) -> Option<&'static Size> {
        let prefix = tensors::prefix(file);
        let shape = |name: &str| file.shape(&format!("{prefix}{name}"));
        self.sizes.iter().find(|size| {
            size.marks.iter().all(|(name, expected)| shape(name) == Some(expected))
                && size.lacks.iter().all(|name| shape(name).is_none())
        })
    }

    fn recognize(&self, file: &WeightsFile) -> Option<Recognized> {
        let Size { name, seconds, .. } = self.size(file)?;
        Some(Recognized { name, seconds: Some(*seconds) })
    }

    /// Refuses settings that it cannot have.
    fn check(&self, network: &NetworkSettings) -> Loaded<()> {
        if !matches!(network.precision, Precision::Auto | Precision::F32) {
            return Err(NetError::OnlyF32 { network: self.name });
        }
        match network.taps.is_empty() {
            true => Ok(()),
            false => taps::find(self.name, &network.taps, self.taps).map(drop),
        }
    }

    /// Adds it to an ONNX graph; see [`crate::nets::network::Nodes`].
    fn nodes(
        &'static self,
        network: &NetworkSettings,
        root: &Path,
        graph: &mut Graph,
        pictures: &Value,
    ) -> Loaded<Vec<Value>> {
        let file = WeightsFile::open(&network.weights, &[], root)?;
        let (Some(size), Some(preprocess)) = (self.size(&file), network.preprocess) else {
            return Err(self.unknown_size(&file));
        };
        let pictures = Map { value: pictures.clone(), channels: 3, side: preprocess.side };
        let mut layers = Layers { network: size.name, file: &file, graph };
        let maps = (self.nodes)(&mut layers, size.name, &pictures)?;
        let places = match network.taps.is_empty() {
            true => (0..self.taps.len()).collect(),
            false => taps::find(self.name, &network.taps, self.taps)?,
        };
        Ok(places.into_iter().map(|place| maps[place].value.clone()).collect())
    }

    fn unknown_size(&self, file: &WeightsFile) -> NetError {
        NetError::UnknownSize {
            network: self.name,
            file: file.name().to_owned(),
            known: self.sizes.iter().map(|size| size.name).collect(),
        }
    }

    fn load(
        &'static self,
        network: &NetworkSettings,
        root: &Path,
        device: &Device,
    ) -> Loaded<Box<dyn Backbone>> {
        let Weights::File(path) = &network.weights else {
            return Err(NetError::NoBuiltIn { network: self.name });
        };
        let path = root.join(expand_home(path));
        self.check(network)?;
        let file = WeightsFile::open(&network.weights, &[], root)?;
        let size = self.size(&file).ok_or_else(|| self.unknown_size(&file))?;
        let (preprocess, preprocess_source) = match network.preprocess {
            Some(preprocess) => (preprocess, Source::Setting),
            None => preprocessing::find(self, size, &file, &path, network.resize)?,
        };
        let (taps, taps_source) = match network.taps.is_empty() {
            true => (self.taps.iter().map(|tap| (*tap).to_owned()).collect(), Source::Assumed),
            false => (network.taps.clone(), Source::Setting),
        };
        let places = taps::find(self.name, &taps, self.taps)?;
        let property =
            |name: &str, value: String, source| Property { name: name.to_owned(), value, source };
        let identity = Identity {
            backbone: self.backbone.to_owned(),
            weights: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            weights_blake3: file.blake3().to_owned(),
            preprocess,
            preprocess_source: Some(preprocess_source),
            properties: vec![
                property(SIZE, size.name.to_owned(), Source::Tensors),
                property(TAPS, taps.join(BETWEEN_TAPS), taps_source),
            ],
        };
        let maps = tensors::build(file, self, size, device)?;
        let feature_len = places.len() * size.channels;
        let device = device.clone();
        Ok(Box::new(Borrowed { identity, maps, taps: places, feature_len, device }))
    }
}

const SIZE: &str = "size";
const TAPS: &str = "taps";
const BETWEEN_TAPS: &str = ", ";

/// What an identity says of the settings that these networks have.
fn own_settings(identity: &Identity) -> Loaded<OwnSettings> {
    let taps = identity.property(TAPS).ok_or_else(|| NetError::property(identity, TAPS))?;
    let taps = taps.value.split(BETWEEN_TAPS).map(str::to_owned).collect();
    Ok(OwnSettings { taps, options: OptionValues::default() })
}

/// A network with its weights.
struct Borrowed {
    identity: Identity,
    maps: Maps,
    /// Places among the taps of the family.
    taps: Vec<usize>,
    feature_len: usize,
    device: Device,
}

impl Borrowed {
    /// `[n, 3, side, side]`, pixel values 0 to 255, to a map for each tap that was chosen.
    fn tapped(&self, pictures: &Tensor) -> Result<Vec<Tensor>> {
        let Preprocess { side, .. } = self.identity.preprocess;
        let (_, channels, height, width) = pictures.dims4()?;
        if (channels, height, width) != (3, side, side) {
            candle_core::bail!(
                "the network takes pictures of 3 x {side} x {side}, not {channels} x {height} x \
                 {width}"
            );
        }
        let ranges = self.identity.preprocess.factors_and_offsets();
        let each = |part: [f64; 3]| {
            let part = part.map(|number| number as f32);
            Tensor::new(&part, &self.device)?.reshape((1, 3, 1, 1))
        };
        let (factors, offsets) = (each(ranges.map(|(f, _)| f))?, each(ranges.map(|(_, o)| o))?);
        let pictures = pictures.to_device(&self.device)?;
        let normalised = pictures.broadcast_mul(&factors)?.broadcast_add(&offsets)?;
        let maps = (self.maps)(&normalised)?;
        Ok(self.taps.iter().map(|tap| maps[*tap].clone()).collect())
    }
}

impl Backbone for Borrowed {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn feature_len(&self) -> usize {
        self.feature_len
    }

    fn precision(&self) -> Precision {
        Precision::F32
    }

    fn arithmetic(&self) -> &str {
        if self.device.is_cuda() { "cuda-f32" } else { "f32" }
    }

    fn batch(&self) -> usize {
        if self.device.is_cuda() { GPU_BATCH } else { 1 }
    }

    fn features(&self, pictures: &Tensor) -> Result<Tensor> {
        let features = compute::pooled(&self.tapped(pictures)?)?;
        match features.dims() {
            [_, len] if *len == self.feature_len => Ok(features),
            other => candle_core::bail!("features are {other:?}, not {} long", self.feature_len),
        }
    }

    fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        compute::single(&self.tapped(&picture.unsqueeze(0)?)?)
    }
}
