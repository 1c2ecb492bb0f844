//! `photos.csv`: the photos that a run trains on, each with its set, category and hash; and what
//! has become different since it was written.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::folder::RunFolder;
use super::names::{shown, unshown};
use super::whole_file::WholeFile;
use crate::spec::Set;

/// Files named of each kind of difference; the rest is counted.
const NAMED: usize = 3;

/// A photo as a row of `photos.csv` has it.
pub struct PhotoRow<'a> {
    /// Relative to the run's images folder.
    pub file: &'a Path,
    /// The name of its set.
    pub set: &'a str,
    /// The name of its category.
    pub category: &'a str,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub hash: String,
    /// The fold in which it is tested, from 1; of all photos of a run or of none.
    pub fold: Option<usize>,
}

/// Writes `photos.csv`, `file,set,category,blake3` and with folds `,fold`, of rows in this order; names
/// in the escaped form of [`shown`]. Gives back what it was written to.
pub fn write_photos<'a, W: Write>(
    to: W,
    photos: impl Iterator<Item = PhotoRow<'a>>,
) -> io::Result<W> {
    let mut photos = photos.peekable();
    let mut csv = csv::Writer::from_writer(to);
    let has_folds = photos.peek().is_some_and(|photo| photo.fold.is_some());
    let columns = ["file", "set", "category", "blake3"].into_iter();
    csv.write_record(columns.chain(has_folds.then_some("fold")))?;
    for PhotoRow { file, set, category, hash, fold } in photos {
        let (file, fold) = (shown(file), fold.map(|fold| fold.to_string()));
        csv.write_record([&file, set, category, &hash].into_iter().chain(fold.as_deref()))?;
    }
    csv.into_inner().map_err(|err| err.into_error())
}

/// A line of `photos.csv`: a photo as a run used it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPhoto {
    /// Relative to the run's images folder.
    pub file: PathBuf,
    /// The set that it was in.
    pub set: Set,
    /// The name of its category.
    pub category: String,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub hash: String,
    /// The fold in which it was tested, from 1; `None` without folds.
    pub fold: Option<usize>,
}

/// The photos that a run used, in the order in which it trained on them. The error is a sentence.
pub fn read_photos(run: &RunFolder) -> Result<Vec<ListedPhoto>, String> {
    let path = run.photos();
    let fail = |err: &dyn std::fmt::Display| format!("cannot read {}: {err}", path.display());
    let text = WholeFile::open(&path).map_err(|err| fail(&err))?;
    let mut csv = csv::Reader::from_reader(&text[..]);
    let mut photos = Vec::new();
    for record in csv.records() {
        let record = record.map_err(|err| fail(&err))?;
        let line = record.position().map_or(0, csv::Position::line);
        let set = record.get(1).and_then(|name| Set::ALL.into_iter().find(|s| s.name() == name));
        let (Some(file), Some(set), Some(category), Some(hash)) =
            (record.get(0), set, record.get(2), record.get(3))
        else {
            return Err(format!(
                "{}:{line}: expected file,set,category,blake3, found '{}'",
                path.display(),
                record.iter().collect::<Vec<_>>().join(",")
            ));
        };
        photos.push(ListedPhoto {
            file: unshown(file),
            set,
            category: category.to_owned(),
            hash: hash.to_owned(),
            fold: record.get(4).and_then(|fold| fold.parse().ok()),
        });
    }
    Ok(photos)
}

/// In words what differs between two texts of [`write_photos`], such as `2 added (fire/a.jpg,
/// fire/b.jpg), 1 removed (misc/c.jpg)`.
pub fn changed_photos(before: &[u8], now: &[u8]) -> String {
    let (before, now) = (rows(before), rows(now));
    let (mut added, mut removed, mut moved, mut changed) = (vec![], vec![], vec![], vec![]);
    for (file, photo) in &now {
        match before.get(file) {
            None => added.push(file.as_str()),
            Some(old) if old.hash != photo.hash => changed.push(file.as_str()),
            Some(old) if old != photo => moved.push(file.as_str()),
            Some(_) => {}
        }
    }
    removed.extend(before.keys().filter(|file| !now.contains_key(*file)).map(String::as_str));
    let kinds = [
        (added, "added"),
        (removed, "removed"),
        (changed, "with other content"),
        (moved, "in another set, fold or category"),
    ];
    let words = kinds.iter().filter(|(files, _)| !files.is_empty()).map(|(files, kind)| {
        let more = if files.len() > NAMED { ", ..." } else { "" };
        format!("{} {kind} ({}{more})", files.len(), files[..files.len().min(NAMED)].join(", "))
    });
    match words.collect::<Vec<_>>().join(", ") {
        words if words.is_empty() => "their order".to_owned(),
        words => words,
    }
}

#[derive(PartialEq)]
struct Row {
    place: [String; 3],
    hash: String,
}

/// By file; a damaged row is as good as none.
fn rows(text: &[u8]) -> BTreeMap<String, Row> {
    let mut csv = csv::Reader::from_reader(text);
    let row = |record: csv::StringRecord| {
        let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
        (field(0), Row { place: [field(1), field(2), field(4)], hash: field(3) })
    };
    csv.records().flatten().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rows: &[(&str, &str, &str, &str)]) -> Vec<u8> {
        let rows = rows.iter().map(|&(file, set, category, hash)| {
            let (file, hash) = (Path::new(file), hash.to_owned());
            PhotoRow { file, set, category, hash, fold: None }
        });
        write_photos(Vec::new(), rows).unwrap()
    }

    #[test]
    fn what_changed_is_named() {
        let before = [
            ("a/1.jpg", "training", "a", "11"),
            ("a/2.jpg", "training", "a", "22"),
            ("b/3.jpg", "test", "b", "33"),
            ("b/4.jpg", "test", "b", "44"),
        ];
        let now = [
            ("a/0,0.jpg", "training", "a", "00"),
            ("a/2.jpg", "test", "a", "22"),
            ("b/3.jpg", "test", "b", "3"),
            ("b/4.jpg", "test", "b", "44"),
        ];
        assert_eq!(
            changed_photos(&text(&before), &text(&now)),
            "1 added (a/0,0.jpg), 1 removed (a/1.jpg), 1 with other content (b/3.jpg), 1 in \
             another set, fold or category (a/2.jpg)"
        );
    }

    #[test]
    fn the_fold_of_each_photo_is_a_further_column_and_another_one_a_change() {
        let of = |fold: Option<usize>| {
            let file = Path::new("a/1.jpg");
            let row = PhotoRow { file, set: "test", category: "a", hash: "11".into(), fold };
            write_photos(Vec::new(), [row].into_iter()).unwrap()
        };
        assert_eq!(of(None), b"file,set,category,blake3\na/1.jpg,test,a,11\n");
        assert_eq!(of(Some(3)), b"file,set,category,blake3,fold\na/1.jpg,test,a,11,3\n");
        let changed = changed_photos(&of(Some(3)), &of(Some(4)));
        assert_eq!(changed, "1 in another set, fold or category (a/1.jpg)");
    }

    #[test]
    fn of_many_the_first_are_named() {
        let many: Vec<_> = ["1", "2", "3", "4"].map(|file| (file, "test", "a", "0")).to_vec();
        assert_eq!(changed_photos(&text(&many), &text(&[])), "4 removed (1, 2, 3, ...)");
    }

    #[test]
    fn photos_in_another_order_are_other_batches() {
        let (a, b) = (("a", "test", "x", "1"), ("b", "test", "x", "2"));
        assert_eq!(changed_photos(&text(&[a, b]), &text(&[b, a])), "their order");
    }
}
