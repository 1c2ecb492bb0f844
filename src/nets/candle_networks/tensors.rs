//! A weights file as candle-transformers takes tensors from it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};

use super::{Family, Maps, Size};
use crate::nets::error::{Loaded, NetError};
use crate::nets::weights::WeightsFile;

/// In files of OpenCLIP a text network stands beside the network.
const IMAGE_TOWER: &str = "visual.trunk.";

/// An error names this many tensors, and counts the rest.
const NAMED: usize = 3;

/// What the names of the network's tensors begin with.
pub(super) fn prefix(file: &WeightsFile) -> &'static str {
    if file.names().any(|name| name.starts_with(IMAGE_TOWER)) { IMAGE_TOWER } else { "" }
}

/// Builds a network of its file. Errors when the file lacks one of its tensors, and when it has one
/// that the network does not use: then it is another one.
pub(super) fn build(
    file: WeightsFile,
    family: &'static Family,
    size: &'static Size,
    device: &Device,
) -> Loaded<Maps> {
    let prefix = prefix(&file);
    let tensors = Arc::new(Tensors { file, prefix, used: Mutex::default(), bad: Mutex::default() });
    let backend = Box::new(Shared(tensors.clone()));
    let built = (size.build)(VarBuilder::from_backend(backend, DType::F32, device.clone()));
    if let Some(bad) = tensors.bad.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(bad);
    }
    let maps = built.map_err(|error| NetError::Lacks {
        network: size.name,
        file: tensors.file.name().to_owned(),
        // With RUST_BACKTRACE the call stack follows.
        reason: error.to_string().lines().next().unwrap_or_default().to_owned(),
    })?;
    tensors.refuse_unused(family, size)?;
    // On a GPU candle gives each thread its own queue: another thread's work could start before the
    // weights are there.
    device.synchronize()?;
    Ok(maps)
}

pub(super) struct Tensors {
    file: WeightsFile,
    prefix: &'static str,
    /// Names without the prefix.
    used: Mutex<HashSet<String>>,
    /// A tensor that is there but cannot be used: candle takes what it cannot get for one that the
    /// network does not have.
    bad: Mutex<Option<NetError>>,
}

impl Tensors {
    fn refuse_unused(&self, family: &Family, size: &Size) -> Loaded<()> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_of_classifier = |name: &str| {
            family.classifier.iter().any(|start| name.starts_with(start))
                || name.ends_with("num_batches_tracked")
        };
        let own = self.file.names().filter_map(|name| name.strip_prefix(self.prefix));
        let mut unused: Vec<&str> =
            own.filter(|name| !used.contains(*name) && !is_of_classifier(name)).collect();
        if unused.is_empty() {
            return Ok(());
        }
        let count = unused.len();
        unused.truncate(NAMED);
        Err(NetError::Unused {
            network: size.name,
            file: self.file.name().to_owned(),
            first: unused.into_iter().map(str::to_owned).collect(),
            count,
        })
    }

    /// Errors when a number is not finite, and when a variance is below 0, of which the activations
    /// would make zeros without a word.
    fn numbers(&self, key: &str) -> Loaded<Vec<f32>> {
        let numbers = self.file.numbers(key)?;
        match key.ends_with("running_var") && numbers.iter().any(|number| *number < 0.0) {
            true => Err(NetError::NegativeVariance {
                file: self.file.name().to_owned(),
                tensor: key.to_owned(),
            }),
            false => Ok(numbers),
        }
    }

    /// `shape`: as the network wants it; `None`: as the file has it.
    fn tensor(
        &self,
        name: &str,
        shape: Option<&[usize]>,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        let key = format!("{}{name}", self.prefix);
        let Some(own) = self.file.shape(&key) else {
            return Err(Error::Msg(format!("{key} is missing")));
        };
        if let Some(fault) = self.file.fault(&key, shape.unwrap_or(own)) {
            return Err(Error::Msg(fault));
        }
        let numbers = self.numbers(&key).map_err(|error| {
            let in_words = Error::Msg(error.to_string());
            self.bad.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            in_words
        })?;
        let tensor = Tensor::from_vec(numbers, own, &Device::Cpu)?;
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        tensor.to_device(device)?.to_dtype(dtype)
    }
}

struct Shared(Arc<Tensors>);

impl SimpleBackend for Shared {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: Init,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        self.0.tensor(name, Some(shape.dims()), dtype, device)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        self.0.tensor(name, None, dtype, device)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.0.file.shape(&format!("{}{name}", self.0.prefix)).is_some()
    }
}
