//! What looks wrong, with the next step for each.

use std::path::Path;

use serde::Serialize;

use super::facts::{Facts, TerminalFacts};
use super::folders::{Folder, experiments, shortened};
use crate::cli::in_shell;
use crate::config::{self, Config};
use crate::spec;
use crate::words::{grouped, short_size};

/// Below this the screens do not fit.
const SMALLEST: (u16, u16) = (60, 20);
/// Features of some 100,000 photos; heads and scores of many runs.
const LITTLE_ROOM: u64 = 1_000_000_000;
/// Experiments that are told of; the rest is likely wrong in the same way.
const MOST_EXPERIMENTS: usize = 5;
/// The driver has a folder for each GPU there.
const GPUS: &str = "/proc/driver/nvidia/gpus";

/// Something that looks wrong.
#[derive(Debug, Serialize)]
pub struct Problem {
    pub what: String,
    pub next: String,
}

fn problem(what: impl Into<String>, next: impl Into<String>) -> Problem {
    Problem { what: what.into(), next: next.into() }
}

/// All of them, in the order of the page. `mistake` is what is said of `config.toml`.
pub fn problems(facts: &Facts, config: &Config, mistake: Option<&str>) -> Vec<Problem> {
    let mut problems = of_machine(facts);
    problems.extend(of_terminal(&facts.terminal));
    if let Some(said) = mistake {
        problems.push(problem(said, "correct config.toml; all else here is told as without it"));
    } else if !facts.project_found {
        problems.push(problem(
            format!("no project here or in a folder above: {}", config::MARKS),
            "go to your project, or begin one here: retrain new FOLDER, or retrain demo",
        ));
    }
    problems.extend(facts.folders.iter().filter_map(of_folder));
    problems.extend(of_experiments(config));
    problems
}

fn of_machine(facts: &Facts) -> Vec<Problem> {
    let mut problems = Vec::new();
    if facts.threads > facts.usable_threads {
        let (threads, usable) = (grouped(facts.threads), grouped(facts.usable_threads));
        problems.push(problem(
            format!("threads is {threads}, but this process may use {usable}: slower, not faster"),
            "set threads = 0 in config.toml",
        ));
    }
    if let Some(why) = &facts.amx_refused {
        problems.push(problem(
            format!("this processor has AMX, and it is not used: {why}"),
            "runs work, only slower; Linux 5.16 or later lets programs use AMX; where it is not that, report this \
             with the output of 'retrain kernels'",
        ));
    }
    if !facts.has_cuda && Path::new(GPUS).exists() {
        problems.push(problem(
            "an NVIDIA GPU is there, but this program was built without CUDA",
            "build it with: cargo install --path . --features cuda (docs/gpu.md)",
        ));
    } else if facts.has_cuda && facts.gpu.starts_with("none") {
        problems.push(problem(
            "this program was built with CUDA, but no GPU can be used",
            "see what nvidia-smi says, and docs/gpu.md; until then the CPU is used",
        ));
    }
    problems
}

fn of_terminal(terminal: &TerminalFacts) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some((columns, rows)) = terminal.size else { return problems };
    if columns < SMALLEST.0 || rows < SMALLEST.1 {
        problems.push(problem(
            format!("the terminal has {columns}x{rows} cells, the screens need 60x20"),
            "make the window larger, or its font smaller",
        ));
    }
    if matches!(terminal.term.as_str(), "" | "dumb") {
        problems.push(problem(
            format!("TERM is '{}': no screens can be drawn", terminal.term),
            "set TERM to what the terminal is, such as xterm-256color",
        ));
    } else if !terminal.has_blocks && !terminal.locale.is_empty() {
        problems.push(problem(
            format!("the locale {} is not UTF-8: lines are drawn in ASCII", terminal.locale),
            "export LC_ALL=C.UTF-8, where the terminal draws UTF-8",
        ));
    }
    if let Some(said) = &terminal.pictures_refused {
        problems.push(problem(said, "correct the variable, or unset it"));
    }
    problems
}

fn of_folder(folder: &Folder) -> Option<Problem> {
    // Weights are only read.
    if folder.name == "weights" {
        return None;
    }
    if !folder.can_be_written {
        return Some(problem(
            format!("{} cannot be written: {}", folder.name, folder.path),
            format!(
                "make it a folder of yours, or name another: {} = ... in config.toml",
                folder.name
            ),
        ));
    }
    match folder.free {
        Some(free) if free < LITTLE_ROOM => Some(problem(
            format!("{} has little room: {} free", folder.name, short_size(free)),
            "free some: retrain cache --prune, retrain trash --empty",
        )),
        _ if folder.has_locks == Some(false) => Some(problem(
            format!("{} lies on a file system of a network without locks", folder.name),
            "it works, by files that stand for locks; another disk would be quicker",
        )),
        _ => None,
    }
}

fn of_experiments(config: &Config) -> Vec<Problem> {
    let told = |file: &Path| {
        let name = shortened(file.strip_prefix(&config.root).unwrap_or(file));
        let checked = match spec::load(file) {
            Err(_) => {
                // By its name it is found from every folder of the project.
                let typed = file.file_stem().unwrap_or_default().to_string_lossy();
                let next = format!("see them with: retrain check {}", in_shell(&typed));
                return Some(problem(format!("{name} has mistakes"), next));
            }
            Ok(checked) => checked,
        };
        let images = config.root.join(&checked.experiment.images);
        (!images.is_dir()).then(|| {
            problem(
                format!("{name}: its images are not there: {}", shortened(&images)),
                "bring the folder back, or correct 'images' in the file",
            )
        })
    };
    experiments(config).iter().filter_map(|file| told(file)).take(MOST_EXPERIMENTS).collect()
}
