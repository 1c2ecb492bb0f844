//! How fast a network is here: measured, for a person who is about to choose.

use std::time::Instant;

use anyhow::Result;
use candle_core::{Device, Tensor};

use crate::nets::{self, Backbone};

/// About how long a photo's features take when all threads have one in hand, in seconds.
pub(super) fn seconds_a_photo(net: &dyn Backbone) -> Result<f64> {
    let preprocess = net.identity().preprocess;
    let picture = nets::calibration_pictures(&preprocess).remove(0);
    let of = |n: usize| {
        let pixels: Vec<f32> = picture.iter().copied().cycle().take(n * picture.len()).collect();
        let shape = (n, 3, preprocess.side, preprocess.side);
        Tensor::from_vec(pixels, shape, &Device::Cpu)
    };
    // The weights are unpacked for the first one.
    net.features(&of(1)?)?;
    let n = 2 * rayon::current_num_threads();
    let pictures = of(n)?;
    let start = Instant::now();
    net.features(&pictures)?;
    Ok(start.elapsed().as_secs_f64() / n as f64)
}
