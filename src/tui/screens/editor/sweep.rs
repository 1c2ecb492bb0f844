//! What may be written in the tables `[sweep]` and `[sweep.draw]`: keys are fields, in quotes where they
//! have a table, and values are lists of theirs or ranges.

use super::document::Document;
use super::lexer::{Kind, Token};
use super::place::{Candidate, Choices, Place, Topic, blanks, tables, written};
use crate::spec::sweep::{DRAW_KEYS, RANGE_KEYS, SCALE, SCALES, SWEEP, SWEEP_DRAW, has_ranges};
use crate::spec::{self, FIELDS, Field, fields, is_swept};

/// Whether the table is one of a sweep: `sweep`, `sweep.draw`, or a field's, as in `sweep.train`.
pub fn is_in(table: &str) -> bool {
    table.strip_prefix(SWEEP).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Where in a statement of the sweep the cursor is.
struct Inside<'a> {
    /// The field that is to have several values.
    field: Option<&'static Field>,
    /// The bracket that is open at the cursor.
    open: Option<&'a str>,
    /// The key of a range whose value the cursor is in.
    of_range: Option<&'a str>,
    /// Where what is typed at the cursor begins.
    begins: usize,
}

fn inside<'a>(document: &'a Document, place: &Place, offset: usize) -> Inside<'a> {
    let text = document.text();
    let before: Vec<&Token> =
        document.tokens().iter().filter(|token| token.span.start < offset).collect();
    // Back to the key of the statement, which stands in no bracket.
    let line = document.start(document.row(offset));
    let is_outer = |token: &&&Token| {
        let is_first = text[..token.span.start].trim_end_matches([' ', '\t']).ends_with('\n');
        token.kind == Kind::Key && (is_first || token.span.start == 0)
    };
    let outer = place.key.and_then(|_| before.iter().rev().find(is_outer));
    let outer = outer.filter(|key| key.span.start >= line || place.value.is_some());
    let mut open = Vec::new();
    let (mut of_range, mut begins) = (None, place.value.unwrap_or(offset));
    let start = outer.map_or(offset, |key| key.span.end);
    for token in before.iter().filter(|token| token.span.start >= start) {
        let words = &text[token.span.clone()];
        match (token.kind, words) {
            (Kind::Key, _) => of_range = Some(words),
            (_, "[" | "{") => open.push(words),
            (_, "]" | "}") => drop(open.pop()),
            _ => {}
        }
        if matches!(words, "[" | "{" | "," | "=") {
            begins = token.span.end;
        }
        if words == "," {
            of_range = None;
        }
    }
    // A list may go on over several lines.
    let typed = text.get(begins..offset).unwrap_or_default();
    let begins = offset - typed.trim_start().len();
    let of_range = of_range.filter(|_| text[..begins].trim_end().ends_with('='));
    let field = outer.and_then(|key| named(&place.table, &text[key.span.clone()]));
    Inside { field, open: open.last().copied(), of_range, begins }
}

/// The field of a key as it is written below a header of the sweep.
fn named(table: &str, key: &str) -> Option<&'static Field> {
    let key: String = key.chars().filter(|c| !matches!(c, '"' | '\'' | ' ' | '\t')).collect();
    let section = table[SWEEP.len()..].trim_start_matches('.');
    let key = if section.is_empty() { key } else { format!("{section}.{key}") };
    fields::field(&key).map(|field| &**field)
}

pub fn topic(document: &Document, place: &Place, offset: usize) -> Option<Topic> {
    if place.table == SWEEP_DRAW {
        let key = &document.text()[place.key?.span.clone()];
        let (name, meaning) = DRAW_KEYS.iter().find(|(name, _)| *name == key)?;
        return Some(Topic::Word(name, meaning));
    }
    let inside = inside(document, place, offset);
    let of_range = RANGE_KEYS.iter().find(|(name, _)| Some(*name) == inside.of_range);
    match (of_range, inside.field) {
        // Its ends are values of the field.
        (Some((name, meaning)), _) if !["from", "to"].contains(name) => {
            Some(Topic::Word(name, meaning))
        }
        (_, field) => field.map(Topic::Field),
    }
}

pub fn choices(document: &Document, place: &Place, offset: usize) -> Option<Choices> {
    let text = document.text();
    if place.table == SWEEP_DRAW {
        return place.value.is_none().then(|| draw_keys(document, offset));
    }
    let inside = inside(document, place, offset);
    // In a range the last key is one of its own.
    if place.value.is_none() && inside.open.is_none() {
        return Some(keys(document, place, offset));
    }
    let field = inside.field?;
    let typed = text[inside.begins..offset].trim_matches(['"', '\'']);
    let mut candidates = match (inside.open, inside.of_range) {
        (Some("{"), None) => words(RANGE_KEYS, |name| format!("{name} = ")),
        (Some("{"), Some(SCALE)) => words(SCALES, |name| format!("\"{name}\"")),
        (Some("{"), Some("count")) => Vec::new(),
        (None, _) if inside.begins == offset => beginnings(field),
        _ => values(field),
    };
    candidates.retain(|candidate| candidate.name.trim_matches('"').starts_with(typed));
    Some(Choices { span: inside.begins..offset, candidates })
}

fn words(words: crate::setting::Words, text: impl Fn(&str) -> String) -> Vec<Candidate> {
    let candidate = |&(name, meaning): &(&'static str, &'static str)| Candidate {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        topic: Topic::Word(name, meaning),
        text: text(name),
    };
    words.iter().map(candidate).collect()
}

/// A list, and for numbers a range.
fn beginnings(field: &'static Field) -> Vec<Candidate> {
    let candidate = |name: &str, meaning: &str, text: &str| Candidate {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        topic: Topic::Field(field),
        text: text.to_owned(),
    };
    let range = "{ from = , to = , count = 5, scale = \"linear\" }";
    let list = candidate("[", "a list of values", "[");
    let range = candidate("{", "a range of values", range);
    [Some(list), has_ranges(field.kind).then_some(range)].into_iter().flatten().collect()
}

/// What the field may hold: its words, else its default.
fn values(field: &'static Field) -> Vec<Candidate> {
    let candidate = |name: &str, meaning: &str, text: String| Candidate {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        topic: Topic::Field(field),
        text,
    };
    let is_bare = matches!(field.kind, spec::Kind::Bool);
    let quoted = |word: &str| if is_bare { word.to_owned() } else { format!("\"{word}\"") };
    let words = field.kind.words().iter();
    let found: Vec<Candidate> =
        words.map(|(word, meaning)| candidate(word, meaning, quoted(word))).collect();
    match (found.is_empty(), field.default) {
        (true, Some(default)) => vec![candidate(default, "the default", default.to_owned())],
        _ => found,
    }
}

/// Where the line's first word begins, and what is typed of it without its quote.
fn first_word(document: &Document, offset: usize) -> (usize, &str) {
    let text = document.text();
    let line = document.start(document.row(offset));
    let begins = line + blanks(&text[line..offset]);
    (begins, text[begins..offset].trim_start_matches(['"', '\'']))
}

fn draw_keys(document: &Document, offset: usize) -> Choices {
    let (begins, typed) = first_word(document, offset);
    let written = written(document);
    let mut candidates = words(DRAW_KEYS, |name| format!("{name} = "));
    candidates.retain(|found| {
        found.name.starts_with(typed) && !written.contains(&format!("{SWEEP_DRAW}.{}", found.name))
    });
    Choices { span: begins..offset, candidates }
}

/// Fields that have no values in the sweep yet, and headers of tables.
fn keys(document: &Document, place: &Place, offset: usize) -> Choices {
    let (begins, typed) = first_word(document, offset);
    let section = place.table[SWEEP.len()..].trim_start_matches('.');
    let has_values: Vec<&str> = written(document)
        .iter()
        .filter_map(|key| key.rsplit_once("sweep."))
        .filter_map(|(_, key)| Some(named(SWEEP, key)?.key))
        .collect();
    let fields =
        FIELDS.iter().filter(|field| is_swept(field.key) && !has_values.contains(&field.key));
    let fields =
        fields.filter(|field| field.key.starts_with(typed) || field.leaf().starts_with(typed));
    let fields = fields.filter_map(|field| {
        let name = match section {
            "" => field.key,
            section => field.key.strip_prefix(section)?.strip_prefix('.')?,
        };
        let key = if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() };
        Some(Candidate {
            name: name.to_owned(),
            meaning: field.meaning.to_owned(),
            topic: Topic::Field(field),
            text: format!("{key} = "),
        })
    });
    let headers = tables(document).into_iter().filter(|header| header.name.starts_with(typed));
    let mut candidates: Vec<Candidate> = fields.chain(headers).collect();
    // A key that stands before the equals sign already needs none.
    let rest = document.text()[offset..].lines().next().unwrap_or("");
    if rest.trim_start_matches(['"', '\'']).trim_start().starts_with('=') {
        candidates.clear();
    }
    Choices { span: begins..offset, candidates }
}

#[cfg(test)]
mod tests {
    use super::super::complete;
    use super::super::document::at_mark as document;
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let choices = complete::choices(&document(text));
        choices.into_iter().flat_map(|found| found.candidates).map(|found| found.name).collect()
    }

    fn completed(text: &str) -> String {
        let mut document = document(text);
        complete::choices(&document).unwrap().accept(0, &mut document);
        document.text().to_owned()
    }

    fn key(text: &str) -> &'static str {
        match complete::topic(&document(text)) {
            Some(Topic::Field(field)) => field.key,
            Some(Topic::Table(name, _) | Topic::Word(name, _)) => name,
            None => "",
        }
    }

    #[test]
    fn keys_are_fields_in_quotes_where_they_have_a_table() {
        assert_eq!(completed("[sweep]\nlearn|"), "[sweep]\nlearning_rate = ");
        assert_eq!(completed("[sweep]\nbatch_s|"), "[sweep]\n\"train.batch_size\" = ");
        assert_eq!(completed("[sweep]\n\"train.batch_s|"), "[sweep]\n\"train.batch_size\" = ");
        assert_eq!(completed("[sweep.train]\nbatch_s|"), "[sweep.train]\nbatch_size = ");
        let taken = "[sweep]\nlearning_rate = [1]\n\"train.seed\" = [1]\n";
        assert_eq!(names(&format!("{taken}learn|")), Vec::<String>::new());
        assert_eq!(names(&format!("{taken}train.see|")), Vec::<String>::new());
        assert!(!names("[sweep]\n|").contains(&"images".to_owned()));
        assert_eq!(names("[swe|"), ["[sweep]", "[sweep.draw]"]);
        assert_eq!(names("[sweep.draw]\n|"), ["trials", "seed"]);
        assert_eq!(names("[sweep.draw]\ntrials = 3\n|"), ["seed"]);
    }

    #[test]
    fn values_are_lists_of_the_fields_words_or_ranges() {
        assert_eq!(names("[sweep]\nlearning_rate = |"), ["[", "{"]);
        assert_eq!(names("[sweep]\ntrain.optimizer = |"), ["["], "there is no range of words");
        let words = ["sgd", "momentum", "adam", "adamw"];
        assert_eq!(names("[sweep]\n\"train.optimizer\" = [|"), words);
        assert_eq!(
            completed("[sweep]\n\"train.optimizer\" = [\"sgd\", \"mo|"),
            "[sweep]\n\"train.optimizer\" = [\"sgd\", \"momentum\""
        );
        assert_eq!(names("[sweep]\n\"train.optimizer\" = [\n  'sgd',\n  |"), words);
        assert_eq!(names("[sweep]\nlearning_rate = { from = 0.1, c|"), ["count"]);
        assert_eq!(names("[sweep]\nlearning_rate = { scale = |"), ["linear", "log"]);
        assert_eq!(names("[sweep]\nlearning_rate = { scale = \"lo|"), ["log"]);
        assert_eq!(names("[sweep]\nnonsense = [|"), Vec::<String>::new());
    }

    #[test]
    fn the_help_is_that_of_the_field_and_of_the_words_of_a_range() {
        assert_eq!(key("[swe|ep]"), "sweep");
        assert_eq!(key("[sweep.dr|aw]"), "sweep.draw");
        assert_eq!(key("[sweep]\n|\"train.batch_size\" = [32]"), "train.batch_size");
        assert_eq!(key("[sweep]\n\"train.batch_size\" = [32, |100]"), "train.batch_size");
        assert_eq!(key("[sweep]\nlearning_rate = { from = |0.1 }"), "learning_rate");
        assert_eq!(key("[sweep]\nlearning_rate = { from = 0.1, count = |5 }"), "count");
        assert_eq!(key("[sweep.train]\nseed = [|1]"), "train.seed");
        assert_eq!(key("[sweep.draw]\ntrials = |5"), "trials");
        assert_eq!(key("[sweep]\nlearning_rate = [1]\n|"), "");
    }
}
