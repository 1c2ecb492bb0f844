//! How much memory the processes of a program take, looked at from outside.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// In which `/proc` counts, on every architecture of Linux that matters here.
const TICKS_PER_SECOND: f64 = 100.0;

/// The most that was seen of each process, in bytes.
#[derive(Default)]
struct Most {
    command: String,
    own: u64,
    in_all: u64,
    /// Processor time in ticks.
    ticks: u64,
}

/// All processes of one program.
pub struct Watched {
    program: PathBuf,
    seen: BTreeMap<u32, Most>,
}

impl Watched {
    pub fn of(program: &Path) -> Watched {
        Watched { program: program.to_owned(), seen: BTreeMap::new() }
    }

    /// Takes note of all that run now; whether there is one.
    pub fn look(&mut self) -> bool {
        let Ok(entries) = fs::read_dir("/proc") else { return false };
        let mut any = false;
        for entry in entries.flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
            let is_it =
                fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == self.program);
            if !is_it {
                continue;
            }
            let Ok(status) = fs::read_to_string(entry.path().join("status")) else { continue };
            any |= kilobytes(&status, "VmRSS:") > 0;
            let most = self.seen.entry(pid).or_default();
            most.own = most.own.max(kilobytes(&status, "RssAnon:") * 1024);
            most.in_all = most.in_all.max(kilobytes(&status, "VmHWM:") * 1024);
            most.ticks = ticks(&entry.path()).unwrap_or(most.ticks);
            if most.command.is_empty() {
                let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                let words = command.split(|&byte| byte == 0).skip(1).take(2);
                let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
                most.command = words.collect::<Vec<_>>().join(" ");
            }
        }
        any
    }

    pub fn print(&self) {
        for Most { command, own, in_all, ticks } in self.seen.values() {
            let megabytes = |bytes: &u64| *bytes as f64 / 1e6;
            println!(
                "  {command}: own {:.0} MB, in all {:.0} MB, {:.1} s of a processor",
                megabytes(own),
                megabytes(in_all),
                *ticks as f64 / TICKS_PER_SECOND
            );
        }
    }
}

/// Time that the process has computed, in the program and in the system; fields 14 and 15 of proc(5).
fn ticks(process: &Path) -> Option<u64> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    times.sum::<Result<u64, _>>().ok()
}

fn kilobytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
