//! `scores.csv`: every image of a run with its scores; `skipped.csv`: the files left out.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::atomic::AtomicFile;
use super::names::{harmless, shown, unshown};
use super::whole_file::WholeFile;
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
const FIXED: [&str; 4] = ["file", "set", "category", "predicted"];

/// Behind the name of a category that is also one of those columns.
const MARK: &str = " (score)";

/// The column of a category in a table with these other columns: its name, unless one of them is called
/// so; then `CATEGORY (score)`.
pub fn score_column(category: &str, others: &[&str]) -> String {
    let is_taken = others.contains(&category) || category.ends_with(MARK);
    format!("{category}{}", if is_taken { MARK } else { "" })
}

/// The reverse of [`score_column`] beside [`FIXED`]. A category of an older file that ends in the mark keeps it.
fn category_of(column: &str) -> &str {
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

/// The categories and all rows of a `scores.csv`.
pub fn read_scores(path: &Path) -> Result<(Vec<String>, Vec<ImageScore>), ScoresError> {
    let file = ScoresFile::open(path)?;
    let rows = file.rows().collect::<Result<_, _>>()?;
    Ok((file.categories, rows))
}

/// A `scores.csv`, whose rows are read when they are wanted.
#[derive(Debug)]
pub struct ScoresFile {
    /// In their order.
    pub categories: Vec<String>,
    path: PathBuf,
    text: WholeFile,
    /// Where the first row begins.
    rows_at: usize,
}

impl ScoresFile {
    /// Opens the file and reads its header.
    pub fn open(path: &Path) -> Result<ScoresFile, ScoresError> {
        let fail = |source| ScoresError::Read { path: path.to_owned(), source };
        let text = WholeFile::open(path).map_err(|err| fail(err.into()))?;
        // Half a number would pass for one.
        if !text.ends_with(b"\n") {
            return Err(ScoresError::Row {
                path: path.to_owned(),
                line: lines(&text) + 1,
                message:
                    "the file is cut off there; 'retrain resume RUN --iterations N' makes it again"
                        .to_owned(),
            });
        }
        let mut csv = csv::Reader::from_reader(&text[..]);
        let header = csv.headers().map_err(fail)?.clone();
        if header.iter().take(FIXED.len()).ne(FIXED) {
            return Err(ScoresError::Row {
                path: path.to_owned(),
                line: 1,
                message: format!("expected the columns {}", FIXED.join(",")),
            });
        }
        let categories =
            header.iter().skip(FIXED.len()).map(|column| category_of(column).to_owned()).collect();
        let rows_at = csv.position().byte() as usize;
        Ok(ScoresFile { categories, path: path.to_owned(), text, rows_at })
    }

    /// All rows, in their order.
    pub fn rows(&self) -> impl Iterator<Item = Result<ImageScore, ScoresError>> {
        self.part(self.rows_at..self.text.len())
    }

    /// The images of a set, in their order; the others are in memory one at a time.
    pub fn of_set(&self, set: Set) -> Result<Vec<ImageScore>, ScoresError> {
        let is_of = |row: &Result<ImageScore, _>| row.as_ref().map_or(true, |row| row.set == set);
        self.rows().filter(is_of).collect()
    }

    /// All rows in several parts of about the same length, to be read side by side.
    pub fn parts(
        &self,
        parts: usize,
    ) -> impl Iterator<Item = impl Iterator<Item = Result<ImageScore, ScoresError>>> {
        let rows = &self.text[self.rows_at..];
        // Names are escaped: an end of line ends a row, unless the file is of another program, whose rows
        // within quotes are no rows here or there, and an error.
        let cut = move |part: usize| {
            let at = rows.len() * part / parts;
            let line = rows[at..].iter().position(|&byte| byte == b'\n');
            self.rows_at + if at == 0 { 0 } else { line.map_or(rows.len(), |line| at + line + 1) }
        };
        (0..parts).map(move |part| self.part(cut(part)..cut(part + 1)))
    }

    fn part(&self, bytes: Range<usize>) -> impl Iterator<Item = Result<ImageScore, ScoresError>> {
        let before = bytes.start;
        let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(&self.text[bytes]);
        let mut record = csv::StringRecord::new();
        std::iter::from_fn(move || match csv.read_record(&mut record) {
            Ok(false) => None,
            Err(source) => Some(Err(ScoresError::Read { path: self.path.clone(), source })),
            Ok(true) => Some(read_row(&record, &self.categories).map_err(|message| {
                let line = record.position().map_or(0, csv::Position::line);
                let line = lines(&self.text[..before]) + line;
                ScoresError::Row { path: self.path.clone(), line, message }
            })),
        })
    }
}

fn lines(text: &[u8]) -> u64 {
    text.iter().filter(|&&byte| byte == b'\n').count() as u64
}

fn read_row(record: &csv::StringRecord, categories: &[String]) -> Result<ImageScore, String> {
    if record.len() != FIXED.len() + categories.len() {
        return Err(format!(
            "found {} columns, expected {}",
            record.len(),
            FIXED.len() + categories.len()
        ));
    }
    let set = Set::ALL
        .into_iter()
        .find(|set| set.name() == &record[1])
        .ok_or_else(|| format!("unknown set '{}'", &record[1]))?;
    let category = categories
        .iter()
        .position(|category| *category == record[2])
        .ok_or_else(|| format!("unknown category '{}'", &record[2]))?;
    let scores = record
        .iter()
        .skip(FIXED.len())
        .map(|text| text.parse().map_err(|_| format!("'{text}' is not a score")))
        .collect::<Result<Vec<f32>, String>>()?;
    Ok(ImageScore { file: unshown(&record[0]), set, category, scores })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_come_back_to_the_bit_whatever_the_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let categories = vec!["fire, \"hot\"".to_owned(), "misc".to_owned()];
        let rows = vec![
            ImageScore {
                file: "a\nb.jpg".into(),
                set: Set::Test,
                category: 0,
                scores: vec![0.1, 0.9],
            },
            ImageScore {
                file: "fire/c,d.jpg".into(),
                set: Set::Training,
                category: 1,
                scores: vec![1.0 / 3.0, f32::from_bits(0x3f2a_aaab)],
            },
        ];
        write_scores(&path, &categories, &rows).unwrap();
        assert_eq!(read_scores(&path).unwrap(), (categories, rows));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 3, "one line an image: {text}");
    }

    #[test]
    fn a_category_called_like_a_column_has_a_column_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let categories = ["set", "file", "set (score)", "a (score)", "fire"].map(String::from);
        let row = ImageScore {
            file: "set/1.jpg".into(),
            set: Set::Test,
            category: 0,
            scores: vec![0.2; 5],
        };
        write_scores(&path, &categories, std::slice::from_ref(&row)).unwrap();
        assert_eq!(read_scores(&path).unwrap(), (categories.to_vec(), vec![row]));
        let text = std::fs::read_to_string(&path).unwrap();
        let mut columns: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let all = columns.len();
        columns.sort_unstable();
        columns.dedup();
        assert_eq!(columns.len(), all, "{text}");
        // Files of earlier versions.
        std::fs::write(&path, "file,set,category,predicted,set,fire\n1.jpg,test,set,set,1,0\n")
            .unwrap();
        assert_eq!(read_scores(&path).unwrap().0, ["set", "fire"]);
    }

    #[test]
    fn a_damaged_row_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        std::fs::write(&path, "file,set,category,predicted,a,b\nx.jpg,test,a,b,0.5,x\n").unwrap();
        let err = read_scores(&path).unwrap_err().to_string();
        assert!(err.contains("scores.csv:2: 'x' is not a score"), "{err}");
        std::fs::write(&path, "file,set,category,predicted,a,b\nx.jpg,test,a,b,0.5,0.4").unwrap();
        let err = read_scores(&path).unwrap_err().to_string();
        assert!(err.contains("scores.csv:2: the file is cut off there"), "{err}");
        std::fs::write(&path, "file,set,category,predicted,a,b\nx.jpg,test,a,b,0.5\n").unwrap();
        let err = read_scores(&path).unwrap_err().to_string();
        assert!(err.contains("scores.csv:2: found 5 columns, expected 6"), "{err}");
    }

    #[test]
    fn a_file_read_in_parts_has_the_rows_of_the_whole_and_the_lines_of_their_mistakes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let categories = ["a,b", "c"].map(String::from);
        let row = |n: usize| ImageScore {
            file: format!("a,b/{}.jpg", "x".repeat(n % 7 * 5)).into(),
            set: Set::Test,
            category: n % 2,
            scores: vec![n as f32, 0.5],
        };
        let rows: Vec<ImageScore> = (0..23).map(row).collect();
        write_scores(&path, &categories, &rows).unwrap();
        let read = |parts: usize| {
            let file = ScoresFile::open(&path).unwrap();
            let rows: Result<Vec<ImageScore>, ScoresError> = file.parts(parts).flatten().collect();
            rows
        };
        for parts in 1..40 {
            assert_eq!(read(parts).unwrap(), rows, "{parts} parts");
        }
        let text = std::fs::read_to_string(&path).unwrap().replace("21,0.5", "21,x");
        std::fs::write(&path, text).unwrap();
        for parts in 1..40 {
            let err = read(parts).unwrap_err().to_string();
            assert!(err.contains("scores.csv:23: 'x' is not a score"), "{err}");
        }
    }
}
