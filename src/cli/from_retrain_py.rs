//! `retrain from-retrain-py`: an experiment, or a prediction, for a command line of retrain.py or
//! label_image.py.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::args::FromRetrainPy;
use super::new::{Found, free_file, utf8, write};
use super::{in_shell, program, typed};
use crate::config::Config;
use crate::retrain_py::{Answer, CommandLine, Script, prediction, settings};
use crate::spec::{self, Draft};

/// Of the program's own option, which may also stand among the flags of the script.
const OUTPUT: [&str; 2] = ["--output", "-o"];

pub fn from_retrain_py(config: &Config, asked: &FromRetrainPy) -> Result<ExitCode> {
    let (words, output) = take_output(asked)?;
    let line = CommandLine::read(&words)?;
    match line.script {
        Script::Retrain => experiment(config, &line, output.as_deref()),
        Script::LabelImage => {
            let prediction = prediction(&line);
            print(&prediction.answers);
            let words: Vec<String> =
                prediction.arguments.iter().map(|word| in_shell(word)).collect();
            outln!("{} {}", program(), words.join(" "));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Takes `-o FILE` out of the words. (`--output` alone begins two flags of retrain.py, which did not
/// take it.)
fn take_output(asked: &FromRetrainPy) -> Result<(Vec<String>, Option<PathBuf>)> {
    let (mut kept, mut output) = (Vec::new(), asked.output.clone());
    let mut words = asked.words.iter();
    while let Some(word) = words.next() {
        if OUTPUT.contains(&word.as_str()) {
            let Some(file) = words.next() else { bail!("{word} has no value, expected a file") };
            output = Some(file.into());
        } else if let Some(file) = word.strip_prefix("--output=") {
            output = Some(file.into());
        } else {
            kept.push(word.clone());
        }
    }
    Ok((kept, output))
}

fn experiment(config: &Config, line: &CommandLine, output: Option<&Path>) -> Result<ExitCode> {
    let settings = settings(line)?;
    let found = Found::below(config, Path::new(&settings.image_dir))?;
    if found.has_set_folders {
        bail!(
            "the folders in {} are sets with the categories in them, which retrain.py did not know; \
             '{} new {}' makes an experiment of them",
            typed(&found.folder),
            program(),
            in_shell(&settings.image_dir)
        );
    }
    let output = free_file(config, &found.folder, output)?;
    let images = images(config, &settings.image_dir, &found.folder)?;
    let written = settings.written();
    let text = spec::template(&Draft { written: &written, ..found.draft(&images) });
    spec::parse(&text, &output)?;
    write(&output, &text)?;

    print(&settings.answers);
    outln!("\nas retrain.py did without being asked:");
    for (key, value, why) in settings.as_there {
        outln!("{key} = {value}: {why}");
    }
    for note in &settings.notes {
        outln!("not as there: {note}");
    }
    if images != settings.image_dir {
        outln!(
            "not as there: images is \"{images}\", as paths begin at the project folder; a photo's set \
             comes from its whole path, so the sets are others than those of \"{}\"",
            settings.image_dir
        );
    }
    outln!("\n{}", typed(&output));
    let file = in_shell(&typed(&output));
    newsln!("{}; next: {} run {file} --log retrain.py", found.in_words(), program());
    Ok(ExitCode::SUCCESS)
}

fn print(answers: &[Answer]) {
    for Answer { given, became } in answers {
        outln!("{given} → {became}");
    }
}

/// The folder as it is written in the experiment: as it was typed, since the split depends on that. From
/// a folder within the project a relative path would begin elsewhere.
fn images(config: &Config, image_dir: &str, folder: &Path) -> Result<String> {
    let typed = Path::new(image_dir);
    if typed.is_absolute() || std::env::current_dir()? == config.root {
        return Ok(image_dir.to_owned());
    }
    Ok(utf8(folder.strip_prefix(&config.root).unwrap_or(folder))?.to_owned())
}
