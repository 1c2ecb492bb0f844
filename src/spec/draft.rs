//! What was written: each field's value and its place, in the text or in a `--set` argument.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ExperimentField;
use super::fields::{FIELDS, SECTIONS, field};
use super::sweep::{self, SWEEP, Sweep};
use super::unknown::unknown;
use crate::config::{MOST_MISTAKES, Mistake, excerpt, syntax};
use crate::setting::{Field, Kind, Value, quoted};

/// Behind a value that the user did not write.
pub(super) const DEFAULT_MARK: &str = "# default";

/// A `--set key=value` argument.
pub(super) struct Override {
    /// As shown in messages: `--set iterations=0`.
    argument: String,
    pub field: &'static ExperimentField,
    /// The value as TOML: a bare word has its quotes.
    pub toml: String,
}

/// A value that fits its field.
pub(super) struct Written {
    pub value: Value,
    place: Place,
    /// By the user, and not by `resolve` as a default.
    pub by_user: bool,
}

#[derive(Clone)]
enum Place {
    Text(Range<usize>),
    /// The place in the list of arguments.
    Argument(usize),
}

/// All that was written, checked field by field.
pub(super) struct Draft<'a> {
    text: &'a str,
    origin: String,
    overrides: &'a [Override],
    /// In the order of `FIELDS`.
    written: Vec<Option<Written>>,
    /// The table `[sweep]`, and where it stands.
    pub sweep: Option<(Sweep, Range<usize>)>,
    pub mistakes: Vec<Mistake>,
}

impl Override {
    pub fn parse(argument: &str) -> Result<Self, Mistake> {
        let shown = format!("--set {}", printable(argument));
        let refuse = |message: String| Err(Mistake::in_argument(&shown, message));
        let Some((key, value)) = argument.split_once('=') else {
            return refuse("expected key=value, as in train.batch_size=50".into());
        };
        let (key, value) = (key.trim(), value.trim());
        let Some(field) = field(key) else {
            return refuse(unknown(key));
        };
        let is_quoted = value.starts_with(['"', '\'']);
        let toml = match DeValue::parse(value) {
            // A folder may be called 2024.
            Ok(_) if !is_quoted && matches!(field.kind, Kind::Text | Kind::Path) => quoted(value),
            Ok(_) => value.to_owned(),
            Err(error) if is_quoted || value.starts_with(['[', '{']) => {
                let message = error.message().replace('\n', ", ");
                return refuse(format!("the value is not TOML: {message}"));
            }
            Err(_) => quoted(value),
        };
        Ok(Self { argument: shown, field, toml })
    }
}

impl<'a> Draft<'a> {
    /// Reads all fields; an argument replaces what the text says, right or wrong.
    pub fn read(text: &'a str, overrides: &'a [Override], origin: &Path) -> Self {
        let written = FIELDS.iter().map(|_| None).collect();
        let origin = origin.display().to_string();
        let mut draft =
            Self { text, origin, overrides, written, sweep: None, mistakes: Vec::new() };
        draft.read_text();
        for (n, argument) in overrides.iter().enumerate() {
            draft.read_argument(n, argument);
        }
        draft.mistakes.sort_by_key(|mistake| (mistake.line == 0, mistake.span.start));
        draft
    }

    fn read_text(&mut self) {
        let syntax = syntax(&self.origin, self.text);
        self.read_table("", &syntax.table);
        self.mistakes.retain(|mistake| syntax.is_reliable(mistake.span.start, mistake.line));
        let missing = |field: &&ExperimentField| {
            field.default.is_none()
                && !syntax.table.contains_key(field.key)
                && !self.is_overridden(field)
        };
        let missing: Vec<&ExperimentField> = match syntax.errors.as_slice() {
            [] => FIELDS.iter().filter(missing).collect(),
            // It may stand on a line that cannot be read.
            _ => Vec::new(),
        };
        self.mistakes.extend(syntax.errors);
        for field in missing {
            let Field { key, kind, .. } = **field;
            let expected = kind.expected();
            let message = format!("{key} is missing, expected {expected}: {key} = \"FOLDER\"");
            self.refuse(0..0, message);
        }
    }

    /// Reads a table by its dotted name, and those in it; `""`: the file.
    fn read_table(&mut self, table: &str, entries: &DeTable) {
        for (key, value) in entries {
            if self.has_enough_mistakes() {
                return;
            }
            let name = match table {
                "" => key.get_ref().to_string(),
                _ => format!("{table}.{}", key.get_ref()),
            };
            if name == SWEEP {
                self.read_sweep(key.span(), value);
            } else if SECTIONS.iter().any(|section| section.name == name) {
                self.read_section(&name, value);
            } else if let Some(field) = field(&name).filter(|_| !key.get_ref().contains('.')) {
                self.read_field(field, &name, value);
            } else {
                self.refuse(key.span(), unknown(&name));
            }
        }
    }

    fn read_section(&mut self, section: &str, value: &Spanned<DeValue>) {
        match value.get_ref().as_table() {
            Some(table) => self.read_table(section, table),
            None => {
                let found = excerpt(self.text, value.span());
                let said = format!("{section} is {found}, expected a table: [{section}]");
                self.refuse(value.span(), said);
            }
        }
    }

    fn read_sweep(&mut self, at: Range<usize>, value: &Spanned<DeValue>) {
        let Some(table) = value.get_ref().as_table() else {
            return self.refuse(value.span(), "sweep is no table, expected [sweep]".to_owned());
        };
        match sweep::read(table, self.text) {
            Ok(sweep) => self.sweep = Some((sweep, at)),
            Err(refusals) => {
                for (span, message) in refusals.into_iter().take(MOST_MISTAKES) {
                    // What is wrong with the whole table has no place of its own.
                    let span = if span.is_empty() { at.clone() } else { span };
                    self.refuse(span, message);
                }
            }
        }
    }

    /// `name`: the key that it is written under.
    fn read_field(&mut self, field: &Field, name: &str, value: &Spanned<DeValue>) {
        if self.is_overridden(field) {
            return;
        }
        if self.written(field.key).is_some() {
            let former = field.former.unwrap_or(name);
            let both =
                format!("{former} is the former name of {}, which is written too", field.key);
            return self.refuse(value.span(), format!("{both}; keep one of them"));
        }
        match field.read(value, self.text) {
            Ok(read) => {
                let span = value.span();
                let behind = self.text.get(span.end..).and_then(|rest| rest.lines().next());
                let is_marked = behind.is_some_and(|behind| behind.trim() == DEFAULT_MARK);
                // A value that was changed behind its mark is the user's.
                let by_user = !is_marked || Some(&read) != field.default_value().as_ref();
                self.put(field, Written { value: read, place: Place::Text(span), by_user });
            }
            Err(refusals) => {
                for (span, message) in refusals.into_iter().take(MOST_MISTAKES) {
                    self.refuse(span, message);
                }
            }
        }
    }

    /// A text of nothing but mistakes, such as another program's file, is not read to its end.
    fn has_enough_mistakes(&self) -> bool {
        self.mistakes.len() >= MOST_MISTAKES
    }

    fn read_argument(&mut self, n: usize, argument: &Override) {
        let place = Place::Argument(n);
        // The argument was read as TOML when it was made.
        let Ok(value) = DeValue::parse(&argument.toml) else { return };
        match argument.field.read(&value, &argument.toml) {
            Ok(value) => self.put(argument.field, Written { value, place, by_user: true }),
            Err(refusals) => {
                for (_, message) in refusals {
                    self.mistakes.push(self.mistake_at(&place, message));
                }
            }
        }
    }

    fn is_overridden(&self, field: &Field) -> bool {
        self.overrides.iter().any(|argument| argument.field.key == field.key)
    }

    fn put(&mut self, field: &Field, written: Written) {
        if let Some(n) = index(field.key) {
            self.written[n] = Some(written);
        }
    }

    fn refuse(&mut self, span: Range<usize>, message: String) {
        self.mistakes.push(Mistake::in_text(&self.origin, self.text, span, message));
    }

    fn mistake_at(&self, place: &Place, message: String) -> Mistake {
        match place {
            Place::Text(span) => Mistake::in_text(&self.origin, self.text, span.clone(), message),
            Place::Argument(n) => Mistake::in_argument(&self.overrides[*n].argument, message),
        }
    }

    /// What was written for a field, if it was and fits.
    pub fn written(&self, key: &str) -> Option<&Written> {
        self.written[index(key)?].as_ref()
    }

    /// A mistake of the whole table `[sweep]`.
    pub fn sweep_mistake(&self, at: Range<usize>, message: String) -> Mistake {
        Mistake::in_text(&self.origin, self.text, at, message)
    }

    /// A mistake or warning, placed at the first of these fields that was written.
    pub fn mistake(&self, keys: &[&str], message: String) -> Mistake {
        let place = keys.iter().find_map(|key| Some(self.written(key)?.place.clone()));
        self.mistake_at(&place.unwrap_or(Place::Text(0..0)), message)
    }
}

fn index(key: &str) -> Option<usize> {
    FIELDS.iter().position(|field| field.key == key)
}

/// Control characters of a command line would reach the terminal with the message.
fn printable(argument: &str) -> String {
    argument.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_program_is_refused_with_the_first_of_its_mistakes() {
        let strange: String = (0..10_000).map(|n| format!("key_{n} = 1\n")).collect();
        for text in [strange, "no TOML\n".repeat(10_000)] {
            let mistakes = Draft::read(&text, &[], Path::new("x.toml")).mistakes;
            // One more for what is missing.
            assert!((1..=MOST_MISTAKES + 1).contains(&mistakes.len()), "{}", mistakes.len());
        }
    }
}
