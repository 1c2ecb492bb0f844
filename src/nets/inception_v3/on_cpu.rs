//! The kernels with the weights in them, made when the first picture comes: a run whose features
//! are all in the cache needs none of it.

use std::sync::{Arc, Mutex};

use candle_core::{Error, Result, Tensor};

use super::{Loaded, SIDE, blocked};
use crate::kernels::{Engine, Format, Graph, Plan, Scales, Trunk};
use crate::nets::Calibration;
use crate::nets::variant::Variant;
use crate::nets::weights::WeightsFile;

/// The largest value of each map of the built-in network, with all its blocks, at the calibration
/// pictures: a JSON list in the order in which the maps are made.
const BUILT_IN_LARGEST: &str = include_str!("../../../assets/inception_v3-nsfwjs.largest.json");

/// All that the kernels are made of.
pub(super) struct Parts {
    pub file: WeightsFile,
    pub variant: Variant,
    pub calibration: Calibration,
}

impl Parts {
    pub fn graph(&self) -> Loaded<Graph> {
        blocked::graph(&self.file, &self.variant, SIDE)
    }

    pub fn trunk(&self, engine: Engine) -> Loaded<Trunk> {
        let graph = self.graph()?;
        let scales = (engine.format() == Format::Int8).then(|| self.scales(&graph));
        Ok(Trunk::new(Plan::new(&graph, engine, scales.as_ref())))
    }

    /// Scales from the largest values that the maps hold at the calibration pictures: known for the
    /// built-in network, found for others.
    fn scales(&self, graph: &Graph) -> Scales {
        if self.file.is_built_in() && self.variant.is_the_files_own(&self.file) {
            let largest: Vec<f32> =
                serde_json::from_str(BUILT_IN_LARGEST).expect("a file of the program's own");
            return Scales::from_largest(graph, largest[..graph.map_count()].to_vec());
        }
        Scales::from_largest(graph, self.largest(graph))
    }

    /// The largest value of each map at the calibration pictures.
    pub fn largest(&self, graph: &Graph) -> Vec<f32> {
        let exact = Trunk::new(Plan::new(graph, Engine::best(Format::F32), None));
        exact.largest(&(self.calibration)(SIDE))
    }
}

pub(super) struct OnCpu {
    pub engine: Engine,
    state: Mutex<State>,
}

enum State {
    Waiting(Box<Parts>),
    Ready(Arc<Trunk>),
    Failed(String),
}

impl OnCpu {
    pub fn new(parts: Parts, engine: Engine) -> OnCpu {
        OnCpu { engine, state: Mutex::new(State::Waiting(Box::new(parts))) }
    }

    /// `[n, 3, side, side]`, pixel values 0 to 255, to `[n, feature_len]`.
    pub fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        pixels.apply_op1_no_bwd(&*self.trunk()?)
    }

    fn trunk(&self) -> Result<Arc<Trunk>> {
        let mut state = self.state.lock().map_err(|_| Error::msg("another thread panicked"))?;
        if let State::Waiting(parts) = &*state {
            *state = match parts.trunk(self.engine) {
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
