//! A network by the kernels, with its weights in them, made when the first picture comes: a run
//! whose features are all in the cache needs none of it.

use std::sync::{Arc, Mutex};

use candle_core::{Device, Error, Result, Tensor, bail};

use super::calibration::calibration_pictures;
use super::error::Loaded;
use super::network::NetworkSettings;
use super::preprocess::Preprocess;
use super::settings::Precision;
use crate::kernels::{Engine, Format, Graph, Plan, Rounding, Scales, Trunk};

/// What the kernels of a network are made of.
pub(super) trait Blueprint: Send {
    /// How the network takes photos.
    fn preprocess(&self) -> &Preprocess;

    /// Its layers with their weights, from the picture to the means that are the feature.
    fn graph(&self) -> Loaded<Graph>;

    /// The largest value of each map of the graph at the calibration pictures, where it is known
    /// without computing it.
    fn known_largest(&self, graph: &Graph) -> Option<Vec<f32>>;
}

/// What computes in a precision that is not [`Precision::Auto`]; 8-bit integers round as `network` says,
/// or, where it does not, as this processor is fast at.
pub(super) fn engine(precision: Precision, network: &NetworkSettings) -> Engine {
    Engine::best(match precision {
        Precision::Bf16 if network.bf16_without_amx => {
            return Engine::best_without_amx(Format::Bf16);
        }
        Precision::Bf16 => Format::Bf16,
        Precision::Int8 => {
            Format::Int8(network.rounding.unwrap_or_else(Rounding::of_this_processor))
        }
        Precision::F32 | Precision::Auto => Format::F32,
    })
}

/// The network of a blueprint for these instructions.
pub(super) fn trunk(blueprint: &dyn Blueprint, engine: Engine) -> Loaded<Trunk> {
    let graph = blueprint.graph()?;
    let scales = matches!(engine.format(), Format::Int8(_)).then(|| {
        let known = blueprint.known_largest(&graph);
        let largest = known.unwrap_or_else(|| largest(blueprint.preprocess(), &graph));
        Scales::from_largest(&graph, largest)
    });
    Ok(Trunk::new(Plan::new(&graph, engine, scales.as_ref())))
}

/// The largest value of each map of the graph at the calibration pictures.
pub(super) fn largest(preprocess: &Preprocess, graph: &Graph) -> Vec<f32> {
    let exact = Trunk::new(Plan::new(graph, Engine::best(Format::F32), None));
    exact.largest(&calibration_pictures(preprocess))
}

/// A network on the CPU: its features and maps.
pub(super) struct OnCpu {
    /// What it computes by.
    pub engine: Engine,
    state: Mutex<State>,
}

enum State {
    Waiting(Box<dyn Blueprint>),
    Ready(Arc<Trunk>),
    Failed(String),
}

impl OnCpu {
    /// Nothing is made before the first picture.
    pub fn new(blueprint: impl Blueprint + 'static, engine: Engine) -> OnCpu {
        OnCpu { engine, state: Mutex::new(State::Waiting(Box::new(blueprint))) }
    }

    /// Why it computes without AMX, which the processor has.
    pub fn why_no_amx(&self) -> Option<String> {
        let reason = Engine::why_no_amx(self.engine.format())?;
        Some(format!(
            "this processor has AMX, but {} is computed by {}: {reason}",
            self.engine.format().name(),
            self.engine.set().name()
        ))
    }

    /// How it rounds 8-bit integers, where it computes in them.
    pub fn rounding(&self) -> Option<Rounding> {
        match self.engine.format() {
            Format::Int8(rounding) => Some(rounding),
            _ => None,
        }
    }

    /// `[n, 3, side, side]`, pixel values 0 to 255, to `[n, feature_len]`.
    pub fn features(&self, pictures: &Tensor) -> Result<Tensor> {
        pictures.apply_op1_no_bwd(&*self.trunk()?)
    }

    /// `[3, side, side]`, pixel values 0 to 255, to a map `[channels, rows, columns]` for each tap.
    pub fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        let trunk = self.trunk()?;
        let [height, width] = trunk.plan().picture_size();
        if picture.dims() != [3, height, width] {
            bail!(
                "the network takes a picture of [3, {height}, {width}], not {:?}",
                picture.dims()
            );
        }
        let pixels: Vec<f32> = picture.flatten_all()?.to_vec1()?;
        let maps = trunk.maps(&pixels).into_iter();
        maps.map(|map| Tensor::from_vec(map.values, &map.shape, &Device::Cpu)).collect()
    }

    fn trunk(&self) -> Result<Arc<Trunk>> {
        let mut state = self.state.lock().map_err(|_| Error::msg("another thread panicked"))?;
        if let State::Waiting(blueprint) = &*state {
            *state = match trunk(&**blueprint, self.engine) {
                Ok(trunk) => State::Ready(Arc::new(trunk)),
                Err(err) => State::Failed(err.to_string()),
            };
        }
        match &*state {
            State::Ready(trunk) => Ok(trunk.clone()),
            State::Failed(reason) => Err(Error::msg(reason)),
            State::Waiting(_) => unreachable!("it was made above"),
        }
    }
}
