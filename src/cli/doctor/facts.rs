//! What is gathered, before it is judged.

use std::fs;

use serde::Serialize;

use super::folders::{Folder, folders, shortened};
use super::slurm::Slurm;
use crate::config::{CONFIG_FILE, Config};
use crate::kernels::{Engine, Format};
use crate::nets::{DeviceChoice, NetworkSettings, Place};
use crate::store::{self, Queue};
use crate::tui::Abilities;

/// Facts for a bug report.
#[derive(Debug, Serialize)]
pub struct Facts {
    pub version: &'static str,
    pub has_cuda: bool,
    pub system: String,
    pub architecture: &'static str,
    pub processor: String,
    pub arithmetic: Vec<Arithmetic>,
    /// Why what could be computed by AMX is not, on a processor that has it.
    pub amx_refused: Option<String>,
    /// That a run may use, as `config.toml` says.
    pub threads: usize,
    /// That this process may use.
    pub usable_threads: usize,
    /// Bytes.
    pub memory: u64,
    /// Bytes that programs can still take.
    pub memory_free: u64,
    /// The GPU, or why there is none.
    pub gpu: String,
    pub terminal: TerminalFacts,
    pub project: String,
    pub project_found: bool,
    pub has_config: bool,
    pub folders: Vec<Folder>,
    /// Files in the folder of experiments.
    pub experiments: usize,
    pub runs: usize,
    /// Runs that wait or are at work.
    pub queued: usize,
    /// What the cluster says, where runs are given to one.
    pub slurm: Option<Slurm>,
}

/// A number format with the instructions that compute it here.
#[derive(Debug, Serialize)]
pub struct Arithmetic {
    pub format: &'static str,
    /// The format with how it rounds, where there are several ways.
    pub name: String,
    pub instructions: &'static str,
    /// Measured here; 1 for f32.
    pub times_as_fast_as_f32: f64,
}

/// What the screens would use of the terminal.
#[derive(Debug, Serialize)]
pub struct TerminalFacts {
    /// Columns and rows.
    pub size: Option<(u16, u16)>,
    pub term: String,
    pub colorterm: String,
    pub locale: String,
    pub theme: &'static str,
    pub has_blocks: bool,
    pub pictures: &'static str,
    /// What is wrong with the variable that chooses how pictures are drawn.
    pub pictures_refused: Option<String>,
    pub in_tmux: bool,
    pub over_ssh: bool,
}

impl Facts {
    /// Reads, and changes nothing; the terminal is asked which pictures it shows.
    pub fn gather(config: &Config) -> Facts {
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let bytes = |key| kibibytes(&memory, key).unwrap_or(0) * 1024;
        Facts {
            version: env!("CARGO_PKG_VERSION"),
            has_cuda: cfg!(feature = "cuda"),
            system: system(),
            architecture: std::env::consts::ARCH,
            processor: match store::processor_name() {
                name if name.is_empty() => "the system does not say which".to_owned(),
                name => name,
            },
            arithmetic: arithmetic(),
            amx_refused: Format::of_this_processor().into_iter().find_map(Engine::why_no_amx),
            threads: config.threads,
            usable_threads: Config::at(&config.root).threads,
            memory: bytes("MemTotal:"),
            memory_free: bytes("MemAvailable:"),
            gpu: gpu(),
            terminal: terminal(config),
            project: shortened(&config.root),
            project_found: config.is_found(),
            has_config: config.root.join(CONFIG_FILE).is_file(),
            folders: folders(config),
            experiments: super::folders::experiments(config).len(),
            runs: store::list(&config.runs).map_or(0, |runs| runs.len()),
            queued: Queue::read(&config.runs)
                .map_or(0, |queue| queue.waiting.len() + queue.started.len()),
            slurm: None,
        }
    }
}

/// Those that this processor is fast at.
fn arithmetic() -> Vec<Arithmetic> {
    let best =
        Format::of_this_processor().into_iter().map(Engine::best).filter(|engine| engine.is_fast());
    best.map(|engine| Arithmetic {
        format: engine.format().name(),
        name: engine.format().full_name(),
        instructions: engine.set().name(),
        times_as_fast_as_f32: engine.times_as_fast_as_f32(),
    })
    .collect()
}

fn gpu() -> String {
    if !cfg!(feature = "cuda") {
        return "none: this program was built without CUDA".to_owned();
    }
    let any = NetworkSettings { device: DeviceChoice::Auto, ..NetworkSettings::default() };
    match Place::open(&any) {
        Ok(Place { note: Some(why), .. }) => format!("none: {why}"),
        Ok(place) => place.name,
        Err(why) => format!("none: {why}"),
    }
}

fn terminal(config: &Config) -> TerminalFacts {
    let set = |name| std::env::var(name).unwrap_or_default();
    let can = Abilities::of_this_process(config.theme);
    TerminalFacts {
        size: can.size,
        term: can.term,
        colorterm: set("COLORTERM"),
        locale: can.locale,
        theme: can.theme.name(),
        has_blocks: can.has_blocks,
        pictures: can.pictures,
        pictures_refused: can.refused,
        in_tmux: !set("TMUX").is_empty(),
        over_ssh: can.is_remote,
    }
}

/// The kernel's name and release; no name of the host, which may be a person's.
fn system() -> String {
    let line = |path| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    format!("{} {}", line("/proc/sys/kernel/ostype"), line("/proc/sys/kernel/osrelease"))
}

/// The value of one line of `/proc/meminfo`.
fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}
