//! Opens a GPU, and says in a person's words why one cannot be used.

use candle_core::cuda::cudarc::driver::{CudaContext, DriverError, sys};
use candle_core::{DType, Device, Result as CandleResult, Tensor};

use super::place::Place;

/// Opens the GPU of this number and makes it compute something, or says why it cannot be used.
pub(super) fn open(number: usize) -> Result<Place, String> {
    let gpus = CudaContext::device_count().map_err(|error| driver_says(&error))?;
    match usize::try_from(gpus).unwrap_or(0) {
        0 => return Err("the driver sees no GPU".to_owned()),
        gpus if number >= gpus => {
            return Err(format!("there is no GPU {number}, the last one is {}", gpus - 1));
        }
        _ => {}
    }
    let opened = Device::new_cuda(number).and_then(|device| {
        try_out(&device)?;
        let name = device.as_cuda_device()?.cuda_stream().context().name();
        Ok(Place {
            name: format!("cuda:{number} ({})", name.unwrap_or_else(|_| "unnamed".to_owned())),
            device,
            note: None,
        })
    });
    opened.map_err(|error| candle_says(&error.to_string()))
}

/// Runs a few kernels and a matrix product. Drivers compile a kernel when it is first used, and an
/// older driver may not know the language that they are in.
fn try_out(device: &Device) -> CandleResult<()> {
    let picture = Tensor::ones((1, 3, 8, 8), DType::F32, device)?;
    let kernel = Tensor::ones((2, 3, 3, 3), DType::F32, device)?;
    let sum = picture.conv2d(&kernel, 0, 1, 1, 1)?.relu()?.sum_all()?.to_scalar::<f32>()?;
    let expected = (2 * 6 * 6 * 3 * 3 * 3) as f32;
    if sum == expected {
        return Ok(());
    }
    candle_core::bail!("it computed {sum} where {expected} is right")
}

fn driver_says(error: &DriverError) -> String {
    let text = error.error_string().map(|text| text.to_string_lossy().into_owned());
    let text = text.unwrap_or_else(|_| "no more is known".to_owned());
    match error.0 {
        // Also the answer of this program's stand-in for the driver's library, which has its own text.
        sys::CUresult::CUDA_ERROR_NO_DEVICE => text,
        code => format!("{text} ({code:?})"),
    }
}

/// Candle's error in words; `text` may end with a backtrace.
fn candle_says(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    let library = if text.contains("CublasError(CUBLAS_STATUS_NOT_INITIALIZED") {
        "libcublas.so.13"
    } else if text.contains("CurandError(CURAND_STATUS_INITIALIZATION_FAILED") {
        "libcurand.so.10"
    } else {
        return text.to_owned();
    };
    format!("{library} cannot be used; LD_LIBRARY_PATH must name the folder of CUDA 13's libraries")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_with_what_to_do() {
        let said = candle_says("CublasError(CUBLAS_STATUS_NOT_INITIALIZED)\n   0: backtrace");
        assert!(said.starts_with("libcublas.so.13 cannot be used; LD_LIBRARY_PATH"), "{said}");
        let said = candle_says("DriverError(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, \"...\")\n   0: x");
        assert_eq!(said, "DriverError(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, \"...\")");
    }
}
