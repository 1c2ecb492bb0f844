//! The commands: words on stdout, news on stderr, `--json` wherever a list is printed.
//!
//! The one area that sees both sides of the process boundary. It holds no logic of its own: each
//! command asks the areas and prints what they say.

// First, as the modules below it use its macros.
#[macro_use]
mod out;

mod activation_map;
mod answers;
mod args;
mod ask;
mod cache;
mod calibrate;
mod check;
mod compare;
mod compare_repeats;
mod completions;
mod demo;
mod doctor;
mod ended;
mod explain_change;
mod export;
mod features;
mod fields;
mod follow;
mod from_retrain_py;
mod kernels;
mod keys;
mod kinds;
mod label;
mod labels;
mod learning_curve;
mod list;
mod look;
mod man;
mod named_head;
mod names;
mod near_copies;
mod nearest;
mod new;
mod note;
mod photos;
mod predict;
mod queue;
mod report;
mod result;
mod resume;
mod run;
mod scored_photo;
mod scorer;
mod scores;
mod screens;
#[cfg(test)]
mod second_network;
mod share;
mod shortcuts;
mod show;
mod similar;
mod speed;
mod stop;
mod stream;
mod sure;
mod sweep;
mod trash;
mod watch;
mod weights;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::config::{self, Config};
use crate::runner::{self, Jobs, Launchers};
use crate::spec;
use crate::store::{self, EndSignals, RunFolder, Stop};
use crate::worker;

pub use crate::runner::EXIT_INTERRUPTED;
pub use args::Args;
use args::Command;
use calibrate::Keep;
use named_head::NamedHead;

/// Exit code of a run that failed, or of a machine that did.
pub const EXIT_FAILED: u8 = 1;
/// Exit code of a person's mistake: in the command, or in an experiment file.
pub const EXIT_MISTAKE: u8 = 2;

/// Does what was typed and gives the program's exit code. An error is printed to stderr.
pub fn run(args: Args) -> ExitCode {
    out::finish(perform(args).unwrap_or_else(|err| complain(&err)))
}

/// Prints why what was typed is not a command, or the help that was asked for, and gives the exit
/// code. The text has no colours where it quotes an argument, such as a file's name, with characters
/// that a terminal would act on.
pub fn refuse(err: &clap::Error) -> ExitCode {
    let text = err.render().to_string();
    if text.chars().any(|c| c != '\n' && store::is_harmful(c)) {
        news!("{text}");
    } else {
        // When stderr is closed there is nobody to tell.
        let _ = err.print();
    }
    ExitCode::from(err.exit_code() as u8)
}

fn perform(args: Args) -> Result<ExitCode> {
    let Some(command) = args.command else { return screens::screens() };
    if let Command::Worker { run, iterations, slot, alone, submission } = &command {
        let folder = RunFolder::at(run);
        runner::name_process();
        if let Some(submission) = submission {
            let work = |run: &RunFolder, iterations, signals: &EndSignals| {
                worker::work(run, iterations, Some(signals))
            };
            return Ok(runner::do_job(run, submission, work));
        }
        if !alone {
            return Ok(runner::keep(&folder, *iterations, *slot));
        }
        return Ok(runner::kept(&folder, || worker::work(&folder, *iterations, None)));
    }
    if matches!(
        command,
        Command::Predict(_)
            | Command::Similar { .. }
            | Command::ActivationMap { .. }
            | Command::Look { .. }
            | Command::Export { .. }
            | Command::ExplainChange { .. }
            | Command::Features { .. }
            | Command::Kernels { .. }
            | Command::Weights { .. }
    ) {
        restart_for_the_network()?;
    }
    match command {
        Command::Doctor { json } => return doctor::doctor(json),
        Command::Completions { shell } => return completions::completions(shell),
        Command::Man { folder } => return man::man(&folder),
        Command::Keys => return keys::keys(),
        Command::Fields { markdown, json } => return fields::fields(markdown, json),
        _ => {}
    }
    // The screens, which start it, have said where the project is.
    let config = match command {
        Command::Look { .. } => Config::load(&current_folder()?)?,
        _ => config()?,
    };
    crate::features::keep_speeds(&config.cache);
    match command {
        Command::Demo { detach, plain } => demo::demo(&config, detach, plain),
        Command::Run { experiments, set, repeats, detach, log } => {
            let files: Vec<PathBuf> =
                experiments.iter().map(|typed| experiment_file(&config, typed)).collect();
            run::run(&config, &files, &set, repeats.into(), detach, log)
        }
        Command::Resume { run, iterations, detach } => {
            resume::resume(&config, &find(&config, &run)?, iterations, detach)
        }
        Command::Queue { what, json } => queue::queue(&config, what, json),
        Command::Pause { run } => {
            stop::stop(&config, &find_able(&config, &run, is_at_work)?, Stop::Pause)
        }
        Command::Stop { run } => {
            stop::stop(&config, &find_able(&config, &run, is_at_work)?, Stop::Keep)
        }
        Command::Cancel { run } => {
            stop::stop(&config, &find_able(&config, &run, is_at_work)?, Stop::Cancel)
        }
        Command::List { filter, json } => list::list(&config, filter.as_deref(), json),
        Command::Tag { run, changes } => note::tag(&find(&config, &run)?, &changes),
        Command::Note { run, text } => note::note(&find(&config, &run)?, text.as_deref()),
        Command::Show { run, json } => show::show(&find(&config, &run)?, json),
        Command::Scores(scores) => {
            scores::scores(&find_able(&config, &scores.run, has_scores)?, &scores)
        }
        Command::Compare { first, second, repeats, list, json } => {
            let first = find_able(&config, &first, has_scores)?;
            let second = find_able(&config, &second, has_scores)?;
            match repeats {
                true => compare_repeats::compare(&config, &first, &second, json),
                false => compare::compare(&first, &second, list, json),
            }
        }
        Command::Sweep { sweep, end, resume, json } => match end {
            Some(how) => sweep::end(&config, &sweep, how),
            None if resume => sweep::resume(&config, &sweep),
            None => sweep::sweep(&config, &sweep, json),
        },
        Command::ExplainChange { first, second, json } => {
            let first = find_able(&config, &first, has_scores)?;
            let second = find_able(&config, &second, has_scores)?;
            explain_change::explain_change(&config, &first, &second, json)
        }
        Command::Labels { run, count, json } => {
            labels::labels(&config, &find_able(&config, &run, has_scores)?, count, json)
        }
        Command::LearningCurve { run, json } => {
            let run = find_able(&config, &run, has_scores)?;
            learning_curve::learning_curve(&config, &run, json)
        }
        Command::Kinds { run, category, json, csv } => {
            let form = match (json, csv) {
                (true, _) => kinds::Form::Json,
                (_, true) => kinds::Form::Csv,
                _ => kinds::Form::Text,
            };
            let run = find_able(&config, &run, has_scores)?;
            kinds::kinds(&config, &run, category.as_deref(), &form)
        }
        Command::Label(asked) => {
            label::label(&config, &experiment_file(&config, &asked.experiment), &asked)
        }
        Command::Report { runs, output, markdown } => {
            let runs = runs.iter().map(|run| find(&config, run)).collect::<Result<Vec<_>>>()?;
            report::report(&runs, output, markdown)
        }
        Command::Predict(asked) => {
            predict::predict(&config, &NamedHead::find(&config, &asked.run)?, &asked)
        }
        Command::Export(asked) => export::export(&config, &asked),
        Command::Similar { run, photo, count, json } => {
            let run = find_able(&config, &run, has_head)?;
            similar::similar(&config, &run, &photo, count as usize, json)
        }
        Command::ActivationMap { run, photo, category, output, json } => {
            let run = find_able(&config, &run, has_head)?;
            let (category, output) = (category.as_deref(), output.as_deref());
            let asked = activation_map::Asked { photo: &photo, category, output, json };
            activation_map::activation_map(&config, &run, &asked)
        }
        Command::Look { run } => look::look(&config, &find(&config, &run)?),
        Command::Calibrate { run, save, undo, json } => {
            let keep = match (save, undo) {
                (true, _) => Keep::Save,
                (_, true) => Keep::Undo,
                _ => Keep::Nothing,
            };
            calibrate::calibrate(&find_able(&config, &run, has_head)?, keep, json)
        }
        Command::Check { experiment, json } => {
            check::check(&config, &experiment_file(&config, &experiment), json)
        }
        Command::Features { source, output, share, submit } => {
            let source = experiment_file(&config, &source);
            if submit {
                return submit_features(&config, &source);
            }
            match (output, share) {
                (Some(output), _) => features::features(&config, &source, &output),
                (None, Some(share)) => share::share(&config, &source, share),
                (None, None) => unreachable!("one of them is required"),
            }
        }
        Command::Kernels { precision } => kernels::kernels(&config, precision.as_deref()),
        Command::Weights { file, json } => weights::weights(&config, file.as_deref(), json),
        Command::New { folder, output, backbone } => {
            new::new(&config, &folder, output.as_deref(), backbone.as_deref())
        }
        Command::FromRetrainPy(asked) => from_retrain_py::from_retrain_py(&config, &asked),
        Command::Trash(trash) => trash::trash(&config, &trash),
        Command::Cache(cache) => cache::cache(&config, &cache),
        Command::Doctor { .. }
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Keys
        | Command::Fields { .. }
        | Command::Worker { .. } => unreachable!("it was done above"),
    }
}

/// Prints why a command could not do its work, and gives its exit code.
fn complain(err: &anyhow::Error) -> ExitCode {
    newsln!("retrain: {}", store::explain(err.as_ref(), "try again"));
    match store::Fault::of(err.as_ref()) {
        Some(_) => ExitCode::from(EXIT_FAILED),
        None => ExitCode::from(EXIT_MISTAKE),
    }
}

/// Replaces this process by the same program with the thread settings that the network needs, unless
/// the environment has them already.
fn restart_for_the_network() -> Result<()> {
    if runner::has_thread_settings() {
        return Ok(());
    }
    let mut command = std::process::Command::new(own_file()?);
    Err(runner::with_thread_settings(&mut command).args(std::env::args_os().skip(1)).exec().into())
}

/// The configuration of the project that the current folder lies in. Where that is a folder above it,
/// this is said.
fn config() -> Result<Config> {
    let here = current_folder()?;
    let config = Config::load(&here)?;
    if let Ok(below) = here.strip_prefix(&config.root)
        && !below.as_os_str().is_empty()
    {
        let up: PathBuf = below.components().map(|_| "..").collect();
        newsln!("project in {}", up.display());
    }
    Ok(config)
}

fn current_folder() -> Result<PathBuf> {
    std::env::current_dir().context("the current folder is gone")
}

/// What was looked for where there is no project: the person may be in another folder than they think.
fn no_project(config: &Config) -> Option<String> {
    (!config.is_found()).then(|| format!("no project here or in a folder above: {}", config::MARKS))
}

fn find(config: &Config, name: &str) -> Result<RunFolder> {
    match (store::find(&config.runs, name), no_project(config)) {
        (Err(err @ store::FindError::Empty { .. }), Some(looked)) => bail!("{err}\n{looked}"),
        (found, _) => Ok(found?),
    }
}

/// The same, but 'last' is the newest run that `can` do what is asked, which is said where a newer
/// one cannot; where none can it is the newest, whose refusal says why.
fn find_able(config: &Config, name: &str, can: impl Fn(&RunFolder) -> bool) -> Result<RunFolder> {
    let newest = find(config, name)?;
    if name != store::LAST || can(&newest) {
        return Ok(newest);
    }
    match store::list(&config.runs)?.into_iter().rfind(can) {
        None => Ok(newest),
        Some(able) => {
            newsln!("last: {} ({} is newer, but not for this)", able.id(), newest.id());
            Ok(able)
        }
    }
}

fn has_scores(run: &RunFolder) -> bool {
    run.scores().exists()
}

fn has_head(run: &RunFolder) -> bool {
    run.head().exists()
}

fn is_at_work(run: &RunFolder) -> bool {
    run.summary().is_ok_and(|summary| summary.state.is_live())
}

/// The experiment file that was typed: a path, or the name of one in the folder of experiments.
fn experiment_file(config: &Config, typed: &Path) -> PathBuf {
    let is_name = typed.components().count() == 1 && typed.extension().is_none();
    let named = config.experiments.join(typed).with_extension("toml");
    if is_name && !typed.is_file() && named.is_file() { named } else { typed.to_owned() }
}

/// Has jobs of a cluster make the features of an experiment.
fn submit_features(config: &Config, experiment: &Path) -> Result<ExitCode> {
    let launch = spec::load(experiment)?.experiment.launch.over(&config.launch);
    if launch.place != config::launch::Place::Slurm || launch.feature_jobs == 0 {
        bail!(
            "{}: --submit needs launch.where = \"slurm\" and the number of jobs in launch.feature_jobs, \
             there or in config.toml",
            typed(experiment)
        );
    }
    let submitted = runner::slurm::features(&own_file()?, config, experiment, &launch);
    let number = submitted.map_err(|why| anyhow::anyhow!(why))?;
    let (jobs, program) = (launch.feature_jobs, program());
    newsln!(
        "array {number} of {jobs} jobs; a share that fails twice is made again with: {program} features {} \
         --share K/{jobs}",
        typed(experiment)
    );
    Ok(ExitCode::SUCCESS)
}

/// This program's own file, to start workers with.
fn own_file() -> Result<PathBuf> {
    std::env::current_exe().context("cannot find this program's own file")
}

/// What starts workers for the commands: this machine, and the cluster.
fn launchers(config: &Config) -> Result<Launchers> {
    Ok(Launchers::new(&own_file()?, config, Jobs::default()))
}

/// The same, once the cluster has said what has become of its jobs, where there are any.
fn informed_launchers(config: &Config) -> Result<Launchers> {
    let launchers = launchers(config)?;
    if let Err(why) = runner::slurm::look(&launchers, &config.runs) {
        newsln!("what has become of jobs is not known: {why}");
    }
    Ok(launchers)
}

/// This program as a person would type it from here: by its name where the shell finds it so.
fn program() -> String {
    let Ok(program) = std::env::current_exe() else { return "retrain".to_owned() };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| Some(&*folder) == program.parent());
    if found { "retrain".to_owned() } else { in_shell(&typed(&program)) }
}

/// A word of a command that is to be pasted: in quotes where the shell would split or expand it.
fn in_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/+,:=@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A path as a person would type it from here.
fn typed(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    store::shown(path.strip_prefix(here).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_shown_can_be_pasted() {
        for (word, pasted) in [
            ("photos/fire-1.jpg", "photos/fire-1.jpg"),
            ("Übung/火.jpg", "Übung/火.jpg"),
            ("my photos/a.jpg", "'my photos/a.jpg'"),
            ("it's", r"'it'\''s'"),
            ("$HOME*", "'$HOME*'"),
            ("", "''"),
        ] {
            assert_eq!(in_shell(word), pasted);
        }
    }
}
