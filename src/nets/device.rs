//! Which device a network computes on: opened once, before anything else of it.

use super::network::NetworkSettings;
use super::place::Place;
use super::settings::{DeviceChoice, Precision};

/// Says why a GPU that an experiment asks for by its number cannot be used.
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
    /// Opens the device that an experiment names. A GPU is made to compute something, so that one
    /// that cannot work is known before the first photo.
    pub fn open(network: &NetworkSettings) -> Result<Place, DeviceError> {
        choose(network, cfg!(feature = "cuda"), cuda)
    }
}

/// `built`: whether this program was built with CUDA. Without, `auto` means the CPU, and that needs
/// no note. `cuda` opens a GPU by its number, or says why it cannot be used.
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

/// Whether an error means that the device had too little memory, so that the same work in smaller
/// parts may succeed.
pub fn is_out_of_memory(error: &candle_core::Error) -> bool {
    // Candle hides the type of CUDA's errors, so they are known by their text only: one is the
    // driver's, the other cuBLAS's.
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
