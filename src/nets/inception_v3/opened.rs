//! A weights file that has been opened as an Inception v3.

use std::collections::HashMap;
use std::path::Path;

use super::layers::{self, Block, NAME};
use super::options::Options;
use super::variant::{self, Variant};
use super::{description, frozen_graph, keras};
use crate::nets::error::{Loaded, NetError};
use crate::nets::folding;
use crate::nets::identity::{Identity, Source};
use crate::nets::network::{NetworkSettings, Recognized};
use crate::nets::settings::Weights;
use crate::nets::weights::{Format, WeightsFile};

/// The built-in weights.
pub(super) const BUILT_IN: &[u8] =
    include_bytes!("../../../assets/inception_v3-nsfwjs.u8.safetensors");

/// Weights and rules of one Inception v3: all that is needed to build it, on any device.
pub(super) struct Opened {
    /// Has all tensors up to the last tap.
    pub file: WeightsFile,
    pub variant: Variant,
    /// Places among the network's blocks.
    pub taps: Vec<usize>,
    /// The blocks up to the last tap.
    pub layers: Vec<Block>,
    /// Follows from the file and the variant.
    pub identity: Identity,
}

/// What a file holds, where it is this network.
pub(super) fn recognize(file: &WeightsFile) -> Option<Recognized> {
    let first = "Conv2d_1a_3x3.conv.weight";
    let names = match file.format() {
        Format::FrozenGraph => frozen_graph::names(file),
        Format::Keras => keras::names(file),
        Format::Safetensors | Format::StateDict => HashMap::new(),
    };
    let called = names.get(first).map_or(first, String::as_str);
    (file.shape(called) == Some(&[32, 3, 3, 3])).then_some(Recognized { name: NAME, seconds: None })
}

impl Opened {
    /// Opens the weights that an experiment names; a file is sought below `root`.
    pub fn open(network: &NetworkSettings, root: &Path) -> Loaded<Opened> {
        let file = WeightsFile::open(&network.weights, BUILT_IN, root)?;
        let file = match file.format() {
            Format::FrozenGraph => {
                let names = frozen_graph::names(&file);
                file.with_names(names)
            }
            Format::Keras => {
                let names = keras::names(&file);
                file.with_names(names)
            }
            Format::Safetensors | Format::StateDict => file,
        };
        let variant = Variant::resolve(&Options::of(&network.options), &network.taps, &file)?;
        let mut layers = layers::layers();
        let taps = taps(&file, &variant, &layers)?;
        layers.truncate(1 + taps.iter().max().copied().unwrap_or_default());
        refuse_early_end(&file, &layers)?;
        folding::check(&file, NAME, &layers::conv_shapes(&layers))?;
        let weights = match &network.weights {
            Weights::BuiltIn => "built-in".to_owned(),
            Weights::File(path) => {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
        };
        let blake3 = file.blake3().to_owned();
        let identity =
            description::identity(weights, blake3, &variant, network.resize_of_built_in());
        Ok(Opened { file, variant, taps, layers, identity })
    }

    /// Whether the accuracy of 8-bit integers was measured: with the built-in weights, and with those
    /// of 2015, which go up to Mixed_7a (docs/cpu.md).
    pub fn is_int8_measured(&self) -> bool {
        let last = self.layers.last().map(|block| block.name);
        self.file.is_built_in() || !matches!(last, Some("Mixed_7b" | "Mixed_7c"))
    }

    /// Numbers in a feature.
    pub fn feature_len(&self) -> usize {
        let leaving = layers::leaving(&self.layers);
        self.taps.iter().map(|tap| leaving[*tap]).sum()
    }
}

/// Places of the taps among the blocks. The error names the file when its metadata says the taps.
fn taps(file: &WeightsFile, variant: &Variant, layers: &[Block]) -> Loaded<Vec<usize>> {
    let taps = &variant.taps;
    layers::find_taps(&taps.value, layers).map_err(|err| match taps.source {
        Source::Metadata => NetError::Metadata {
            file: file.name().to_owned(),
            key: "taps",
            found: taps.value.join(", "),
            expected: "blocks of Inception v3, none of them twice",
            setting: variant::TAPS_SETTING,
        },
        _ => err,
    })
}

/// Refuses a file that ends before the last of `layers`, which is a tap.
fn refuse_early_end(file: &WeightsFile, layers: &[Block]) -> Loaded<()> {
    let there = layers::present(file, layers).and_then(<[Block]>::last);
    match (there, layers.last()) {
        (Some(last), Some(tap)) if last.name != tap.name => Err(NetError::EndsEarly {
            file: file.name().to_owned(),
            last: last.name,
            tap: tap.name,
        }),
        _ => Ok(()),
    }
}
