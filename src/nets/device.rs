//! Where a network computes: opened once, before anything else of it.

use candle_core::Device;

use super::settings::{DeviceChoice, NetworkSettings, Precision};

/// An opened device.
#[derive(Clone, Debug)]
pub struct Place {
    pub device: Device,
    /// `cpu`, or `cuda:0 (NVIDIA H100 80GB HBM3)`.
    pub name: String,
    /// Why it is not a GPU, where one would have been taken.
    pub note: Option<String>,
}

/// The GPU that was asked for by its number cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "network.device is \"{}\": {reason}; set it to \"cpu\", or to \"auto\" for the first GPU that \
     can be used",
    DeviceChoice::Cuda(*number).name()
)]
pub struct DeviceError {
    number: usize,
    reason: String,
}

impl Place {
    pub fn cpu() -> Place {
        Place { device: Device::Cpu, name: "cpu".to_owned(), note: None }
    }

    /// Opens the device that an experiment names. A GPU has computed something by then, so that
    /// what cannot work is known before the first photo.
    pub fn open(network: &NetworkSettings) -> Result<Place, DeviceError> {
        choose(network, cfg!(feature = "cuda"), cuda)
    }
}

/// `built`: whether this program has CUDA in it, without which `auto` is the CPU, and nothing more
/// to say.
fn choose(
    network: &NetworkSettings,
    built: bool,
    cuda: impl Fn(usize) -> Result<Place, String>,
) -> Result<Place, DeviceError> {
    let instead = |why: String| Place { note: Some(why + "; using the CPU"), ..Place::cpu() };
    match network.device {
        DeviceChoice::Cpu => Ok(Place::cpu()),
        DeviceChoice::Auto if !built => Ok(Place::cpu()),
        DeviceChoice::Auto if network.precision == Precision::Int8 => {
            Ok(instead("no GPU is used with network.precision = \"int8\"".to_owned()))
        }
        DeviceChoice::Auto => {
            Ok(cuda(0).unwrap_or_else(|why| instead(format!("no CUDA device: {why}"))))
        }
        DeviceChoice::Cuda(number) => cuda(number).map_err(|reason| DeviceError { number, reason }),
    }
}

#[cfg(feature = "cuda")]
use super::cuda::open as cuda;

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize) -> Result<Place, String> {
    Err("this program was built without CUDA (cargo build --features cuda)".to_owned())
}

/// Whether a device had no memory left for what it was asked: the same in smaller parts may work.
pub fn is_out_of_memory(error: &candle_core::Error) -> bool {
    // Candle passes CUDA's errors on as texts in boxes: those of the driver and of cuBLAS.
    let text = error.to_string();
    text.contains("CUDA_ERROR_OUT_OF_MEMORY") || text.contains("CUBLAS_STATUS_ALLOC_FAILED")
}

#[cfg(test)]
mod tests {
    use super::*;
    fn chosen(device: DeviceChoice, precision: Precision, built: bool) -> String {
        let gpus = |number| match number {
            0 => Ok(Place { name: "cuda:0 (fake)".to_owned(), ..Place::cpu() }),
            _ => Err("there is 1 GPU, number 0".to_owned()),
        };
        said(choose(
            &NetworkSettings { device, precision, ..NetworkSettings::default() },
            built,
            gpus,
        ))
    }

    fn said(place: Result<Place, DeviceError>) -> String {
        match place {
            Ok(Place { name, note: None, .. }) => name,
            Ok(Place { name, note: Some(note), .. }) => format!("{name}, {note}"),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn auto_takes_the_first_gpu_of_a_program_with_cuda_and_else_the_cpu() {
        assert_eq!(chosen(DeviceChoice::Auto, Precision::Auto, true), "cuda:0 (fake)");
        assert_eq!(chosen(DeviceChoice::Auto, Precision::Bf16, true), "cuda:0 (fake)");
        assert_eq!(chosen(DeviceChoice::Auto, Precision::Auto, false), "cpu");
        assert_eq!(chosen(DeviceChoice::Cpu, Precision::Auto, true), "cpu");
    }

    #[test]
    fn auto_says_on_one_line_why_it_is_not_a_gpu() {
        let network = NetworkSettings { device: DeviceChoice::Auto, ..NetworkSettings::default() };
        let none = choose(&network, true, |_| Err("no driver".to_owned()));
        assert_eq!(said(none), "cpu, no CUDA device: no driver; using the CPU");
        let whole = chosen(DeviceChoice::Auto, Precision::Int8, true);
        assert_eq!(whole, "cpu, no GPU is used with network.precision = \"int8\"; using the CPU");
    }

    #[test]
    fn a_gpu_asked_for_by_its_number_is_that_gpu_or_an_error_with_the_reason() {
        assert_eq!(chosen(DeviceChoice::Cuda(0), Precision::Auto, true), "cuda:0 (fake)");
        assert_eq!(
            chosen(DeviceChoice::Cuda(3), Precision::Auto, true),
            "error: network.device is \"cuda:3\": there is 1 GPU, number 0; set it to \"cpu\", or \
             to \"auto\" for the first GPU that can be used"
        );
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_program_without_cuda_says_so_where_a_gpu_is_asked_for() {
        let error = Place::open(&NetworkSettings {
            device: DeviceChoice::Cuda(0),
            ..NetworkSettings::default()
        });
        assert!(said(error).contains("built without CUDA (cargo build --features cuda)"));
        let auto = Place::open(&NetworkSettings {
            device: DeviceChoice::Auto,
            ..NetworkSettings::default()
        });
        assert_eq!(said(auto), "cpu");
    }

    #[test]
    fn running_out_of_memory_is_told_from_other_errors() {
        let error = |text: &str| is_out_of_memory(&candle_core::Error::Msg(text.to_owned()));
        assert!(error("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")"));
        assert!(error("CublasError(CUBLAS_STATUS_ALLOC_FAILED)"));
        assert!(!error("DriverError(CUDA_ERROR_ILLEGAL_ADDRESS, \"an illegal memory access\")"));
    }
}
