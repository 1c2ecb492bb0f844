//! What a worker costs this machine, read from `/proc`.

use std::fs;

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
    pub name: String,
    pub busy_percent: f64,
    pub memory_bytes: u64,
}

/// One look at a process: processor time used so far, at a moment of the caller's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostSample {
    pub cpu_seconds: f64,
    pub at_seconds: f64,
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
    fn a_process_that_is_gone_has_no_metrics() {
        assert_eq!(HostReader::new(u32::MAX).read(0.0), None);
    }
}
