//! `NAME.labels.csv` beside an experiment `NAME.toml`: what a person decided about single photos, over
//! what the folders say. Photos are never moved for it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::atomic::write_atomically;
use super::names::{shown, unshown};
use crate::config::{nearest, read_plain};

/// What a person decided about a photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It belongs to this category, whatever its folder.
    Category(String),
    /// It shows none of the categories: nothing is learned from it.
    NoneOfThese,
    /// It is not to be used: blurred, a copy, unclear.
    LeaveOut,
}

/// The decisions of one file, in its order. Columns that this program does not know stay as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Corrections {
    path: PathBuf,
    columns: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    record: Vec<String>,
    decision: Decision,
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Relative to the folder of images when it was decided.
    pub file: PathBuf,
    /// BLAKE3 of the file's bytes; `None` in a file that another program made: then `file` says which
    /// photo is meant.
    pub hash: Option<blake3::Hash>,
    /// What it is to be.
    pub verdict: Verdict,
    /// In the file, from 1; 0 of one that is not written yet.
    pub line: u64,
}

/// Why decisions cannot be used. The message ends with what to do.
#[derive(Debug, Error)]
pub enum CorrectionsError {
    /// The file is there and cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system, or the reader of CSV, says.
        source: io::Error,
    },
    /// A column that has to be there is not.
    #[error(
        "{}:1: there is no column '{missing}'; expected at least file_name,label (as found: {found})",
        path.display()
    )]
    Column {
        /// The file.
        path: PathBuf,
        /// The first that is missing.
        missing: &'static str,
        /// The columns that it has.
        found: String,
    },
    /// A row says something that cannot be understood.
    #[error("{}:{line}: {problem}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// What was found and what was expected.
        problem: String,
    },
}

const FILE: &str = "file_name";
const LABEL: &str = "label";
const VERDICT: &str = "verdict";
const HASH: &str = "blake3";

/// In the column `verdict`.
const IS_LABEL: &str = "label";
const NONE_OF_THESE: &str = "none of these";
const LEAVE_OUT: &str = "leave out";

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Verdict::Category(name) => f.write_str(name),
            Verdict::NoneOfThese => f.write_str(NONE_OF_THESE),
            Verdict::LeaveOut => f.write_str("left out"),
        }
    }
}

impl Corrections {
    /// Those of this file; none where it is not there.
    pub fn read(path: &Path) -> Result<Corrections, CorrectionsError> {
        let bytes = match read_plain(path) {
            Ok(bytes) => bytes,
            Err(err) if err.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(CorrectionsError::Read { path: path.to_owned(), source }),
        };
        Corrections::parse(path, &bytes)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Corrections, CorrectionsError> {
        // Spreadsheets put a mark before the text.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut corrections =
            Corrections { path: path.to_owned(), columns: Vec::new(), rows: Vec::new() };
        if bytes.trim_ascii().is_empty() {
            corrections.columns = [FILE, LABEL, VERDICT, HASH].map(str::to_owned).to_vec();
            return Ok(corrections);
        }
        let fail = |source: csv::Error| CorrectionsError::Read {
            path: path.to_owned(),
            source: io::Error::other(source),
        };
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        corrections.columns =
            csv.headers().map_err(fail)?.iter().map(|name| name.trim().to_owned()).collect();
        for missing in [FILE, LABEL] {
            if corrections.column(missing).is_none() {
                let (path, found) = (path.to_owned(), corrections.columns.join(","));
                return Err(CorrectionsError::Column { path, missing, found });
            }
        }
        for record in csv.records() {
            let record = record.map_err(fail)?;
            let line = record.position().map_or(0, csv::Position::line);
            let decision = corrections.decision(&record, line).map_err(|problem| {
                CorrectionsError::Row { path: path.to_owned(), line, problem }
            })?;
            let record = record.iter().map(str::to_owned).collect();
            corrections.rows.push(Row { record, decision });
        }
        Ok(corrections)
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    /// The error says what was found and what was expected.
    fn decision(&self, record: &StringRecord, line: u64) -> Result<Decision, String> {
        let field =
            |name: &str| self.column(name).and_then(|at| record.get(at)).unwrap_or("").trim();
        if record.len() > self.columns.len() {
            return Err(format!(
                "found {} columns, expected {}; a comma inside a name needs quotes around it",
                record.len(),
                self.columns.len()
            ));
        }
        let hash = match field(HASH) {
            "" => None,
            hex => Some(blake3::Hash::from_hex(hex).map_err(|_| {
                format!("blake3 is '{hex}', expected 64 hexadecimal digits, or nothing")
            })?),
        };
        let file = unshown(field(FILE));
        if hash.is_none() && file.as_os_str().is_empty() {
            return Err(
                "found neither file_name nor blake3, expected the photo that is meant".into()
            );
        }
        let label = field(LABEL);
        let verdict = match (field(VERDICT), label) {
            ("" | IS_LABEL, "") => {
                return Err(format!(
                    "found no label; expected a category, or a verdict: '{NONE_OF_THESE}' or \
                     '{LEAVE_OUT}'"
                ));
            }
            ("" | IS_LABEL, label) => Verdict::Category(label.to_owned()),
            (NONE_OF_THESE, _) => Verdict::NoneOfThese,
            (LEAVE_OUT, _) => Verdict::LeaveOut,
            (other, _) => {
                return Err(format!(
                    "verdict is '{other}', expected '{IS_LABEL}', '{NONE_OF_THESE}' or '{LEAVE_OUT}'"
                ));
            }
        };
        Ok(Decision { file, hash, verdict, line })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of them; of two about one photo the later one counts.
    pub fn decisions(&self) -> impl DoubleEndedIterator<Item = &Decision> {
        self.rows.iter().map(|row| &row.decision)
    }

    /// What was decided about the photo of this content; `file` is relative to the folder of images.
    pub fn of(&self, hash: &blake3::Hash, file: &Path) -> Option<&Decision> {
        self.decisions().rev().find(|decision| decision.is_about(hash, file))
    }

    /// Decides about a photo, or with `None` takes back what was decided.
    pub fn decide(&mut self, hash: blake3::Hash, file: &Path, verdict: Option<Verdict>) {
        self.rows.retain(|row| !row.decision.is_about(&hash, file));
        let Some(verdict) = verdict else { return };
        let hex = hash.to_hex();
        let (label, word) = match &verdict {
            Verdict::Category(name) => (name.as_str(), IS_LABEL),
            Verdict::NoneOfThese => ("", NONE_OF_THESE),
            Verdict::LeaveOut => ("", LEAVE_OUT),
        };
        let file_name = shown(file);
        let fields = [(FILE, file_name.as_str()), (LABEL, label), (VERDICT, word), (HASH, &*hex)];
        let mut record = vec![String::new(); self.columns.len()];
        for (name, value) in fields {
            let at = self.column(name).unwrap_or_else(|| {
                self.columns.push(name.to_owned());
                record.push(String::new());
                self.columns.len() - 1
            });
            record[at] = value.to_owned();
        }
        let decision = Decision { file: file.to_owned(), hash: Some(hash), verdict, line: 0 };
        self.rows.push(Row { record, decision });
    }

    /// The text of the file.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(&self.columns).expect("a Vec takes all");
        for Row { record, .. } in &self.rows {
            let missing = self.columns.len().saturating_sub(record.len());
            let fields = record.iter().map(String::as_str);
            csv.write_record(fields.chain(std::iter::repeat_n("", missing)))
                .expect("a Vec takes all");
        }
        csv.into_inner().expect("a Vec takes all")
    }

    /// Replaces the file.
    pub fn write(&self) -> io::Result<()> {
        write_atomically(&self.path, &self.to_csv())
    }

    /// The category of a decision among `categories`. The error names the row.
    pub fn place_of(
        &self,
        decision: &Decision,
        label: &str,
        categories: &[String],
    ) -> Result<usize, CorrectionsError> {
        categories.iter().position(|name| name == label).ok_or_else(|| {
            let near = nearest(label, categories.iter().map(String::as_str));
            let near = near.map(|name| format!(" (did you mean '{name}'?)")).unwrap_or_default();
            CorrectionsError::Row {
                path: self.path.clone(),
                line: decision.line,
                problem: format!(
                    "label is '{label}'{near}, expected one of {}",
                    categories.join(", ")
                ),
            }
        })
    }
}

impl Decision {
    fn is_about(&self, hash: &blake3::Hash, file: &Path) -> bool {
        match &self.hash {
            Some(own) => own == hash,
            None => self.file == file,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u8) -> blake3::Hash {
        blake3::hash(&[n])
    }

    fn parse(text: &str) -> Result<Corrections, CorrectionsError> {
        Corrections::parse(Path::new("fire.labels.csv"), text.as_bytes())
    }

    #[test]
    fn decisions_come_back_as_they_were_written_and_are_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fire.labels.csv");
        let mut corrections = Corrections::read(&path).unwrap();
        assert_eq!(corrections.decisions().count(), 0);
        let strange = PathBuf::from("a, \"b\"\n.jpg");
        let verdicts =
            [Verdict::Category("smoke, thick".into()), Verdict::NoneOfThese, Verdict::LeaveOut];
        for (number, verdict) in (0..).zip(&verdicts) {
            corrections.decide(hash(number), &strange, Some(verdict.clone()));
        }
        corrections.write().unwrap();
        let mut read = Corrections::read(&path).unwrap();
        for (number, verdict) in (0..).zip(&verdicts) {
            let found = read.of(&hash(number), Path::new("elsewhere.jpg")).unwrap();
            assert_eq!((&found.verdict, &found.file), (verdict, &strange));
        }
        read.decide(hash(1), &strange, Some(Verdict::LeaveOut));
        read.decide(hash(0), &strange, None);
        assert_eq!(read.decisions().count(), 2, "one of each photo");
        assert_eq!(read.of(&hash(0), &strange), None);
    }

    #[test]
    fn a_table_of_another_program_is_read_and_keeps_its_columns() {
        let mut read = parse("\u{feff}width,file_name,label\n640,a.jpg,fire\n").unwrap();
        let about = |read: &Corrections| read.of(&hash(1), Path::new("a.jpg")).cloned();
        assert_eq!(about(&read).unwrap().verdict, Verdict::Category("fire".into()));
        read.decide(hash(2), Path::new("b.jpg"), Some(Verdict::NoneOfThese));
        let text = String::from_utf8(read.to_csv()).unwrap();
        let expected = format!(
            "width,file_name,label,verdict,blake3\n640,a.jpg,fire,,\n,b.jpg,,none of these,{}\n",
            hash(2)
        );
        assert_eq!(text, expected);
        assert_eq!(parse(&text).unwrap().decisions().count(), 2);
        read.decide(hash(1), Path::new("a.jpg"), None);
        assert_eq!(about(&read), None);
    }

    #[test]
    fn what_cannot_be_understood_is_said_with_its_line() {
        let said = |text: &str| parse(text).unwrap_err().to_string();
        assert!(said("file,label\n").contains("fire.labels.csv:1: there is no column 'file_name'"));
        let columns = "file_name,label,verdict,blake3\n";
        let row = |row: &str| said(&format!("{columns}{row}\n"));
        assert!(row("a.jpg,,,").starts_with("fire.labels.csv:2: found no label"));
        assert!(row("a.jpg,,maybe,").contains("verdict is 'maybe', expected 'label'"));
        assert!(row("a.jpg,fire,,12").contains("blake3 is '12'"));
        assert!(row(",fire,,").contains("neither file_name nor blake3"));
        assert!(row("a,b.jpg,fire,,").contains("found 5 columns, expected 4"));
        let read = parse(&format!("{columns}a.jpg,smok,,\n")).unwrap();
        let decision = read.decisions().next().unwrap().clone();
        let categories = ["fire".to_owned(), "smoke".to_owned()];
        let said = read.place_of(&decision, "smok", &categories).unwrap_err().to_string();
        assert_eq!(
            said,
            "fire.labels.csv:2: label is 'smok' (did you mean 'smoke'?), expected one of fire, smoke"
        );
    }
}
