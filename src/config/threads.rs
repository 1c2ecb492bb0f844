//! How many threads this process may keep busy.

use std::path::{Path, PathBuf};
use std::{env, fs, thread};

/// The processors that this process may really use: affinity, the quotas of control groups and, in
/// a job, Slurm's allocation count.
pub(super) fn usable_threads() -> usize {
    let processors = rustix::thread::sched_getaffinity(None).map_or_else(
        |_| thread::available_parallelism().map_or(1, usize::from),
        |set| set.count() as usize,
    );
    let read = |path: &Path| fs::read_to_string(path).ok();
    usable(processors, quota(&read), slurm(&|name| env::var(name).ok()))
}

/// The least of the three, at least 1. A fraction counts as a whole thread: with a quota of 1.5
/// processors two threads that are busy three quarters of the time do more than one.
fn usable(processors: usize, quota: Option<f64>, allocated: Option<usize>) -> usize {
    let by_quota = quota.map_or(processors, |processors| processors.ceil() as usize);
    processors.min(by_quota).min(allocated.unwrap_or(processors)).max(1)
}

/// Processors that Slurm gave to each task, or to the job on this machine. `None` outside a job, where
/// the variables may be left over from another one.
fn slurm(variable: &dyn Fn(&str) -> Option<String>) -> Option<usize> {
    variable("SLURM_JOB_ID")?;
    ["SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"]
        .iter()
        .find_map(|name| variable(name)?.parse().ok().filter(|&count| count > 0))
}

/// The least quota of this process's control groups and those above them, in processors.
///
/// Source: the kernel's cgroup-v2 (`cpu.max`) and scheduler/sched-bwc (`cpu.cfs_quota_us`).
fn quota(read: &dyn Fn(&Path) -> Option<String>) -> Option<f64> {
    let groups = read(Path::new("/proc/self/cgroup"))?;
    let mut quotas = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let group = group.trim_start_matches('/');
        if controllers.is_empty() {
            quotas.extend(upwards("/sys/fs/cgroup", group).filter_map(|path| v2(read, &path)));
        } else if controllers.split(',').any(|controller| controller == "cpu") {
            // A container may see its own group as the root.
            for root in ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"] {
                quotas.extend(upwards(root, group).filter_map(|path| v1(read, &path)));
            }
        }
    }
    quotas.into_iter().min_by(f64::total_cmp)
}

/// The folder of a group and those above it, up to the root.
fn upwards(root: &str, group: &str) -> impl Iterator<Item = PathBuf> {
    let (root, path) = (PathBuf::from(root), Path::new(root).join(group));
    let folders: Vec<PathBuf> = path.ancestors().map(Path::to_owned).collect();
    folders.into_iter().take_while(move |folder| folder.starts_with(&root))
}

/// The limit of a group in version 2, in a file such as `150000 100000` (quota and period in
/// microseconds) or `max 100000`.
fn v2(read: &dyn Fn(&Path) -> Option<String>, group: &Path) -> Option<f64> {
    let text = read(&group.join("cpu.max"))?;
    let (quota, period) = text.trim().split_once(' ')?;
    share(quota, period)
}

/// The limit of a group in version 1, in two files.
fn v1(read: &dyn Fn(&Path) -> Option<String>, group: &Path) -> Option<f64> {
    share(&read(&group.join("cpu.cfs_quota_us"))?, &read(&group.join("cpu.cfs_period_us"))?)
}

/// Quota by period: processors. `None` where there is no limit (`max`, -1).
fn share(quota: &str, period: &str) -> Option<f64> {
    let [quota, period]: [f64; 2] = [quota.trim().parse().ok()?, period.trim().parse().ok()?];
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota_of(files: &[(&str, &str)]) -> Option<f64> {
        quota(&|path| {
            files.iter().find(|file| Path::new(file.0) == path).map(|file| file.1.to_owned())
        })
    }

    fn slurm_of(variables: &[(&str, &str)]) -> Option<usize> {
        slurm(&|name| {
            variables.iter().find(|known| known.0 == name).map(|known| known.1.to_owned())
        })
    }

    #[test]
    fn the_least_of_processors_quota_and_allocation_counts() {
        assert_eq!(usable(8, None, None), 8);
        assert_eq!(usable(8, Some(16.0), Some(12)), 8);
        assert_eq!(usable(8, Some(3.0), Some(6)), 3);
        assert_eq!(usable(8, Some(1.5), None), 2);
        assert_eq!(usable(8, Some(0.1), None), 1);
        assert_eq!(usable(8, None, Some(4)), 4);
    }

    #[test]
    fn quotas_of_all_groups_above_count_in_version_2() {
        let group = ("/proc/self/cgroup", "0::/a/b\n");
        assert_eq!(quota_of(&[group]), None);
        assert_eq!(quota_of(&[group, ("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n")]), None);
        let above = ("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
        assert_eq!(quota_of(&[group, above]), Some(1.5));
        let own = ("/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
        assert_eq!(quota_of(&[group, above, own]), Some(0.5));
        let root = [("/proc/self/cgroup", "0::/\n"), ("/sys/fs/cgroup/cpu.max", "200000 100000")];
        assert_eq!(quota_of(&root), Some(2.0));
    }

    #[test]
    fn quotas_of_version_1_are_read_where_the_controller_is_mounted() {
        let group = ("/proc/self/cgroup", "4:memory:/m\n3:cpu,cpuacct:/job\n0::/\n");
        let period = ("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
        let file = "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us";
        assert_eq!(quota_of(&[group, period, (file, "-1\n")]), None);
        assert_eq!(quota_of(&[group, period, (file, "250000\n")]), Some(2.5));
        assert_eq!(quota_of(&[("/proc/self/cgroup", "nonsense\n1:\n")]), None);
    }

    #[test]
    fn slurm_counts_inside_a_job_only_and_the_task_before_the_machine() {
        let (task, machine) = (("SLURM_CPUS_PER_TASK", "3"), ("SLURM_CPUS_ON_NODE", "16"));
        let job = ("SLURM_JOB_ID", "12");
        assert_eq!(slurm_of(&[task, machine]), None);
        assert_eq!(slurm_of(&[job, task, machine]), Some(3));
        assert_eq!(slurm_of(&[job, machine]), Some(16));
        assert_eq!(slurm_of(&[job, ("SLURM_CPUS_PER_TASK", "many")]), None);
        assert_eq!(slurm_of(&[job, ("SLURM_CPUS_ON_NODE", "0")]), None);
    }
}
