//! A device that has been opened.

use candle_core::Device;

/// An opened device.
#[derive(Clone, Debug)]
pub struct Place {
    /// What candle computes on.
    pub device: Device,
    /// `cpu`, or `cuda:0 (NVIDIA H100 80GB HBM3)`.
    pub name: String,
    /// Why it is not a GPU, where one would have been taken.
    pub note: Option<String>,
}

impl Place {
    /// The processor.
    pub fn cpu() -> Place {
        Place { device: Device::Cpu, name: "cpu".to_owned(), note: None }
    }
}
