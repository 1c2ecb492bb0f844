//! Where in an experiment the cursor is, and what may be written there. All of it comes from the
//! table of fields.

use std::ops::Range;

use super::document::Document;
use super::lexer::{Kind, Token};
use crate::spec::sweep::TABLES;
use crate::spec::{self, FIELDS, Field, fields};
use crate::tui::widgets::Listed;

/// What the cursor is on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Topic {
    Field(&'static Field),
    /// A table, with what it is about.
    Table(&'static str, &'static str),
    /// A key that is no field's, with its meaning.
    Word(&'static str, &'static str),
}

/// Something that may be written at the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// As shown in the list.
    pub name: String,
    pub meaning: String,
    pub topic: Topic,
    /// As written.
    pub(super) text: String,
}

/// What may be written at the cursor, and in place of which bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    pub(super) span: Range<usize>,
    pub candidates: Vec<Candidate>,
}

impl Choices {
    /// Writes one of them.
    pub fn accept(&self, chosen: usize, document: &mut Document) {
        if let Some(candidate) = self.candidates.get(chosen) {
            document.replace(self.span.clone(), &candidate.text);
        }
    }
}

impl Listed for Choices {
    fn rows(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.candidates.iter().map(|found| (found.name.as_str(), found.meaning.as_str()))
    }
}

/// The table, key and value that the cursor is in.
pub(super) struct Place<'a> {
    /// `train`, or `network.inception_v3`; empty above all tables.
    pub table: String,
    /// The key of the statement, when the cursor is on it or behind it.
    pub key: Option<&'a Token>,
    /// Where the value starts, when the cursor is behind the equals sign.
    pub value: Option<usize>,
    pub in_comment: bool,
}

pub(super) fn place<'a>(document: &'a Document, offset: usize) -> Place<'a> {
    let tokens = document.tokens();
    let text = document.text();
    let before = tokens.partition_point(|token| token.span.start < offset.max(1));
    let line = document.start(document.row(offset));
    let mut table = String::new();
    let mut key = None;
    for token in &tokens[..before] {
        match token.kind {
            Kind::Table if token.span.start < line => {
                table = table_name(&text[token.span.clone()]);
                key = None;
            }
            Kind::Key => key = Some(token),
            _ => {}
        }
    }
    let in_comment = tokens[..before].last().is_some_and(|token| {
        token.kind == Kind::Comment && token.span.start >= line && offset > token.span.start
    });
    // A statement above that is complete says nothing about this line.
    let key = key.filter(|key| {
        key.span.start >= line || is_open(text, &tokens[..before], key.span.end, line)
    });
    let value = key.and_then(|key| {
        let equals = text[key.span.end..].find('=').map(|at| key.span.end + at)?;
        let begins = equals + 1 + blanks(&text[equals + 1..]);
        (equals < offset).then_some(begins.min(offset))
    });
    Place { table, key, value, in_comment }
}

/// `network.inception_v3` of `[ network . inception_v3 ]`.
fn table_name(header: &str) -> String {
    header.chars().filter(|c| !matches!(c, '[' | ']' | ' ' | '\t')).collect()
}

pub(super) fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// Whether the value that begins at `from` goes on below the line that starts at `line`.
fn is_open(text: &str, tokens: &[Token], from: usize, line: usize) -> bool {
    let mut depth = 0;
    for token in tokens.iter().filter(|token| token.span.start >= from) {
        match &text[token.span.clone()] {
            "[" | "{" => depth += 1,
            "]" | "}" => depth -= 1,
            _ if token.kind == Kind::String && token.span.end > line => return true,
            _ => {}
        }
    }
    depth > 0
}

impl Place<'_> {
    fn field(&self, text: &str) -> Option<&'static Field> {
        let written = text[self.key?.span.clone()].replace([' ', '\t'], "");
        let key = if self.table.is_empty() { written } else { format!("{}.{written}", self.table) };
        fields::field(&key).map(|field| &**field)
    }
}

/// What the cursor is on; `None` where the table of fields has nothing to say.
pub fn topic(document: &Document) -> Option<Topic> {
    let text = document.text();
    let row = document.row(document.offset());
    let line = document.lines()[row].as_str();
    if let Some(name) = line.trim().strip_prefix('[')
        && let Some((name, _)) = name.split_once(']')
    {
        return about(&table_name(name));
    }
    place(document, on_the_key(document)).field(text).map(Topic::Field)
}

/// The cursor; at the line's start, before the key, it is on the key all the same.
pub(super) fn on_the_key(document: &Document) -> usize {
    let row = document.row(document.offset());
    let line = document.lines()[row].as_str();
    let offset = document.offset().max(document.start(row) + blanks(line) + 1);
    offset.min(document.start(row) + line.len())
}

fn about(table: &str) -> Option<Topic> {
    if let Some((name, about)) = TABLES.iter().find(|(name, _)| *name == table) {
        return Some(Topic::Table(name, about));
    }
    let table = fields::SECTIONS.iter().find(|section| section.name == table)?;
    Some(Topic::Table(table.name, &table.about))
}

/// What may be written at the cursor; `None`: nothing that is known.
pub fn choices(document: &Document) -> Option<Choices> {
    let (text, offset) = (document.text(), document.offset());
    let place = place(document, offset);
    if place.in_comment {
        return None;
    }
    let choices = match place.value {
        Some(begins) => values(document, place.field(text)?, begins, offset),
        None => keys(document, &place, offset),
    };
    (!choices.candidates.is_empty()).then_some(choices)
}

fn values(document: &Document, field: &'static Field, begins: usize, offset: usize) -> Choices {
    let text = document.text();
    let token = document.tokens().iter().find(|token| token.span.start == begins);
    // A value that is whole is replaced whole, one that is begun as far as the cursor.
    let span = match token {
        Some(token) if token.kind != Kind::Other && is_whole(&text[token.span.clone()]) => {
            begins..token.span.end.max(offset)
        }
        _ => begins..offset,
    };
    let typed = text[begins..offset].trim_matches(['"', '\'']);
    let is_bare = matches!(field.kind, spec::Kind::Bool);
    let words = field.kind.words().iter().map(|(word, meaning)| Candidate {
        name: (*word).to_owned(),
        meaning: (*meaning).to_owned(),
        topic: Topic::Field(field),
        text: if is_bare { (*word).to_owned() } else { format!("\"{word}\"") },
    });
    let mut candidates: Vec<Candidate> = words.collect();
    if let (true, Some(default)) = (candidates.is_empty(), field.default) {
        let meaning = match field.usual {
            Some(usual) => format!("the default; {usual} is usual"),
            None => "the default".into(),
        };
        candidates.push(Candidate {
            name: default.to_owned(),
            meaning,
            topic: Topic::Field(field),
            text: default.to_owned(),
        });
    }
    let is_complete = candidates.iter().any(|candidate| candidate.name == typed);
    if !is_complete {
        candidates.retain(|candidate| candidate.name.trim_matches('"').starts_with(typed));
    }
    Choices { span, candidates }
}

fn is_whole(value: &str) -> bool {
    let quoted = |quote| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote);
    quoted('"') || quoted('\'') || !value.starts_with(['"', '\''])
}

/// Keys of this table and of the tables in it that are not written yet, and tables.
fn keys(document: &Document, place: &Place, offset: usize) -> Choices {
    let text = document.text();
    let line = document.start(document.row(offset));
    let begins = line + blanks(&text[line..offset]);
    let typed = &text[begins..offset];
    let written = written(document);
    let keys = FIELDS.iter().filter(|field| {
        let is_written = |key: &String| key == field.key || field.former == Some(key);
        !written.iter().any(is_written)
    });
    let keys = keys.filter_map(|field| {
        let name = key_in(field, &place.table)?;
        let text = format!("{name} = ");
        Some(Candidate {
            name: name.to_owned(),
            meaning: field.meaning.to_owned(),
            topic: Topic::Field(field),
            text,
        })
    });
    let tables = tables(document);
    let mut candidates: Vec<Candidate> = keys.chain(tables).collect();
    candidates.retain(|candidate| {
        // `last` finds `inception_v3.last_pool` too.
        let leaf = match candidate.topic {
            Topic::Field(field) => field.leaf(),
            Topic::Table(..) | Topic::Word(..) => "",
        };
        candidate.name.starts_with(typed) || leaf.starts_with(typed)
    });
    // A key that stands before the equals sign already needs none.
    let rest = text[offset..].lines().next().unwrap_or("");
    if rest.trim_start().starts_with('=') {
        candidates.retain(|candidate| matches!(candidate.topic, Topic::Field(_)));
        candidates.iter_mut().for_each(|candidate| candidate.text = candidate.name.clone());
    }
    Choices { span: begins..offset, candidates }
}

/// Headers of the tables that have none yet.
pub(super) fn tables(document: &Document) -> Vec<Candidate> {
    let headers: Vec<String> = document.lines().iter().map(|line| line.trim().to_owned()).collect();
    let sections = fields::SECTIONS.iter().map(|table| (table.name, table.about.as_str()));
    sections
        .chain(TABLES.iter().copied())
        .map(|(name, about)| (format!("[{name}]"), name, about))
        .filter(|(header, ..)| !headers.contains(header))
        .map(|(header, name, about)| Candidate {
            name: header.clone(),
            meaning: about.to_owned(),
            topic: Topic::Table(name, about),
            text: header,
        })
        .collect()
}

/// A field's key as it is written below the header of this table; `None` where it belongs under
/// another. Above all tables only those are offered that need none.
fn key_in(field: &Field, table: &str) -> Option<&'static str> {
    match table {
        "" => field.section().is_empty().then_some(field.key),
        _ => field.key.strip_prefix(table)?.strip_prefix('.'),
    }
}

/// The keys that the text has, with their tables.
pub(super) fn written(document: &Document) -> Vec<String> {
    let text = document.text();
    let mut table = String::new();
    let mut keys = Vec::new();
    for token in document.tokens() {
        let words = &text[token.span.clone()];
        match token.kind {
            Kind::Table => table = format!("{}.", table_name(words)),
            Kind::Key => keys.push(format!("{table}{words}")),
            _ => {}
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::super::document::at_mark as document;
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let choices = choices(&document(text));
        choices.into_iter().flat_map(|found| found.candidates).map(|found| found.name).collect()
    }

    /// The text after the first choice.
    fn completed(text: &str) -> String {
        let mut document = document(text);
        choices(&document).unwrap().accept(0, &mut document);
        document.text().to_owned()
    }

    fn key(text: &str) -> &'static str {
        match topic(&document(text)) {
            Some(Topic::Field(field)) => field.key,
            Some(Topic::Table(name, _)) => name,
            Some(Topic::Word(..)) | None => "",
        }
    }

    #[test]
    fn keys_of_the_table_that_are_not_written_yet_are_offered() {
        assert_eq!(names("i|")[..2], ["images", "iterations"]);
        assert_eq!(names("images = 'x'\ni|"), ["iterations"]);
        assert!(names("[train]\n|").contains(&"batch_size".to_owned()));
        assert_eq!(names("[train]\nseed = 1\nse|"), Vec::<String>::new());
        assert_eq!(names("[tr|"), ["[train]"]);
        assert!(names("# i|").is_empty());
        assert_eq!(completed("[train]\n  batch|"), "[train]\n  batch_size = ");
        assert_eq!(completed("[train]\nbatch| = 5"), "[train]\nbatch_size = 5");
    }

    #[test]
    fn a_networks_own_options_are_offered_in_its_table_and_dotted_in_the_one_around_it() {
        assert_eq!(names("[network.inc|"), ["[network.inception_v3]"]);
        assert_eq!(names("[network.inception_v3]\nlast|"), ["last_pool"]);
        assert_eq!(names("[ network . inception_v3 ]\nlast|"), ["last_pool"]);
        assert_eq!(names("[network]\nlast|"), ["inception_v3.last_pool"]);
        assert_eq!(completed("[network]\nlast|"), "[network]\ninception_v3.last_pool = ");
        assert_eq!(names("last|"), Vec::<String>::new());
        assert_eq!(names("[network]\ninception_v3.last_pool = 'm|'"), ["max"]);
        // Written already, under the former key.
        assert_eq!(names("[network]\nlast_pool = 'max'\nlast|"), Vec::<String>::new());
    }

    #[test]
    fn words_of_a_choice_are_offered_and_replaced_whole() {
        assert_eq!(names("[train]\noptimizer = |"), ["sgd", "momentum", "adam", "adamw"]);
        assert_eq!(names("[train]\noptimizer = \"ad|"), ["adam", "adamw"]);
        assert_eq!(names("train.optimizer = 'm|'"), ["momentum"]);
        let said = completed("[train]\noptimizer = \"mo|\" # why");
        assert_eq!(said, "[train]\noptimizer = \"momentum\" # why");
        assert_eq!(completed("[train]\noptimizer = mo|"), "[train]\noptimizer = \"momentum\"");
        assert_eq!(completed("[distort]\nflip = t| # x"), "[distort]\nflip = true # x");
        assert_eq!(completed("iterations =|"), "iterations =4000");
        assert_eq!(names("nonsense = |"), Vec::<String>::new());
    }

    #[test]
    fn the_field_under_the_cursor_is_known_all_over_its_statement() {
        assert_eq!(key("|iterations = 3"), "iterations");
        assert_eq!(key("iterations = 3|"), "iterations");
        assert_eq!(key("iterations = 3 # commen|t"), "iterations");
        assert_eq!(key("[split]\nseed = |1"), "split.seed");
        assert_eq!(key("train . seed = |1"), "train.seed");
        assert_eq!(key("categories = [\n  \"a\",\n  |\n]"), "categories");
        assert_eq!(key("iterations = 3\n|"), "");
        assert_eq!(key("iterations = 3\n|images = 'p'"), "images");
        assert_eq!(key("[tra|in]"), "train");
        assert_eq!(key("[network.in|ception_v3]"), "network.inception_v3");
        assert_eq!(key("[network.inception_v3]\nlast_pool = |"), "network.inception_v3.last_pool");
        assert_eq!(key("[network]\nlast_pool = |"), "network.inception_v3.last_pool");
        assert_eq!(key("|"), "");
    }
}
