//! `[sweep]`: fields that are to have several values, and how these are combined.

use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::{SECTIONS, field};
use super::unknown::unknown;
use super::{Experiment, ExperimentField};
use crate::config::{excerpt, nearest};
use crate::random::Rng;
use crate::setting::{Kind, Value, Words};
use crate::words::grouped;

/// The table's name.
pub const SWEEP: &str = "sweep";
const DRAW: &str = "draw";
/// The table in it.
pub const SWEEP_DRAW: &str = "sweep.draw";
/// Both tables, each with what it is for.
pub const TABLES: Words = &[
    (
        SWEEP,
        "fields with several values, a list or { from, to, count, scale }: a run of each combination",
    ),
    (SWEEP_DRAW, "so many combinations are drawn, instead of all of them"),
];
/// Keys of a range of values, each with its meaning.
pub const RANGE_KEYS: Words = &[
    ("from", "the value at one end"),
    ("to", "the value at the other end"),
    ("count", "how many values; may be left out where combinations are drawn"),
    (SCALE, "how they are spaced: \"linear\", the default, or \"log\""),
];
/// The key of a range that holds one of [`SCALES`].
pub const SCALE: &str = "scale";
/// How the values of a range are spaced.
pub const SCALES: Words =
    &[("linear", "the same difference between them"), ("log", "the same ratio between them")];
/// Keys of `[sweep.draw]`, each with its meaning.
pub const DRAW_KEYS: Words = &[
    ("trials", "how many combinations are drawn, none twice"),
    ("seed", "the same seed draws the same ones; 0 by default"),
];
/// More runs than this are a mistake in a range rather than a wish.
const MOST_RUNS: usize = 10_000;
/// What has no several values: it says nothing of a training.
const NOT_SWEPT: [&str; 2] = ["images", "description"];

/// Whether the field of this key may have several values.
pub fn is_swept(key: &str) -> bool {
    !NOT_SWEPT.contains(&key)
}

/// Whether a field of this kind holds numbers, of which there are ranges.
pub fn has_ranges(kind: Kind) -> bool {
    matches!(kind, Kind::Int { .. } | Kind::Float(_) | Kind::Percent(_) | Kind::FloatOrAuto(_))
}

type Refusals = Vec<(Range<usize>, String)>;

/// An experiment of several runs: the same with other values for some of its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// In the order of the text.
    fields: Vec<Swept>,
    draw: Draw,
}

/// A field with several values.
#[derive(Clone, Debug, PartialEq)]
struct Swept {
    field: &'static str,
    values: Values,
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    List(Vec<Value>),
    Range(Span),
}

/// `{ from = 0.001, to = 0.1, count = 5, scale = "log" }`
#[derive(Clone, Debug, PartialEq)]
struct Span {
    from: f64,
    to: f64,
    count: Option<usize>,
    is_log: bool,
}

/// `[sweep.draw]`: how values are combined.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Draw {
    /// Every combination.
    Grid,
    /// So many, drawn by a seed.
    Trials { count: usize, seed: u64 },
}

/// The values of the swept fields in one run of a sweep.
pub type Member = Vec<(&'static str, Value)>;

impl Sweep {
    /// Keys of the fields with several values, in the order of the text.
    pub fn keys(&self) -> Vec<&'static str> {
        self.fields.iter().map(|swept| swept.field).collect()
    }

    /// The same without fields that have one value after all; `None` where no other is left.
    pub fn without(mut self, keys: &[&str]) -> Option<Sweep> {
        self.fields.retain(|swept| !keys.contains(&swept.field));
        (!self.fields.is_empty()).then_some(self)
    }

    /// What each run has, no combination twice: a grid in the order of the text, the last field
    /// changing fastest, or as many drawn combinations as are wanted and possible.
    pub fn members(&self) -> Vec<Member> {
        let (mut members, mut seen) = (Vec::new(), HashSet::new());
        let mut add = |member: Member| {
            let shown: Vec<String> = member.iter().map(|(_, value)| value.to_toml()).collect();
            if seen.insert(shown) {
                members.push(member);
            }
        };
        match self.draw {
            Draw::Grid => {
                let values: Vec<Vec<Value>> = self.fields.iter().map(Swept::all).collect();
                let count: usize = values.iter().map(Vec::len).product();
                for number in 0..count {
                    let mut rest = number;
                    let mut member: Member = Vec::new();
                    for (swept, values) in self.fields.iter().zip(&values).rev() {
                        member.push((swept.field, values[rest % values.len()].clone()));
                        rest /= values.len();
                    }
                    member.reverse();
                    add(member);
                }
            }
            Draw::Trials { count, seed } => {
                let mut rng = Rng::for_purpose(seed, "sweep");
                // Where few combinations are possible, further draws find nothing new.
                for _ in 0..20 * count {
                    add(self
                        .fields
                        .iter()
                        .map(|swept| (swept.field, swept.draw(&mut rng)))
                        .collect());
                }
                members.truncate(count);
            }
        }
        members
    }

    /// Runs of a grid, or the trials that are wanted.
    fn count(&self) -> usize {
        match self.draw {
            Draw::Trials { count, .. } => count,
            Draw::Grid => {
                let counts = self.fields.iter().map(|swept| match &swept.values {
                    Values::List(values) => values.len(),
                    Values::Range(span) => span.count.unwrap_or(1),
                });
                counts.fold(1, |all: usize, count| all.saturating_mul(count))
            }
        }
    }

    /// What is wrong with the runs of it, though each value is right by itself: the first such run.
    pub(super) fn mistake(&self, experiment: &Experiment) -> Option<String> {
        self.members().into_iter().find_map(|member| {
            let mistakes = experiment.with(&member).err()?;
            let values: Vec<String> =
                member.iter().map(|(key, value)| format!("{key} = {}", value.to_toml())).collect();
            Some(format!("the run with {} cannot be: {mistakes}", values.join(", ")))
        })
    }
}

impl Swept {
    fn all(&self) -> Vec<Value> {
        match &self.values {
            Values::List(values) => values.clone(),
            Values::Range(span) => {
                let count = span.count.unwrap_or(1);
                let steps = count.saturating_sub(1).max(1) as f64;
                (0..count).map(|step| self.value(span, step as f64 / steps)).collect()
            }
        }
    }

    fn draw(&self, rng: &mut Rng) -> Value {
        match &self.values {
            Values::List(values) => values[rng.below(values.len())].clone(),
            Values::Range(span) => match span.count {
                Some(_) => {
                    let values = self.all();
                    values[rng.below(values.len())].clone()
                }
                None => self.value(span, rng.uniform()),
            },
        }
    }

    /// The value at a share of the way from one end to the other, with four digits where it is not an
    /// end: more are hard to read and say nothing.
    fn value(&self, span: &Span, share: f64) -> Value {
        let number = match span.is_log {
            true => (span.from.ln() + share * (span.to / span.from).ln()).exp(),
            false => span.from + share * (span.to - span.from),
        };
        let number = match share {
            0.0 => span.from,
            1.0 => span.to,
            _ => format!("{number:.3e}").parse().unwrap_or(number),
        };
        match field(self.field).map(|field| field.kind) {
            Some(Kind::Int { .. }) => Value::Int(number.round() as i128),
            _ => Value::Float(number),
        }
    }
}

/// Reads the table; `text` is that of the whole file. Every mistake has its place.
pub(super) fn read(table: &DeTable, text: &str) -> Result<Sweep, Refusals> {
    let mut reader = Reader { text, fields: Vec::new(), draw: Draw::Grid, refusals: Vec::new() };
    reader.table("", table);
    let Reader { mut fields, draw, mut refusals, .. } = reader;
    fields.sort_by_key(|(at, _)| *at);
    let fields: Vec<Swept> = fields.into_iter().map(|(_, swept)| swept).collect();
    if fields.is_empty() && refusals.is_empty() {
        refusals.push((0..0, "[sweep] names no field: learning_rate = [0.01, 0.1]".to_owned()));
    }
    let sweep = Sweep { fields, draw };
    if sweep.draw == Draw::Grid {
        for swept in &sweep.fields {
            if matches!(&swept.values, Values::Range(Span { count: None, .. })) {
                let said = format!(
                    "the range of {} has no count, which every combination needs: count = 5, or \
                     draw = {{ trials = 20 }}",
                    swept.field
                );
                refusals.push((0..0, said));
            }
        }
    }
    if sweep.count() > MOST_RUNS {
        let said = format!(
            "[sweep] has {} runs, expected at most {}; draw some of them: draw = {{ trials = 50 }}",
            grouped(sweep.count()),
            grouped(MOST_RUNS)
        );
        refusals.push((0..0, said));
    }
    if refusals.is_empty() { Ok(sweep) } else { Err(refusals) }
}

struct Reader<'a> {
    text: &'a str,
    /// Each with its place in the text.
    fields: Vec<(usize, Swept)>,
    draw: Draw,
    refusals: Refusals,
}

impl Reader<'_> {
    fn refuse(&mut self, span: Range<usize>, said: impl Into<String>) {
        self.refusals.push((span, said.into()));
    }

    /// Reads a table by its name in the experiment: `""`, or `train` for `[sweep.train]`.
    fn table(&mut self, section: &str, table: &DeTable) {
        for (key, value) in table {
            let name = match section {
                "" => key.get_ref().to_string(),
                _ => format!("{section}.{}", key.get_ref()),
            };
            let is_table = SECTIONS.iter().any(|table| table.name == name);
            if name == DRAW {
                self.draw(value);
            } else if let (true, Some(table)) = (is_table, value.get_ref().as_table()) {
                self.table(&name, table);
            } else if !is_swept(&name) {
                self.refuse(key.span(), format!("{name} cannot have several values in one sweep"));
            } else if let Some(field) = field(&name) {
                self.field(field, value);
            } else {
                self.refuse(key.span(), unknown(&name));
            }
        }
    }

    fn field(&mut self, field: &'static ExperimentField, value: &Spanned<DeValue>) {
        if self.fields.iter().any(|(_, swept)| swept.field == field.key) {
            let said = format!("{} is named twice", field.key);
            return self.refuse(value.span(), said);
        }
        let values = match value.get_ref() {
            DeValue::Array(items) if !items.is_empty() => {
                let mut values = Vec::new();
                for item in items.iter() {
                    match field.read(item, self.text) {
                        Ok(value) => values.push(value),
                        Err(refusals) => self.refusals.extend(refusals),
                    }
                }
                Some(Values::List(values))
            }
            DeValue::Table(table) => self.range(field, table, value.span()).map(Values::Range),
            _ => {
                let found = excerpt(self.text, value.span());
                let said = format!(
                    "sweep.{} is {found}, expected a list of values, or {{ from = .., to = .., count \
                     = .. }}",
                    field.key
                );
                self.refuse(value.span(), said);
                None
            }
        };
        let at = value.span().start;
        self.fields.extend(values.map(|values| (at, Swept { field: field.key, values })));
    }

    fn range(
        &mut self,
        field: &'static ExperimentField,
        table: &DeTable,
        at: Range<usize>,
    ) -> Option<Span> {
        if !has_ranges(field.kind) {
            let said = format!("{} is no number: expected a list of values", field.key);
            self.refuse(at, said);
            return None;
        }
        let (mut from, mut to, mut count, mut is_log) = (None, None, None, false);
        for (key, value) in table {
            match key.get_ref().as_ref() {
                end @ ("from" | "to") => {
                    let read = match field.read(value, self.text) {
                        Ok(Value::Int(whole)) => Some(whole as f64),
                        Ok(Value::Float(number)) => Some(number),
                        Ok(_) => None,
                        Err(refusals) => {
                            self.refusals.extend(refusals);
                            return None;
                        }
                    };
                    *(if end == "from" { &mut from } else { &mut to }) = read;
                }
                "count" => count = Some(self.whole("count", value, 1, MOST_RUNS as u64)? as usize),
                "scale" => match value.get_ref().as_str() {
                    Some("log") => is_log = true,
                    Some("linear") => is_log = false,
                    _ => {
                        let found = excerpt(self.text, value.span());
                        let said = format!("scale is {found}, expected \"linear\" or \"log\"");
                        self.refuse(value.span(), said);
                        return None;
                    }
                },
                other => {
                    self.strange(key, other, RANGE_KEYS);
                    return None;
                }
            }
        }
        let (Some(from), Some(to)) = (from, to) else {
            self.refuse(at, format!("the range of {} needs from and to, two numbers", field.key));
            return None;
        };
        if is_log && (from <= 0.0 || to <= 0.0) {
            self.refuse(at, "a range with scale = \"log\" needs ends above 0");
            return None;
        }
        Some(Span { from, to, count, is_log })
    }

    fn draw(&mut self, value: &Spanned<DeValue>) {
        let Some(table) = value.get_ref().as_table() else {
            return self.refuse(value.span(), "sweep.draw is no table: draw = { trials = 20 }");
        };
        let (mut trials, mut seed) = (None, 0);
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "trials" => trials = self.whole("trials", value, 1, MOST_RUNS as u64),
                "seed" => seed = self.whole("seed", value, 0, i64::MAX as u64).unwrap_or(0),
                other => self.strange(key, other, DRAW_KEYS),
            }
        }
        if let Some(count) = trials {
            self.draw = Draw::Trials { count: count as usize, seed };
        } else if self.refusals.is_empty() {
            self.refuse(value.span(), "sweep.draw does not say how many trials: trials = 20");
        }
    }

    fn whole(&mut self, key: &str, value: &Spanned<DeValue>, min: u64, max: u64) -> Option<u64> {
        let written = value.get_ref().as_integer();
        let read =
            written.and_then(|whole| u64::from_str_radix(whole.as_str(), whole.radix()).ok());
        let read = read.filter(|whole| (min..=max).contains(whole));
        if read.is_none() {
            let found = excerpt(self.text, value.span());
            let said = format!(
                "{key} is {found}, expected a whole number, {} to {}",
                grouped(min),
                grouped(max)
            );
            self.refuse(value.span(), said);
        }
        read
    }

    fn strange(&mut self, key: &Spanned<std::borrow::Cow<str>>, name: &str, known: Words) {
        let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let near = nearest(name, known.iter().copied());
        let cure = near.map_or(format!("expected {}", known.join(", ")), |near| {
            format!("did you mean {near}")
        });
        self.refuse(key.span(), format!("unknown key {name:?}; {cure}"));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec::parse;

    fn sweep(text: &str) -> Sweep {
        let text = format!("images = 'p'\n{text}");
        parse(&text, Path::new("x.toml")).unwrap().sweep.unwrap()
    }

    fn shown(text: &str) -> Vec<String> {
        let member = |member: &Member| {
            let values: Vec<String> = member.iter().map(|(_, value)| value.to_toml()).collect();
            values.join(" ")
        };
        sweep(text).members().iter().map(member).collect()
    }

    fn said(text: &str) -> String {
        let text = format!("images = 'p'\n{text}");
        parse(&text, Path::new("x.toml")).unwrap_err().to_string()
    }

    #[test]
    fn a_grid_has_every_combination_once() {
        let text = "[sweep]\n\"train.batch_size\" = [32, 100]\n\
                    learning_rate = { from = 0.001, to = 0.1, count = 3, scale = \"log\" }\n";
        assert_eq!(sweep(text).keys(), ["train.batch_size", "learning_rate"]);
        assert_eq!(
            shown(text),
            ["32 0.001", "32 0.01", "32 0.1", "100 0.001", "100 0.01", "100 0.1"]
        );
        // A table of its own says the same, and a value that is named twice is one.
        let text = "[sweep.train]\nbatch_size = [32, 100, 32]\nschedule = ['constant', 'cosine']\n";
        assert_eq!(shown(text).len(), 4);
        let text = "[sweep]\niterations = { from = 100, to = 400, count = 4 }\n";
        assert_eq!(shown(text), ["100", "200", "300", "400"]);
        assert_eq!(shown("[sweep]\niterations = { from = 1, to = 2, count = 5 }\n"), ["1", "2"]);
    }

    #[test]
    fn trials_are_drawn_by_their_seed_and_none_twice() {
        let text = |seed: u64| {
            format!(
                "[sweep]\nlearning_rate = {{ from = 0.001, to = 0.1, scale = 'log' }}\n\
                 train.batch_size = [32, 100]\n[sweep.draw]\ntrials = 40\nseed = {seed}\n"
            )
        };
        let drawn = shown(&text(1));
        assert_eq!(drawn.len(), 40);
        assert_eq!(drawn, shown(&text(1)));
        assert_ne!(drawn, shown(&text(2)));
        let rates: Vec<f64> =
            drawn.iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
        assert!(rates.iter().all(|rate| (0.001..=0.1).contains(rate)), "{rates:?}");
        // On a log scale half of them lie below the middle, 0.01.
        let low = rates.iter().filter(|rate| **rate < 0.01).count();
        assert!((8..=32).contains(&low), "{rates:?}");
        let few = "[sweep]\ntrain.batch_size = [32, 100]\ndraw = { trials = 40 }\n";
        assert_eq!(shown(few).len(), 2, "no more combinations than there are");
        assert!(sweep(few).without(&["train.batch_size"]).is_none());
        let rest = sweep(&text(1)).without(&["train.batch_size"]).unwrap();
        assert_eq!(rest.keys(), ["learning_rate"]);
    }

    #[test]
    fn mistakes_have_their_line_and_what_was_expected() {
        for (text, words) in [
            ("[sweep]\n", "[sweep] names no field"),
            (
                "[sweep]\nlearning_rat = [1]\n",
                "x.toml:3: unknown key \"learning_rat\"; did you mean",
            ),
            ("[sweep]\nlearning_rate = 0.1\n", "sweep.learning_rate is 0.1, expected a list"),
            ("[sweep]\nlearning_rate = []\n", "expected a list of values"),
            ("[sweep]\niterations = [400, 0]\n", "x.toml:3: iterations is 0, expected 1 to"),
            ("[sweep]\nimages = ['a', 'b']\n", "images cannot have several values"),
            ("[sweep]\niterations = { from = 1, to = 9 }\n", "has no count"),
            ("[sweep]\niterations = { from = 1 }\n", "needs from and to"),
            ("[sweep]\niterations = { from = 1, to = 9, cont = 3 }\n", "did you mean count"),
            ("[sweep]\ntrain.schedule = { from = 1, to = 9 }\n", "train.schedule is no number"),
            (
                "[sweep]\ntrain.momentum = { from = 0, to = 0.9, count = 3, scale = 'log' }\n",
                "ends above 0",
            ),
            ("[sweep]\niterations = [1]\ndraw = { trial = 3 }\n", "did you mean trials"),
            ("[sweep]\niterations = [1]\ndraw = { trials = 0 }\n", "trials is 0, expected a whole"),
            (
                "[sweep]\niterations = { from = 1, to = 9999, count = 9999 }\n\
                 train.seed = [1, 2, 3]\n",
                "[sweep] has 29,997 runs, expected at most 10,000",
            ),
            (
                "[sweep]\nsplit.validation_percent = [10, 90]\n",
                "the run with split.validation_percent = 90 cannot be: ",
            ),
        ] {
            let said = said(text);
            assert!(said.contains(words), "{text}: {said}");
        }
    }
}
