//! Reading the table, with every mistake at its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{DRAW, DRAW_KEYS, Draw, MOST_RUNS, RANGE_KEYS, Span, Sweep, Swept, Values};
use super::{has_ranges, is_swept};
use crate::config::{excerpt, nearest};
use crate::setting::{Value, Words};
use crate::spec::ExperimentField;
use crate::spec::fields::{SECTIONS, field};
use crate::spec::unknown::unknown;
use crate::words::grouped;

type Refusals = Vec<(Range<usize>, String)>;

/// Reads the table; `text` is that of the whole file. Every mistake has its place.
pub(in crate::spec) fn read(table: &DeTable, text: &str) -> Result<Sweep, Refusals> {
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
