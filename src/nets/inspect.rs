//! What a weights file is, and whether it can be used, told before a run needs it.

use std::path::Path;

use candle_core::Device;

use super::backbone::Backbone;
use super::candle_networks;
use super::error::{Loaded, NetError};
use super::identity::Identity;
use super::list;
use super::network::{Network, NetworkSettings, Recognized};
use super::settings::Weights;
use super::weights::{Format, WeightsFile};

/// An error names this many tensors.
const NAMED: usize = 3;

/// A name from a file, however long and of whatever characters.
fn harmless(name: &str) -> String {
    name.chars().take(60).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// What is known of weights.
pub struct Inspected {
    /// The network that they are of.
    pub network: &'static Network,
    /// That, with its size where it has several.
    pub recognized: Recognized,
    /// The kind of their file.
    pub format: Format,
    /// Length of the file.
    pub bytes: usize,
    /// In the words of whoever published them; `None`: nothing says it.
    pub licence: Option<String>,
    /// Where they come from, if the file says it.
    pub origin: Option<String>,
    /// The network with these weights, for a run with no other settings, on the CPU.
    pub backbone: Box<dyn Backbone>,
}

/// The weights in a file, relative to `root`.
pub fn inspect(file: &Path, root: &Path) -> Loaded<Inspected> {
    let weights = Weights::File(file.to_owned());
    let opened = WeightsFile::open(&weights, &[], root)?;
    let (network, recognized) = list::recognized(&opened).ok_or_else(|| NetError::NoNetwork {
        file: opened.name().to_owned(),
        first: opened.names().take(NAMED).map(harmless).collect(),
    })?;
    let licence = candle_networks::licence(&root.join(file), recognized.name).map(str::to_owned);
    of(network, recognized, opened, weights, licence, root)
}

/// In whose words the weights of an identity may be used; `None`: nothing says it.
pub fn licence(identity: &Identity, weights_file: Option<&Path>) -> Loaded<Option<String>> {
    let network = list::of_identity(identity)?;
    let weights = weights_file.map_or(Weights::BuiltIn, |file| Weights::File(file.to_owned()));
    let file = WeightsFile::open(&weights, network.built_in.unwrap_or_default(), Path::new(""))?;
    let published = list::recognized(&file).and_then(|(_, recognized)| {
        candle_networks::licence(weights_file.unwrap_or(Path::new("")), recognized.name)
    });
    Ok(file.metadata("license").or(published).map(str::to_owned))
}

/// The weights of a network that are in the program; `None`: there are none.
pub fn inspect_built_in(network: &'static Network) -> Option<Loaded<Inspected>> {
    let opened = WeightsFile::parse("built-in".to_owned(), network.built_in?.into());
    let inspect = |opened: WeightsFile| {
        let recognized = Recognized { name: network.meaning, seconds: None };
        of(network, recognized, opened, Weights::BuiltIn, None, Path::new(""))
    };
    Some(opened.and_then(inspect))
}

fn of(
    network: &'static Network,
    recognized: Recognized,
    file: WeightsFile,
    weights: Weights,
    licence: Option<String>,
    root: &Path,
) -> Loaded<Inspected> {
    let said = |key: &str| file.metadata(key).map(str::to_owned);
    let (licence, origin) = (said("license").or(licence), said("source"));
    let (format, bytes) = (file.format(), file.len());
    drop(file);
    let settings = NetworkSettings { backbone: network, weights, ..NetworkSettings::default() };
    let backbone = super::load(&settings, root, &Device::Cpu)?;
    Ok(Inspected { network, recognized, format, bytes, licence, origin, backbone })
}

/// About how long one photo takes one core of a CPU, where that is long enough to be told before a
/// run starts. Errors when the weights cannot be those of the network.
pub fn expected_seconds(settings: &NetworkSettings, root: &Path) -> Loaded<Option<f64>> {
    if settings.weights == Weights::BuiltIn {
        return Ok(None);
    }
    let file = WeightsFile::open(&settings.weights, &[], root)?;
    (settings.backbone.check)(settings)?;
    match list::recognized(&file) {
        Some((network, recognized)) if network == settings.backbone => Ok(recognized.seconds),
        // What is not recognised is told in detail by loading it.
        _ => super::load(settings, root, &Device::Cpu).map(|_| None),
    }
}
