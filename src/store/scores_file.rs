//! The rows of a `scores.csv`, read one after another: however many there are, they take no memory.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::names::unshown_to;
use super::scores::{FIXED, ImageScore, ScoresError, category_of};
use super::whole_file::{FilePart, open_table};
use crate::spec::Set;

/// Read at once of each part of a file.
const BUFFER: usize = 1 << 18;

/// A `scores.csv`, whose rows are read when they are wanted; as it was when it was opened, whatever
/// becomes of its name.
#[derive(Debug)]
pub struct ScoresFile {
    /// In their order.
    pub categories: Vec<String>,
    path: PathBuf,
    file: File,
    length: u64,
    /// Where the first row begins.
    rows_at: u64,
}

/// An image, in memory that the next row takes.
pub struct ScoreRow<'a> {
    /// As [`ImageScore::file`].
    pub file: &'a Path,
    /// As [`ImageScore::set`].
    pub set: Set,
    /// As [`ImageScore::category`].
    pub category: usize,
    /// As [`ImageScore::scores`].
    pub scores: &'a [f32],
}

/// The categories and all rows of a `scores.csv`.
pub fn read_scores(path: &Path) -> Result<(Vec<String>, Vec<ImageScore>), ScoresError> {
    let file = ScoresFile::open(path)?;
    let rows = file.rows().collect::<Result<_, _>>()?;
    Ok((file.categories, rows))
}

impl ScoresFile {
    /// Opens the file and reads its header.
    pub fn open(path: &Path) -> Result<ScoresFile, ScoresError> {
        let fail = |source| ScoresError::Read { path: path.to_owned(), source };
        let (file, length) = open_table(path).map_err(|err| fail(err.into()))?;
        let mut last = [0];
        if length > 0 {
            file.read_exact_at(&mut last, length - 1).map_err(|err| fail(err.into()))?;
        }
        // Half a number would pass for one.
        if last != *b"\n" {
            return Err(ScoresError::Row {
                path: path.to_owned(),
                line: lines(&file, length).map_err(|err| fail(err.into()))? + 1,
                message:
                    "the file is cut off there; 'retrain resume RUN --iterations N' makes it again"
                        .to_owned(),
            });
        }
        let mut csv = csv::Reader::from_reader(FilePart::new(&file, 0..length));
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
        let rows_at = csv.position().byte();
        Ok(ScoresFile { categories, path: path.to_owned(), file, length, rows_at })
    }

    /// All rows, in their order.
    pub fn rows(&self) -> impl Iterator<Item = Result<ImageScore, ScoresError>> {
        let mut rows = self.part(self.rows_at..self.length);
        std::iter::from_fn(move || rows.next_row().map(|row| row.map(ImageScore::from)))
    }

    /// The images of a set, in their order; the others are in memory one at a time.
    pub fn of_set(&self, set: Set) -> Result<Vec<ImageScore>, ScoresError> {
        let is_of = |row: &Result<ImageScore, _>| row.as_ref().map_or(true, |row| row.set == set);
        self.rows().filter(is_of).collect()
    }

    /// All rows in several parts of about the same length, to be read side by side.
    pub fn parts(&self, parts: usize) -> Result<Vec<ScoreRows<'_>>, ScoresError> {
        let cuts = (0..=parts).map(|part| self.cut(part, parts)).collect::<io::Result<Vec<u64>>>();
        let cuts = cuts.map_err(|err| self.unreadable(err))?;
        Ok(cuts.windows(2).map(|cut| self.part(cut[0]..cut[1])).collect())
    }

    /// Where a part of so many begins. An end of line ends a row, unless it is within quotes, as
    /// in names that are not escaped: such a row that is cut is an error.
    fn cut(&self, part: usize, parts: usize) -> io::Result<u64> {
        let rows = self.length - self.rows_at;
        let at = self.rows_at + (u128::from(rows) * part as u128 / parts as u128) as u64;
        if at == self.rows_at || at == self.length {
            return Ok(at);
        }
        let mut rest = BufReader::new(FilePart::new(&self.file, at..self.length));
        Ok(at + rest.skip_until(b'\n')? as u64)
    }

    fn part(&self, bytes: Range<u64>) -> ScoreRows<'_> {
        let starts_at = bytes.start;
        let text = BufReader::with_capacity(BUFFER, FilePart::new(&self.file, bytes));
        let (name, scores) = (Vec::new(), Vec::new());
        ScoreRows {
            of: self,
            starts_at,
            text,
            line: Vec::new(),
            lines: 0,
            own_lines: 0,
            name,
            category: 0,
            scores,
        }
    }

    fn unreadable(&self, err: io::Error) -> ScoresError {
        ScoresError::Read { path: self.path.clone(), source: err.into() }
    }
}

/// Rows that follow each other in a file.
pub struct ScoreRows<'a> {
    of: &'a ScoresFile,
    starts_at: u64,
    text: BufReader<FilePart<'a>>,
    /// The row that is read, how many lines were read with it, of which it has so many, and what it says.
    line: Vec<u8>,
    lines: u64,
    own_lines: u64,
    name: Vec<u8>,
    category: usize,
    scores: Vec<f32>,
}

impl ScoreRows<'_> {
    /// The next row, which is gone when the one after it is read; `None` behind the last.
    pub fn next_row(&mut self) -> Option<Result<ScoreRow<'_>, ScoresError>> {
        loop {
            match self.read_whole_line() {
                Ok(true) if self.line.is_empty() => {}
                Ok(true) => break,
                Ok(false) => return None,
                Err(err) => return Some(Err(self.of.unreadable(err))),
            }
        }
        Some(self.read_line().map_err(|message| self.mistake(message)).map(|set| ScoreRow {
            file: Path::new(OsStr::from_bytes(&self.name)),
            set,
            category: self.category,
            scores: &self.scores,
        }))
    }

    /// Reads a line, or several where a name within quotes has ends of lines; false: there is none.
    fn read_whole_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.own_lines = 0;
        while self.text.read_until(b'\n', &mut self.line)? > 0 {
            self.own_lines += 1;
            if self.line.iter().filter(|&&byte| byte == b'"').count().is_multiple_of(2) {
                break;
            }
        }
        self.lines += self.own_lines;
        for end in [b'\n', b'\r'] {
            self.line.pop_if(|last| *last == end);
        }
        Ok(self.own_lines > 0)
    }

    fn mistake(&self, message: String) -> ScoresError {
        match lines(&self.of.file, self.starts_at) {
            Ok(before) => ScoresError::Row {
                path: self.of.path.clone(),
                line: before + self.lines - self.own_lines + 1,
                message,
            },
            Err(err) => self.of.unreadable(err),
        }
    }

    /// Takes the row apart. The error is what is wrong with it.
    fn read_line(&mut self) -> Result<Set, String> {
        let line = std::mem::take(&mut self.line);
        let text = std::str::from_utf8(&line).map_err(|_| "the text is not UTF-8".to_owned())?;
        // A name with a comma is rare, and the reader for it takes several times as long.
        let set = match text.contains('"') {
            false => self.read_fields(Fields(Some(text))),
            true => {
                let mut csv = csv::ReaderBuilder::new();
                let mut csv = csv.has_headers(false).flexible(true).from_reader(text.as_bytes());
                let row = csv.records().next().and_then(Result::ok).unwrap_or_default();
                self.read_fields(row.iter())
            }
        };
        self.line = line;
        set
    }

    fn read_fields<'t>(
        &mut self,
        fields: impl Iterator<Item = &'t str> + Clone,
    ) -> Result<Set, String> {
        let read = self.read_columns(fields.clone());
        let categories = self.of.categories.len();
        if read.is_ok() && self.scores.len() == categories {
            return read;
        }
        // What a row means that is too short or too long nobody knows.
        match (fields.count(), FIXED.len() + categories) {
            (count, expected) if count != expected => {
                Err(format!("found {count} columns, expected {expected}"))
            }
            _ => read,
        }
    }

    fn read_columns<'t>(
        &mut self,
        mut fields: impl Iterator<Item = &'t str>,
    ) -> Result<Set, String> {
        let mut field = || fields.next().unwrap_or_default();
        self.name.clear();
        unshown_to(field(), &mut self.name);
        let name = field();
        let set = Set::ALL.into_iter().find(|set| set.name() == name);
        let set = set.ok_or_else(|| format!("unknown set '{name}'"))?;
        let category = field();
        // Photos of a category follow each other.
        if self.of.categories.get(self.category).is_none_or(|last| last != category) {
            let place = self.of.categories.iter().position(|known| known == category);
            self.category = place.ok_or_else(|| format!("unknown category '{category}'"))?;
        }
        let _predicted = field();
        self.scores.clear();
        for text in fields {
            let score = text.parse().map_err(|_| format!("'{text}' is not a score"))?;
            self.scores.push(score);
        }
        Ok(set)
    }
}

/// The fields of a row without quotes. They are short: a search for bytes costs more than it saves.
#[derive(Clone)]
struct Fields<'t>(Option<&'t str>);

impl<'t> Iterator for Fields<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.0?;
        let comma = rest.bytes().position(|byte| byte == b',');
        self.0 = comma.map(|at| &rest[at + 1..]);
        Some(comma.map_or(rest, |at| &rest[..at]))
    }
}

impl From<ScoreRow<'_>> for ImageScore {
    fn from(row: ScoreRow<'_>) -> ImageScore {
        let ScoreRow { file, set, category, scores } = row;
        ImageScore { file: file.to_owned(), set, category, scores: scores.to_owned() }
    }
}

/// Ends of lines before this place.
fn lines(file: &File, before: u64) -> io::Result<u64> {
    let mut text = BufReader::with_capacity(BUFFER, FilePart::new(file, 0..before));
    let mut count = 0;
    loop {
        let bytes = text.fill_buf()?;
        if bytes.is_empty() {
            return Ok(count);
        }
        count += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let length = bytes.len();
        text.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::super::scores::write_scores;
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
    fn lines_of_another_program_are_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let text = "file,set,category,predicted,a,b\r\n\"a,1.jpg\",test,\"a\",a,1e0,0\r\n\r\n\
                    b\\n.jpg,training,b,b,0.25,0.75\r\n\"c\nd.jpg\",test,b,b,0,1\n";
        std::fs::write(&path, text).unwrap();
        let row = |file: &str, set, category, scores: [f32; 2]| ImageScore {
            file: file.into(),
            set,
            category,
            scores: scores.to_vec(),
        };
        let expected = [
            row("a,1.jpg", Set::Test, 0, [1.0, 0.0]),
            row("b\n.jpg", Set::Training, 1, [0.25, 0.75]),
            row("c\nd.jpg", Set::Test, 1, [0.0, 1.0]),
        ];
        assert_eq!(read_scores(&path).unwrap().1, expected);
        std::fs::write(&path, format!("{text}\"e\nf.jpg\",test,b,b,0,x\n")).unwrap();
        let err = read_scores(&path).unwrap_err().to_string();
        assert!(err.contains("scores.csv:7: 'x' is not a score"), "{err}");
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
            let mut rows = Vec::new();
            for mut part in file.parts(parts).unwrap() {
                while let Some(row) = part.next_row() {
                    rows.push(ImageScore::from(row?));
                }
            }
            Ok::<_, ScoresError>(rows)
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
