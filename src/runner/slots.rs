//! How many runs work at once on this machine, and which GPU each has.

use std::fs;

use crate::config::Config;
use crate::store::Run;

/// CUDA shows a process only the GPUs that this variable lists.
pub(super) const VISIBLE_GPUS: &str = "CUDA_VISIBLE_DEVICES";

/// As `slots` in `config.toml` says, else one for each GPU that this program can use, else one.
pub fn slots(config: &Config) -> usize {
    match config.slots {
        0 => visible_gpus().len().max(1),
        slots => slots,
    }
}

/// The GPU of a slot, as CUDA is told it; `None` where there is no choice, or the run has its own.
pub(super) fn gpu_of(slot: usize, run: &Run) -> Option<String> {
    let is_free = run.settings.get("network.device").is_none_or(|device| device == "\"auto\"");
    if is_free { nth(visible_gpus(), slot) } else { None }
}

fn nth(gpus: Vec<String>, slot: usize) -> Option<String> {
    (gpus.len() > 1).then(|| gpus[slot % gpus.len()].clone())
}

fn visible_gpus() -> Vec<String> {
    if !cfg!(feature = "cuda") {
        return Vec::new();
    }
    match std::env::var(VISIBLE_GPUS) {
        Ok(listed) => listed_gpus(&listed),
        // The driver has a folder for each GPU.
        Err(_) => {
            let count = fs::read_dir("/proc/driver/nvidia/gpus").map_or(0, Iterator::count);
            (0..count).map(|gpu| gpu.to_string()).collect()
        }
    }
}

/// As CUDA reads the variable: what stands behind an invalid number is not there.
fn listed_gpus(listed: &str) -> Vec<String> {
    let is_gpu = |gpu: &&str| !gpu.is_empty() && !gpu.starts_with('-');
    listed.split(',').map(str::trim).take_while(is_gpu).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_has_a_gpu_of_its_own_where_there_are_several() {
        let gpus = || listed_gpus("2, GPU-5a,7");
        let of = |slot| nth(gpus(), slot);
        assert_eq!([0, 1, 2, 3].map(of), ["2", "GPU-5a", "7", "2"].map(|gpu| Some(gpu.to_owned())));
        assert_eq!(nth(listed_gpus("3"), 0), None);
        assert_eq!(listed_gpus("1,-1,2"), ["1"]);
        assert!(listed_gpus("").is_empty() && listed_gpus("-1").is_empty());
    }

    #[test]
    fn a_number_of_slots_that_is_written_is_meant() {
        let mut config = Config::at(std::path::Path::new("/p"));
        assert!(slots(&config) >= 1);
        config.slots = 3;
        assert_eq!(slots(&config), 3);
    }
}
