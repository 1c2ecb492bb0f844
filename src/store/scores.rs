//! `scores.csv`: every image of a run with its scores; `skipped.csv`: the files left out.

use std::io;
use std::path::{Path, PathBuf};

use super::atomic::AtomicFile;
use super::names::{harmless, shown};
use crate::config::read_plain;
use crate::spec::Set;

/// One image: its file (relative to the run's images folder), its set, its true category and one
/// softmax score a category.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageScore {
    /// Relative to the run's images folder.
    pub file: PathBuf,
    /// The set that it was in.
    pub set: Set,
    /// Index of its true category.
    pub category: usize,
    /// One softmax score a category, in their order.
    pub scores: Vec<f32>,
}

/// Why a `scores.csv` cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ScoresError {
    /// The file cannot be opened, or is not valid CSV.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The `scores.csv` that could not be read.
        path: PathBuf,
        /// Why the file system or the CSV reader refused it.
        source: csv::Error,
    },
    /// A row has other contents than expected, or the file ends within it.
    #[error("{}:{line}: {message}", path.display())]
    Row {
        /// The `scores.csv` with the bad row.
        path: PathBuf,
        /// Where the row stands in the file; the header is line 1.
        line: u64,
        /// What is wrong with the row.
        message: String,
    },
}

/// Columns before the scores.
pub(super) const FIXED: [&str; 4] = ["file", "set", "category", "predicted"];

/// Behind the name of a category that is also one of those columns.
const MARK: &str = " (score)";

/// The column of a category in a table with these other columns: its name, unless one of them is called
/// so; then `CATEGORY (score)`.
pub fn score_column(category: &str, others: &[&str]) -> String {
    let is_taken = others.contains(&category) || category.ends_with(MARK);
    format!("{category}{}", if is_taken { MARK } else { "" })
}

/// The reverse of [`score_column`] beside [`FIXED`]. A category of an older file that ends in the mark keeps it.
pub(super) fn category_of(column: &str) -> &str {
    column
        .strip_suffix(MARK)
        .filter(|name| FIXED.contains(name) || name.ends_with(MARK))
        .unwrap_or(column)
}

/// Writes `file,set,category,predicted,CATEGORY...`; names in the escaped form of [`shown`], and a
/// category called like one of the first columns as `CATEGORY (score)`.
pub fn write_scores(path: &Path, categories: &[String], rows: &[ImageScore]) -> io::Result<()> {
    let mut file = ScoresWriter::begin(path, categories)?;
    rows.iter().try_for_each(|row| file.add(row))?;
    file.finish()
}

/// Writes what [`write_scores`] does row by row; nothing is there before the end.
pub struct ScoresWriter<'a> {
    categories: &'a [String],
    csv: csv::Writer<AtomicFile>,
}

impl<'a> ScoresWriter<'a> {
    /// Begins the file that `path` becomes.
    pub fn begin(path: &Path, categories: &'a [String]) -> io::Result<ScoresWriter<'a>> {
        let mut csv = csv::Writer::from_writer(AtomicFile::begin(path)?);
        let columns = categories.iter().map(|category| score_column(category, &FIXED));
        csv.write_record(FIXED.map(str::to_owned).into_iter().chain(columns))?;
        Ok(ScoresWriter { categories, csv })
    }

    /// Adds an image.
    pub fn add(&mut self, row: &ImageScore) -> io::Result<()> {
        let fixed = [
            shown(&row.file),
            row.set.name().to_owned(),
            self.categories[row.category].clone(),
            self.categories[predicted(&row.scores)].clone(),
        ];
        // The shortest decimals that read back as the same f32.
        let scores = row.scores.iter().map(f32::to_string);
        Ok(self.csv.write_record(fixed.into_iter().chain(scores))?)
    }

    /// Puts the file in its place.
    pub fn finish(self) -> io::Result<()> {
        self.csv.into_inner().map_err(|err| err.into_error())?.finish()
    }
}

/// Index of the first largest score.
fn predicted(scores: &[f32]) -> usize {
    (0..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}

/// The text of `skipped.csv`: `file,reason`.
pub fn skipped_csv<'a>(skipped: impl Iterator<Item = (&'a Path, String)>) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["file", "reason"]).expect("a Vec takes all");
    for (file, reason) in skipped {
        csv.write_record([shown(file), harmless(&reason).into_owned()]).expect("a Vec takes all");
    }
    csv.into_inner().expect("a Vec takes all")
}

/// The rows of a `skipped.csv`, file and reason, both as text for people.
pub fn read_skipped(path: &Path) -> Result<Vec<(String, String)>, ScoresError> {
    let fail = |source| ScoresError::Read { path: path.to_owned(), source };
    let text = read_plain(path).map_err(|err| fail(err.into()))?;
    let mut csv = csv::Reader::from_reader(&text[..]);
    let field = |record: &csv::StringRecord, at| record.get(at).unwrap_or_default().to_owned();
    csv.records().map(|row| row.map(|row| (field(&row, 0), field(&row, 1))).map_err(fail)).collect()
}
