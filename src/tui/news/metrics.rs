//! What a worker costs this machine, read from `/proc`, and of a GPU what `nvidia-smi` says.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Linux reports times to programs in hundredths of a second, whatever the kernel counts in.
///
/// Source: time(7), "USER_HZ".
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostMetrics {
    /// Of one core: 200 is two cores busy.
    pub cpu_percent: f64,
    /// Resident memory of the worker.
    pub memory_bytes: u64,
    /// All memory of the machine.
    pub memory_total_bytes: u64,
    pub gpu: Option<Gpu>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gpu {
    pub busy_percent: f64,
    pub memory_bytes: u64,
    pub memory_total_bytes: u64,
}

/// The first NVIDIA GPU, on which workers compute; `None` where there is none. Takes up to seconds.
pub fn read_gpu() -> Option<Gpu> {
    if !Path::new("/proc/driver/nvidia").exists() {
        return None;
    }
    let output = Command::new("nvidia-smi")
        .arg("--query-gpu=utilization.gpu,memory.used,memory.total")
        .arg("--format=csv,noheader,nounits")
        .output()
        .ok()?;
    gpu(&String::from_utf8_lossy(&output.stdout))
}

/// The first line, such as `37, 1204, 24564`: percent, and MiB used and in all.
fn gpu(text: &str) -> Option<Gpu> {
    let mut values = text.lines().next()?.split(',').map(str::trim);
    let mebibytes = |value: &str| value.parse::<u64>().ok().map(|value| value << 20);
    Some(Gpu {
        busy_percent: values.next()?.parse().ok()?,
        memory_bytes: mebibytes(values.next()?)?,
        memory_total_bytes: mebibytes(values.next()?)?,
    })
}

/// One look at a process: processor time used so far, at a moment of the caller's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
struct HostSample {
    cpu_seconds: f64,
    at_seconds: f64,
}

/// Reads one worker's metrics; processor use is measured from one reading to the next.
#[derive(Clone, Debug)]
pub struct HostReader {
    pid: u32,
    previous: Option<HostSample>,
}

impl HostReader {
    pub fn new(pid: u32) -> HostReader {
        HostReader { pid, previous: None }
    }

    /// `now_seconds` counts from any fixed moment. `None` when there is no such process, or no
    /// `/proc`, as on macOS. The first reading has no processor use yet: it is 0.
    pub fn read(&mut self, now_seconds: f64) -> Option<HostMetrics> {
        let file = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", self.pid)).ok();
        let ticks = cpu_ticks(&file("stat")?)?;
        let memory_bytes = kibibytes(&file("status")?, "VmRSS:")? * 1024;
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let sample =
            HostSample { cpu_seconds: ticks as f64 / TICKS_PER_SECOND, at_seconds: now_seconds };
        let cpu_percent = self.previous.map_or(0.0, |previous| cpu_percent(previous, sample));
        self.previous = Some(sample);
        Some(HostMetrics {
            cpu_percent,
            memory_bytes,
            memory_total_bytes: kibibytes(&meminfo, "MemTotal:").unwrap_or(0) * 1024,
            gpu: None,
        })
    }
}

/// User and system time of `/proc/PID/stat`, in clock ticks. The name in parentheses may itself
/// contain spaces and parentheses, so fields are counted after the last one.
///
/// Source: proc_pid_stat(5), fields 14 and 15.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// The value of one line of `/proc/PID/status` or `/proc/meminfo`.
fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn cpu_percent(from: HostSample, to: HostSample) -> f64 {
    let seconds = to.at_seconds - from.at_seconds;
    if seconds <= 0.0 {
        return 0.0;
    }
    ((to.cpu_seconds - from.cpu_seconds) / seconds * 100.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 105 0 0 0 120 30 0 0 39 19 4 0 99";
        assert_eq!(cpu_ticks(stat), Some(150));
        assert_eq!(cpu_ticks("7 (a"), None);
    }

    #[test]
    fn memory_is_found_by_its_key() {
        let text = "VmPeak:     9000 kB\nVmRSS:      2048 kB\n";
        assert_eq!(kibibytes(text, "VmRSS:"), Some(2048));
        assert_eq!(kibibytes(text, "VmSwap:"), None);
    }

    #[test]
    fn processor_use_is_of_one_core() {
        let from = HostSample { cpu_seconds: 10.0, at_seconds: 100.0 };
        let to = HostSample { cpu_seconds: 13.0, at_seconds: 102.0 };
        assert_eq!(cpu_percent(from, to), 150.0);
        assert_eq!(cpu_percent(to, to), 0.0);
    }

    #[test]
    fn the_first_gpu_is_read_and_one_that_does_not_say_is_left_out() {
        let read = gpu("37, 1204, 24564\n0, 1, 24564\n").unwrap();
        assert_eq!((read.busy_percent, read.memory_bytes >> 20), (37.0, 1204));
        assert_eq!(read.memory_total_bytes >> 20, 24564);
        assert_eq!(gpu("[N/A], 5, 9\n"), None);
        assert_eq!(gpu(""), None);
    }

    #[test]
    fn a_process_that_is_gone_has_no_metrics() {
        assert_eq!(HostReader::new(u32::MAX).read(0.0), None);
    }
}
