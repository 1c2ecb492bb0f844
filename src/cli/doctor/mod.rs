//! `retrain doctor`: one page about this machine, this terminal and this project, to paste into a bug
//! report, and what looks wrong there. Names no person: the home folder is `~`.

mod advice;
mod facts;
mod folders;
mod slurm;

use std::process::ExitCode;

use anyhow::Result;

use super::out::print_json;
use crate::config::{Config, find_project};
use crate::words::{counted, grouped, short_size};
use advice::{Problem, problems};
use facts::Facts;
use slurm::Slurm;

/// Prints the page. What looks wrong is no failure of this command.
pub fn doctor(as_json: bool) -> Result<ExitCode> {
    let here = super::current_folder()?;
    // A wrong config.toml is one of the things that it is asked about.
    let (config, mistake) = match Config::load(&here) {
        Ok(config) => (config, None),
        Err(err) => {
            let root = find_project(&here).ok().flatten().unwrap_or(here);
            (Config::at(&root), Some(err.to_string()))
        }
    };
    if config.cache.is_dir() {
        crate::features::keep_speeds(&config.cache);
    }
    let facts = Facts { slurm: Slurm::ask(&config), ..Facts::gather(&config) };
    let mut problems = problems(&facts, &config, mistake.as_deref());
    if let Some(slurm) = &facts.slurm {
        let found = slurm.problems(&config).into_iter();
        problems.extend(found.map(|(what, next)| Problem { what, next: next.to_owned() }));
    }
    if as_json {
        print_json(&serde_json::json!({"facts": facts, "problems": problems}))?;
    } else {
        out!("{}", page(&facts, &problems));
    }
    Ok(ExitCode::SUCCESS)
}

fn page(facts: &Facts, problems: &[Problem]) -> String {
    let mut lines = machine_lines(facts);
    lines.extend(terminal_lines(facts));
    lines.extend(project_lines(facts));
    lines.extend(facts.slurm.iter().flat_map(Slurm::lines));
    let mut text = String::new();
    for (label, value) in lines {
        text += &format!("{label:13} {value}\n");
    }
    if problems.is_empty() {
        return text + "\nNothing looks wrong.\n";
    }
    text += "\nWhat looks wrong\n";
    for Problem { what, next } in problems {
        text += &format!("  {what}\n    next: {next}\n");
    }
    text
}

type Line = (&'static str, String);

fn machine_lines(facts: &Facts) -> Vec<Line> {
    let cuda = if facts.has_cuda { "with CUDA" } else { "without CUDA" };
    let formats: Vec<String> = facts
        .arithmetic
        .iter()
        .map(|one| match one.format {
            "f32" => format!("{} by {}", one.name, one.instructions),
            _ => {
                let times = one.times_as_fast_as_f32;
                format!("{} by {} ({times:.1} times as fast)", one.name, one.instructions)
            }
        })
        .collect();
    vec![
        ("retrain", format!("{}, built {cuda}", facts.version)),
        ("system", format!("{}, {}", facts.system, facts.architecture)),
        ("processor", facts.processor.clone()),
        ("arithmetic", formats.join(", ")),
        ("threads", format!("{} of {} that may be used", facts.threads, facts.usable_threads)),
        (
            "memory",
            format!("{} free of {}", short_size(facts.memory_free), short_size(facts.memory)),
        ),
        ("GPU", facts.gpu.clone()),
    ]
}

fn terminal_lines(facts: &Facts) -> Vec<Line> {
    let terminal = &facts.terminal;
    let said =
        |value: &str| if value.is_empty() { "(not set)".to_owned() } else { value.to_owned() };
    let size = match terminal.size {
        Some((columns, rows)) => format!("{columns}x{rows}"),
        None => "none: stdin or stdout is no terminal".to_owned(),
    };
    let through = [(terminal.in_tmux, ", in tmux"), (terminal.over_ssh, ", over SSH")];
    let through: String = through.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    let signs = if terminal.has_blocks { "lines and blocks" } else { "ASCII only" };
    let guessed = if terminal.size.is_some() { "as the terminal says" } else { "a guess" };
    vec![
        ("terminal", format!("{size}{through}, TERM {}", said(&terminal.term))),
        ("colours", format!("theme {}, COLORTERM {}", terminal.theme, said(&terminal.colorterm))),
        ("characters", format!("{signs}, locale {}", said(&terminal.locale))),
        ("pictures", format!("{} ({guessed})", terminal.pictures)),
        ("clipboard", "by OSC 52; terminals do not say whether they take it".to_owned()),
    ]
}

fn project_lines(facts: &Facts) -> Vec<Line> {
    let found = match (facts.project_found, facts.has_config) {
        (false, _) => "no project, the folder you are in",
        (true, true) => "with config.toml",
        (true, false) => "without config.toml",
    };
    let mut lines = vec![("project", format!("{} ({found})", facts.project))];
    for folder in &facts.folders {
        let state = match (folder.exists, folder.can_be_written) {
            (true, true) => "can be written",
            (true, false) => "cannot be written",
            (false, true) => "not there yet, can be made",
            (false, false) => "not there, cannot be made",
        };
        let kind = folder.file_system.as_deref().unwrap_or("unknown file system");
        let network = match (folder.is_on_network, folder.has_locks) {
            (false, _) => "",
            (true, Some(false)) => " of a network, without locks",
            (true, _) => " of a network",
        };
        let free = folder.free.map_or("?".to_owned(), short_size);
        lines
            .push((folder.name, format!("{}: {state}; {kind}{network}, {free} free", folder.path)));
    }
    lines.push((
        "in them",
        format!(
            "{}, {}, {} waiting or at work",
            counted(facts.experiments, "experiment"),
            counted(facts.runs, "run"),
            grouped(facts.queued)
        ),
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_there_is_and_what_is_wrong_with_the_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("experiments")).unwrap();
        std::fs::write(root.join("experiments/fire.toml"), "images = \"gone\"\n").unwrap();
        std::fs::write(root.join("experiments/fog.toml"), "images = 3\n").unwrap();
        std::fs::write(root.join("runs"), "a file").unwrap();
        let config = Config { threads: 1000, ..Config::at(&root) };
        if config.cache.is_dir() {
            crate::features::keep_speeds(&config.cache);
        }
        let facts =
            Facts { amx_refused: Some("tiles are not saved".into()), ..Facts::gather(&config) };
        let problems = problems(&facts, &config, Some("config.toml:1: theme is 7"));
        let page = page(&facts, &problems);
        for said in [
            concat!("retrain       ", env!("CARGO_PKG_VERSION")),
            "f32 by ",
            "2 experiments, 0 runs",
            "/cache: not there yet, can be made",
            "runs cannot be written: ",
            "config.toml:1: theme is 7",
            "experiments/fire.toml: its images are not there: ",
            "experiments/fog.toml has mistakes",
            "threads is 1,000",
            "has AMX, and it is not used: tiles are not saved",
        ] {
            assert!(page.contains(said), "{said:?} is not in\n{page}");
        }
        assert_eq!(problems.len(), page.matches("    next: ").count());
    }
}
