//! What every built-in network does alike: where it computes, and in which arithmetic.

use candle_core::{DType, Device, Result, Tensor};

use super::backbone::Backbone;
use super::error::{Loaded, NetError};
use super::identity::Identity;
use super::network::NetworkSettings;
use super::on_cpu::OnCpu;
use super::settings::Precision;
use crate::kernels::{Engine, Format, InstructionSet, Rounding};

/// A network by candle's own operations: the reference for the kernels, and what runs on a GPU.
pub(super) trait Plain: Send + Sync {
    /// As [`Backbone::features`](super::Backbone::features).
    fn features(&self, pictures: &Tensor) -> Result<Tensor>;

    /// As [`Backbone::maps`](super::Backbone::maps).
    fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>>;
}

/// A network with its weights: pixel values in, pooled features of its taps out.
pub struct Computed {
    pub(super) compute: Compute,
    pub(super) identity: Identity,
    pub(super) precision: Precision,
    pub(super) feature_len: usize,
}

impl Backbone for Computed {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn feature_len(&self) -> usize {
        self.feature_len
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    fn arithmetic(&self) -> &str {
        match (&self.compute, self.precision) {
            (Compute::Cuda(..), Precision::Bf16) => "cuda-bf16",
            (Compute::Cuda(..), _) => "cuda-f32",
            (Compute::Cpu(cpu), Precision::Bf16) => match cpu.engine.set() {
                InstructionSet::Amx => BF16_BY_AMX,
                _ => BF16,
            },
            (Compute::Cpu(_), Precision::Int8) => int8_arithmetic(self.rounding()),
            (Compute::Cpu(_), _) => "f32",
        }
    }

    fn rounding(&self) -> Option<Rounding> {
        match &self.compute {
            Compute::Cpu(cpu) => cpu.rounding(),
            Compute::Cuda(..) => None,
        }
    }

    fn warning(&self) -> Option<String> {
        let Compute::Cpu(cpu) = &self.compute else { return None };
        if cpu.engine.is_fast() {
            return cpu.why_no_amx();
        }
        let asked = cpu.engine.format().name();
        let times = 1.0 / cpu.engine.times_as_fast_as_f32();
        let gain = "network.precision = \"f32\" is faster, and more exact";
        Some(format!("{asked} takes {times:.1} times as long as f32 on this processor: {gain}"))
    }

    fn batch(&self) -> usize {
        match &self.compute {
            Compute::Cpu(_) => 1,
            Compute::Cuda(_, batch) => *batch,
        }
    }

    fn features(&self, pictures: &Tensor) -> Result<Tensor> {
        match &self.compute {
            Compute::Cpu(cpu) => cpu.features(pictures),
            Compute::Cuda(plain, _) => plain.features(pictures),
        }
    }

    fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        match &self.compute {
            Compute::Cpu(cpu) => cpu.maps(picture),
            Compute::Cuda(plain, _) => plain.maps(picture),
        }
    }
}

/// Where it computes.
pub(super) enum Compute {
    /// By the kernels.
    Cpu(OnCpu),
    /// On a GPU, which takes this many pictures at a time.
    Cuda(Box<dyn Plain>, usize),
}

/// Maps `[n, channels, rows, columns]` on any device to features `[n, feature_len]` in f32 on the CPU.
pub(super) fn pooled(maps: &[Tensor]) -> Result<Tensor> {
    // [n, channels] each
    let pool = |map: &Tensor| map.to_dtype(DType::F32)?.mean((2, 3));
    let pooled: Vec<Tensor> = maps.iter().map(pool).collect::<Result<_>>()?;
    Tensor::cat(&pooled, 1)?.to_device(&Device::Cpu)
}

/// Maps `[1, channels, rows, columns]` on any device to `[channels, rows, columns]` in f32 on the CPU.
pub(super) fn single(maps: &[Tensor]) -> Result<Vec<Tensor>> {
    let to_cpu = |map: &Tensor| map.squeeze(0)?.to_dtype(DType::F32)?.to_device(&Device::Cpu);
    maps.iter().map(to_cpu).collect()
}

/// The arithmetic of bf16 on a CPU. AMX adds in another order than all other instructions, which gives other
/// last digits.
const BF16: &str = "bf16";
const BF16_BY_AMX: &str = "bf16 by AMX";

/// Whether features of this [arithmetic](Backbone::arithmetic) are in bf16, computed on a CPU without AMX.
pub fn is_bf16_without_amx(arithmetic: &str) -> bool {
    arithmetic == BF16
}

/// Whether features of this [arithmetic](Backbone::arithmetic) are in bf16, computed by AMX.
pub fn is_bf16_by_amx(arithmetic: &str) -> bool {
    arithmetic == BF16_BY_AMX
}

/// The arithmetic of 8-bit integers with weights of the full and of the reduced range, with the number of
/// the rule by which their scales are found, so that features of an older rule are not taken for those of a
/// newer one. The reduced range was the only one once, and has no name there.
const INT8: [(Rounding, &str); 2] = [
    (Rounding::Full, "int8, full range, calibration 1"),
    (Rounding::Reduced, "int8, calibration 1"),
];

fn int8_arithmetic(rounding: Option<Rounding>) -> &'static str {
    let named = INT8.iter().find(|(named, _)| Some(*named) == rounding);
    named.map_or("int8", |(_, arithmetic)| arithmetic)
}

/// How 8-bit integers were rounded for features of this [arithmetic](Backbone::arithmetic); `None`: they
/// are of another, or of a rule of another program.
pub fn rounding_of(arithmetic: &str) -> Option<Rounding> {
    INT8.iter().find(|(_, named)| *named == arithmetic).map(|(rounding, _)| *rounding)
}

/// The precision for what an experiment asks for. On a GPU f32 means f32: candle rounds products to
/// TF32 only when told to.
///
/// `auto` is 8-bit integers only where they are fast and where their accuracy was measured
/// (`is_int8_measured`).
pub(super) fn precision_on(
    device: &Device,
    network: &NetworkSettings,
    is_int8_measured: bool,
) -> Loaded<Precision> {
    let format = Format::Int8(Rounding::of_this_processor());
    let int8 = is_int8_measured && Engine::best(format).is_fast();
    match network.precision {
        Precision::Int8 if device.is_cuda() => Err(NetError::Int8OnGpu),
        Precision::Auto if int8 && device.is_cpu() => Ok(Precision::Int8),
        Precision::Auto => Ok(Precision::F32),
        asked => Ok(asked),
    }
}

/// Candle's name of a precision on a GPU.
pub(super) fn dtype(precision: Precision) -> DType {
    match precision {
        Precision::Bf16 => DType::BF16,
        _ => DType::F32,
    }
}
