//! `[sweep]`: fields that are to have several values, and how these are combined.

mod read;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::Experiment;
use super::fields::field;
use super::launch::changes_results;
use crate::random::Rng;
use crate::setting::{Kind, Value, Words};

pub(super) use self::read::read;

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
const NOT_SWEPT: &str = "images";

/// Whether the field of this key may have several values.
pub fn is_swept(key: &str) -> bool {
    key != NOT_SWEPT && changes_results(key)
}

/// Whether a field of this kind holds numbers, of which there are ranges.
pub fn has_ranges(kind: Kind) -> bool {
    matches!(kind, Kind::Int { .. } | Kind::Float(_) | Kind::Percent(_) | Kind::FloatOrAuto(_))
}

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
            let mistakes = match experiment.with(&member) {
                Ok(run) => unranked(&run)?.to_owned(),
                Err(mistakes) => mistakes.to_string(),
            };
            let values: Vec<String> =
                member.iter().map(|(key, value)| format!("{key} = {}", value.to_toml())).collect();
            Some(format!("the run with {} cannot be: {mistakes}", values.join(", ")))
        })
    }
}

/// Why a run would have no validation, by which the runs of a sweep are ranked.
fn unranked(run: &Experiment) -> Option<&'static str> {
    (run.split.folds > 0).then_some(
        "a sweep is ranked by validation, and with split.folds no photos are kept for it; set \
         split.folds = 0 for the sweep, and run what it chooses with folds",
    )
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
