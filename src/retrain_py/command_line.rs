//! A command line of one of the scripts, read as Python's argparse and absl read it: `--flag value`,
//! `--flag=value`, names cut short where only one begins so, switches with and without a value. What
//! they passed over in silence is an error here: an unknown flag, a word that belongs to none.

use std::iter::Peekable;
use std::slice::Iter;

use thiserror::Error;

use super::flags::{FLAGS, Flag, Script, Takes};
use crate::config::nearest;
use crate::setting::Value;

/// A flag with its value; of one that was given twice it is the last, as in the scripts.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// Which one.
    pub flag: &'static Flag,
    /// Of its kind: a text, a number, or true or false.
    pub value: Value,
    /// As it was typed; empty of a switch without a value.
    pub typed: String,
}

impl Given {
    /// `--learning_rate 0.01`: with the whole name.
    pub fn in_words(&self) -> String {
        format!("--{} {}", self.flag.name, self.typed).trim_end().to_owned()
    }
}

/// What was typed or pasted.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandLine {
    /// Of which script; of retrain.py where nothing says it.
    pub script: Script,
    /// In their order.
    pub given: Vec<Given>,
}

/// Why words are not a command line of one of the scripts.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the words of the messages")]
pub enum CommandLineError {
    #[error("unknown flag {flag}{cure}; retrain.py would have passed over it in silence")]
    Unknown { flag: String, cure: String },
    #[error("--{typed} may be {flags}; write the whole name")]
    Ambiguous { typed: String, flags: String },
    #[error("--{flag} has no value, expected {expected}")]
    NoValue { flag: &'static str, expected: &'static str },
    #[error("--{flag} is '{found}', expected {expected}")]
    Value { flag: &'static str, found: String, expected: &'static str },
    #[error("'{0}' belongs to no flag; a value with spaces stands between quotes")]
    Stray(String),
    #[error(
        "'{0}' is none of the scripts; expected flags, such as --image_dir photos, or the whole \
         command from 'python' on"
    )]
    Program(String),
    #[error("--{one} is of {of_one} and --{other} of {of_other}: these are two commands")]
    Mixed { one: &'static str, of_one: &'static str, other: &'static str, of_other: &'static str },
}

type Read<T> = Result<T, CommandLineError>;

impl CommandLine {
    /// Reads the words of a command line, with or without `python retrain.py` before the flags.
    pub fn read(words: &[String]) -> Read<CommandLine> {
        let mut words = words.iter().peekable();
        let program = program(&mut words)?;
        let mut given: Vec<Given> = Vec::new();
        while let Some(word) = words.next() {
            let new = flag(word, program, &mut words)?;
            given.retain(|one| one.flag != new.flag);
            given.push(new);
        }
        let script = program.or_else(|| Some(given.first()?.flag.script));
        let script = script.unwrap_or(Script::Retrain);
        if let (Some(one), Some(other)) =
            (given.first(), given.iter().find(|one| one.flag.script != script))
        {
            return Err(CommandLineError::Mixed {
                one: one.flag.name,
                of_one: one.flag.script.name(),
                other: other.flag.name,
                of_other: other.flag.script.name(),
            });
        }
        Ok(CommandLine { script, given })
    }
}

/// Passes over what stands before the flags: `python3 -m scripts.retrain`, `bazel-bin/.../retrain`.
fn program(words: &mut Peekable<Iter<String>>) -> Read<Option<Script>> {
    let mut script = None;
    let mut is_python = false;
    while let Some(word) = words.peek() {
        let file = word.rsplit('/').next().unwrap_or_default();
        let module = file.strip_suffix(".py").unwrap_or(file);
        match module.rsplit('.').next().unwrap_or_default() {
            _ if is_python && script.is_none() && ["-m", "-u", "-B"].contains(&word.as_str()) => {}
            _ if word.starts_with('-') => break,
            _ if file.starts_with("python") && script.is_none() => is_python = true,
            "retrain" if script.is_none() => script = Some(Script::Retrain),
            "label_image" if script.is_none() => script = Some(Script::LabelImage),
            _ if script.is_some() => return Err(CommandLineError::Stray((*word).clone())),
            _ => return Err(CommandLineError::Program((*word).clone())),
        }
        words.next();
    }
    Ok(script)
}

/// The flag that `word` begins, with its value from there or from the words behind it.
fn flag(word: &str, program: Option<Script>, words: &mut Peekable<Iter<String>>) -> Read<Given> {
    let Some(bare) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
        return Err(CommandLineError::Stray(word.to_owned()));
    };
    let (name, value) = match bare.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (bare, None),
    };
    let (flag, is_negated) = find(name, program)?;
    if flag.takes == Takes::Switch {
        if is_negated {
            let typed = "false".to_owned();
            return Ok(Given { flag, value: Value::Bool(false), typed });
        }
        let typed = value.or_else(|| words.next_if(|next| truth(next).is_some()).cloned());
        let typed = typed.unwrap_or_default();
        let value = if typed.is_empty() { Some(true) } else { truth(&typed) };
        let found = typed.clone();
        let value = value.map(Value::Bool).ok_or(CommandLineError::Value {
            flag: flag.name,
            found,
            expected: "true or false",
        })?;
        return Ok(Given { flag, value, typed });
    }
    let is_value = |next: &&String| !next.starts_with('-') || next.parse::<f64>().is_ok();
    let typed = value.or_else(|| words.next_if(|next| is_value(next)).cloned());
    let expected = match flag.takes {
        Takes::Int => "a whole number",
        Takes::Float => "a number",
        Takes::Text | Takes::Switch => "a text",
    };
    let Some(typed) = typed else {
        return Err(CommandLineError::NoValue { flag: flag.name, expected });
    };
    let value = match flag.takes {
        Takes::Int => typed.trim().parse().ok().map(Value::Int),
        Takes::Float => typed.trim().parse().ok().filter(|n: &f64| n.is_finite()).map(Value::Float),
        Takes::Text | Takes::Switch => Some(Value::Text(typed.clone())),
    };
    let found = typed.clone();
    let value = value.ok_or(CommandLineError::Value { flag: flag.name, found, expected })?;
    Ok(Given { flag, value, typed })
}

/// The flag of this name, of a name that begins so and only one does, or, as `--noNAME`, of the switch
/// that is turned off.
fn find(name: &str, program: Option<Script>) -> Read<(&'static Flag, bool)> {
    let flags = || FLAGS.iter().filter(|flag| program.is_none_or(|script| flag.script == script));
    if let Some(flag) = flags().find(|flag| flag.name == name) {
        return Ok((flag, false));
    }
    let mut switches = flags().filter(|flag| flag.takes == Takes::Switch);
    if let Some(off) = name.strip_prefix("no")
        && let Some(flag) = switches.find(|flag| flag.name == off)
    {
        return Ok((flag, true));
    }
    let begun: Vec<&Flag> =
        flags().filter(|flag| !name.is_empty() && flag.name.starts_with(name)).collect();
    match begun.as_slice() {
        [flag] => Ok((flag, false)),
        [] => {
            let near = nearest(name, flags().map(|flag| flag.name));
            let cure = near.map_or(String::new(), |near| format!("; did you mean --{near}"));
            Err(CommandLineError::Unknown { flag: format!("--{name}"), cure })
        }
        [first, rest @ ..] => {
            let rest = rest.iter().map(|flag| format!(" or --{}", flag.name));
            let flags = format!("--{}{}", first.name, rest.collect::<String>());
            Err(CommandLineError::Ambiguous { typed: name.to_owned(), flags })
        }
    }
}

fn truth(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Read<CommandLine> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        CommandLine::read(&words)
    }

    /// The flags as they are read, with their whole names.
    fn flags(line: &str) -> Vec<String> {
        read(line).unwrap().given.iter().map(Given::in_words).collect()
    }

    #[test]
    fn every_flag_of_the_scripts_is_read_in_every_spelling_that_they_took() {
        for flag in FLAGS {
            let value = match flag.takes {
                Takes::Text => "x/y",
                Takes::Int => "-1",
                Takes::Float => "0.5",
                Takes::Switch => "true",
            };
            let expected = [format!("--{} {value}", flag.name)];
            assert_eq!(flags(&format!("--{} {value}", flag.name)), expected);
            assert_eq!(flags(&format!("--{}={value}", flag.name)), expected);
            assert_eq!(flags(&format!("-{}={value}", flag.name)), expected);
        }
    }

    #[test]
    fn a_switch_needs_no_value() {
        let is_on = |line: &str| {
            let given = read(line).unwrap().given;
            let flip = given.iter().find(|one| one.flag.name == "flip_left_right");
            flip.map(|flip| flip.value == Value::Bool(true))
        };
        for line in ["--flip_left_right", "--flip_left_right True", "--flip_left_right=1"] {
            assert_eq!(is_on(line), Some(true), "{line}");
            assert_eq!(is_on(&format!("{line} --random_crop 5")), Some(true), "{line}");
        }
        for line in ["--noflip_left_right", "--flip_left_right false", "--flip_left_right=No"] {
            assert_eq!(is_on(line), Some(false), "{line}");
        }
        let wrong = read("--flip_left_right=maybe").unwrap_err().to_string();
        assert_eq!(wrong, "--flip_left_right is 'maybe', expected true or false");
        assert_eq!(read("--flip_left_right maybe"), Err(CommandLineError::Stray("maybe".into())));
    }

    #[test]
    fn a_name_cut_short_is_read_where_one_flag_begins_so() {
        assert_eq!(
            flags("--how_many 500 --learn=0.1"),
            ["--how_many_training_steps 500", "--learning_rate 0.1"]
        );
        // A whole name goes before one that it begins.
        assert_eq!(flags("--image x.jpg"), ["--image x.jpg"]);
        assert_eq!(flags("python retrain.py --image photos"), ["--image_dir photos"]);
        let two = read("--random 5").unwrap_err().to_string();
        let expected = "--random may be --random_crop or --random_scale or --random_brightness";
        assert!(two.starts_with(expected), "{two}");
    }

    #[test]
    fn a_whole_pasted_command_is_read() {
        for (line, script) in [
            ("python retrain.py --image_dir p", Script::Retrain),
            (
                "python3 tensorflow/examples/image_retraining/retrain.py --image_dir p",
                Script::Retrain,
            ),
            ("python3.6 -m scripts.retrain --image_dir p", Script::Retrain),
            (
                "bazel-bin/tensorflow/examples/image_retraining/retrain --image_dir p",
                Script::Retrain,
            ),
            ("/usr/bin/python -u label_image.py --image p", Script::LabelImage),
            ("python -m scripts.label_image --image p", Script::LabelImage),
            ("--graph g --image p", Script::LabelImage),
            ("", Script::Retrain),
        ] {
            assert_eq!(read(line).unwrap().script, script, "{line}");
        }
        let other = read("python train.py --image_dir p").unwrap_err().to_string();
        assert!(other.starts_with("'train.py' is none of the scripts"), "{other}");
    }

    #[test]
    fn what_the_scripts_passed_over_is_said() {
        let said = |line: &str| read(line).unwrap_err().to_string();
        let expected = "unknown flag --image_dirs; did you mean --image_dir; ";
        assert!(said("--image_dirs p").starts_with(expected), "{}", said("--image_dirs p"));
        assert!(said("--qqq 1").starts_with("unknown flag --qqq; retrain.py would"));
        assert_eq!(said("--learning_rate"), "--learning_rate has no value, expected a number");
        assert_eq!(
            said("--how_many_training_steps --learning_rate 1"),
            "--how_many_training_steps has no value, expected a whole number"
        );
        assert_eq!(said("--learning_rate fast"), "--learning_rate is 'fast', expected a number");
        assert!(said("--image_dir my photos").starts_with("'photos' belongs to no flag"));
        let mixed = said("--image_dir p --graph g");
        assert!(mixed.starts_with("--image_dir is of retrain.py and --graph of label_image"));
    }

    #[test]
    fn of_a_flag_given_twice_the_last_counts() {
        assert_eq!(
            flags("--learning_rate 1 --image_dir p --learning_rate 2"),
            ["--image_dir p", "--learning_rate 2"]
        );
    }
}
