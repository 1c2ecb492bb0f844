//! Commands that the papers and the help texts show are taken by the program as they are typed.

use std::collections::BTreeSet;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use retrain::cli::Args;
use retrain::spec;

use super::{blocks, papers, read};

/// Words of a line of shell without its comment, as a shell splits them by blanks and quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut is_word) = (String::new(), None, false);
    for c in line.split(" #").next().unwrap().chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => (quote, is_word) = (Some(c), true),
            None if c.is_whitespace() => {
                if std::mem::take(&mut is_word) {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => (word, is_word) = (word + &c.to_string(), true),
        }
    }
    if is_word { words.into_iter().chain([word]).collect() } else { words }
}

/// What is typed behind the program's name in a line of a paper or a help text; `None` where the line
/// is of something else.
fn arguments(line: &str) -> Option<Vec<String>> {
    let words = words(line.trim().trim_start_matches("$ "));
    let begins =
        |with: &[&str]| words.iter().zip(with).filter(|(a, b)| a == b).count() == with.len();
    let programs: [&[&str]; 2] = [&["retrain"], &["cargo", "run", "--release", "--"]];
    let program = programs.into_iter().find(|program| begins(program))?;
    // What a shell does with the output is not the program's.
    let rest = words.iter().skip(program.len()).take_while(|word| !">|&".contains(word.as_str()));
    Some(rest.cloned().collect())
}

/// A command that is shown somewhere.
struct Example {
    place: String,
    line: String,
    /// Named in a sentence: what it needs may be left out.
    is_named: bool,
}

/// Lines of the papers that can be pasted, and commands within their sentences.
fn examples_of_papers() -> Vec<Example> {
    let mut examples = Vec::new();
    for (place, block) in blocks("sh") {
        let lines = block.lines().map(str::to_owned);
        examples.extend(lines.map(|line| Example { place: place.clone(), line, is_named: false }));
    }
    for paper in papers() {
        // Blocks have no sentences.
        let text = read(&paper);
        let sentences: String = text.split("```").step_by(2).collect();
        let spans = sentences.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " "));
        examples.extend(spans.map(|line| Example { place: paper.clone(), line, is_named: true }));
    }
    examples
}

/// Commands in help texts: on lines of their own with what they do some blanks behind, after a colon,
/// and in quotes.
fn examples_of_help() -> Vec<Example> {
    let mut program = Args::command().term_width(0);
    program.build();
    let mut texts = vec![("the program".to_owned(), program.render_long_help().to_string())];
    for command in program.get_subcommands_mut() {
        texts.push((command.get_name().to_owned(), command.render_long_help().to_string()));
    }
    let mut examples = Vec::new();
    for (name, text) in texts {
        let mut push = |line: &str, is_named| {
            let place = format!("help of {name}");
            examples.push(Example { place, line: line.to_owned(), is_named });
        };
        // Lines of usage have their own form.
        for line in text.lines().map(str::trim).filter(|line| !line.contains(['<', '['])) {
            push(line.split("   ").next().unwrap(), false);
            line.split_once(": ").into_iter().for_each(|(_, typed)| push(typed, false));
            line.split('\'').skip(1).step_by(2).for_each(|quoted| push(quoted, true));
        }
    }
    examples
}

/// Why the program would not take these arguments.
fn refused(arguments: &[String], is_named: bool) -> Option<String> {
    // A number that the reader is to put in.
    let number = |word: &String| if word == "N" { "5".to_owned() } else { word.clone() };
    let typed: Vec<String> =
        std::iter::once("retrain".to_owned()).chain(arguments.iter().map(number)).collect();
    if let Err(err) = Args::try_parse_from(&typed) {
        let lacks_only_arguments =
            |err: &clap::Error| err.kind() == ErrorKind::MissingRequiredArgument;
        let with_value = typed.iter().map(String::as_str).chain(["95"]);
        let is_begun = is_named
            && (lacks_only_arguments(&err)
                || Args::try_parse_from(with_value)
                    .map_or_else(|err| lacks_only_arguments(&err), |_| true));
        if err.kind() != ErrorKind::DisplayHelp && !is_begun {
            return Some(err.to_string());
        }
    }
    let set = typed.windows(2).filter(|pair| pair[0] == "--set").map(|pair| pair[1].clone());
    set_refused(&set.collect::<Vec<_>>())
}

/// Why these are no values over those of an experiment's file.
fn set_refused(set: &[String]) -> Option<String> {
    let said = spec::resolve("images = \"photos\"\n", set, Path::new("x.toml")).err();
    said.map(|said| said.to_string())
}

#[test]
fn every_command_in_the_papers_and_the_help_is_one_and_sets_fields_that_there_are() {
    let mut wrong = Vec::new();
    let mut checked = BTreeSet::new();
    for Example { place, line, is_named } in
        examples_of_papers().into_iter().chain(examples_of_help())
    {
        let Some(arguments) = arguments(&line) else { continue };
        if let Some(said) = refused(&arguments, is_named) {
            wrong.push(format!("{place}: {line}\n{said}"));
        }
        checked.insert(format!("{place}: {line}"));
    }
    for needed in [
        "README.md: retrain check experiments/photos.toml",
        "docs/fields.md: retrain run experiments/photos.toml --set learning_rate=0.05",
        "help of the program: retrain run photos",
        "help of tag: retrain list --filter tag=best",
        "help of completions: retrain completions bash",
    ] {
        assert!(checked.iter().any(|line| line.starts_with(needed)), "{needed:?} was not read");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_help_of_set_names_a_field_that_there_is() {
    let mut program = Args::command();
    let run = program.find_subcommand_mut("run").unwrap();
    let set = run.get_arguments().find(|argument| argument.get_id() == "set").unwrap();
    let help = set.get_help().unwrap().to_string();
    let named: Vec<String> =
        help.split_whitespace().filter(|word| word.contains('=')).map(str::to_owned).collect();
    assert!(!named.is_empty(), "{help}");
    assert_eq!(set_refused(&named), None);
}

#[test]
fn a_wrong_example_would_be_noticed() {
    let said = |line: &str| refused(&arguments(line).unwrap(), false);
    let field = said("retrain run fire --set train.learning_rate=0.1 # slow").unwrap();
    assert!(field.contains("did you mean learning_rate"), "{field}");
    assert!(said("retrain run fire --sets x").is_some());
    assert!(said("$ cargo run --release -- note last too dark").is_some());
    assert_eq!(said("retrain note last 'too dark' > kept.txt"), None);
}
