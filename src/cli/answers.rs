//! What `retrain predict` prints of each photo, in each of its forms.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::args::FormatName;
use super::out::{JsonArray, print_json_line};
use super::scored_photo::Scored;
use super::sure::Answering;
use crate::insight::{self, label_lines};
use crate::store::{score_column, shown};

/// Columns before the scores.
const BEFORE: [&str; 3] = ["file", "predicted", "score"];
/// Columns behind them.
const BEHIND: [&str; 3] = ["verdict", "likeness", "error"];
/// The column between these where one wants to be sure.
const ANSWER: &str = "answer";

/// How answers are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Csv,
    /// One object a line.
    JsonLines,
    /// One array of them.
    Json,
}

impl Form {
    pub fn new(format: FormatName, json: bool) -> Form {
        match format {
            _ if json => Form::Json,
            FormatName::Text => Form::Text,
            FormatName::Csv => Form::Csv,
            FormatName::Jsonl => Form::JsonLines,
        }
    }

    /// Whether it says which training photos are most like a photo.
    pub fn has_nearest(self) -> bool {
        matches!(self, Form::Json | Form::JsonLines)
    }
}

/// Prints answers as they come.
pub struct Printer<'a> {
    labels: &'a [String],
    answering: &'a Answering,
    form: Form,
    /// Scores that are printed of each photo; `None`: all.
    top: Option<usize>,
    /// Several photos may come: above each is its name.
    has_names: bool,
    /// Files before, also those with no answer.
    count: usize,
    array: JsonArray,
}

impl<'a> Printer<'a> {
    pub fn new(
        labels: &'a [String],
        answering: &'a Answering,
        form: Form,
        top: Option<usize>,
        has_names: bool,
    ) -> Printer<'a> {
        let (count, array) = Default::default();
        Printer { labels, answering, form, top, has_names, count, array }
    }

    /// What stands before the first answer.
    pub fn begin(&self) -> Result<()> {
        if self.form == Form::Csv {
            out!("{}", csv_line(self.header())?);
        }
        Ok(())
    }

    /// Of a file the answer, or why there is none.
    pub fn print(&mut self, file: &Path, answer: &Result<Scored, String>) -> Result<()> {
        match (self.form, answer) {
            (Form::Text, Ok(scored)) => out!("{}", self.text(file, scored)),
            (Form::Text, Err(reason)) => newsln!("skipped {}: {reason}", shown(file)),
            (Form::Csv, _) => out!("{}", csv_line(self.cells(file, answer))?),
            (Form::JsonLines, _) => print_json_line(&self.object(file, answer))?,
            (Form::Json, _) => self.array.print(&self.object(file, answer))?,
        }
        self.count += 1;
        Ok(())
    }

    /// What stands behind the last answer.
    pub fn end(self) {
        if self.form == Form::Json {
            self.array.end();
        }
    }

    fn text(&self, file: &Path, scored: &Scored) -> String {
        let mut text = String::new();
        if self.has_names {
            let gap = if self.count == 0 { "" } else { "\n" };
            text += &format!("{gap}{}\n", shown(file));
        }
        let lines = label_lines(self.labels, &scored.scores);
        for line in lines.iter().take(self.top.unwrap_or(usize::MAX)) {
            text += &format!("{line}\n");
        }
        if let Some(line) = self.answering.line(self.labels, scored) {
            text += &format!("{line}\n");
        }
        if let Some(judgement) = scored.judgement.filter(|judgement| judgement.is_none_of_these) {
            text += &insight::likeness_in_words(judgement.less_like_than, true);
            text += "\n";
        }
        text
    }

    fn object(&self, file: &Path, answer: &Result<Scored, String>) -> Value {
        let scored = match answer {
            Ok(scored) => scored,
            Err(reason) => return json!({"file": shown(file), "error": reason}),
        };
        let scores = &scored.scores;
        let named: Map<String, Value> = scored
            .highest(self.top)
            .into_iter()
            .map(|category| (self.labels[category].clone(), json!(scores[category])))
            .collect();
        let mut object = json!({
            "file": shown(file),
            "predicted": self.labels[insight::predict(scores)],
            "scores": named,
            "likeness": scored.likeness(),
            "verdict": scored.verdict(),
            "nearest": scored.nearest,
        });
        self.answering.complete(&mut object, self.labels, scored);
        object
    }

    fn header(&self) -> Vec<String> {
        let behind = self.answering.is_sure().then_some(ANSWER).into_iter().chain(BEHIND);
        let others: Vec<&str> = BEFORE.into_iter().chain(behind.clone()).collect();
        let categories = self.labels.iter().map(|label| score_column(label, &others));
        let before = BEFORE.into_iter().map(str::to_owned);
        before.chain(categories).chain(behind.map(str::to_owned)).collect()
    }

    /// One for each column of the header; what is not known is empty.
    fn cells(&self, file: &Path, answer: &Result<Scored, String>) -> Vec<String> {
        let mut cells = vec![shown(file)];
        match answer {
            Ok(scored) => {
                let (scores, highest) = (&scored.scores, scored.highest(self.top));
                let predicted = insight::predict(scores);
                cells.extend([self.labels[predicted].clone(), scores[predicted].to_string()]);
                // The shortest decimals that read back as the same f32.
                cells.extend((0..scores.len()).map(|category| {
                    let is_printed = highest.contains(&category);
                    if is_printed { scores[category].to_string() } else { String::new() }
                }));
                if self.answering.is_sure() {
                    let answer = self.answering.answer(scored);
                    cells.push(answer.map_or(String::new(), |place| self.labels[place].clone()));
                }
                cells.push(scored.verdict().unwrap_or_default().to_owned());
                cells.push(scored.likeness().map_or(String::new(), |share| share.to_string()));
                cells.push(String::new());
            }
            Err(reason) => {
                cells.resize(self.header().len() - 1, String::new());
                cells.push(reason.clone());
            }
        }
        cells
    }
}

fn csv_line(cells: Vec<String>) -> Result<String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(cells)?;
    Ok(String::from_utf8(csv.into_inner()?)?)
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
