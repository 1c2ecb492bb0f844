//! What a person decides about single photos of a run, as the screens have it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::other_process::ask;
use crate::spec::Set;
use crate::store::{Corrections, RunFolder, Verdict, explain, unshown};

/// What came of asking heads which labels are probably wrong.
#[derive(Clone, Debug)]
pub struct DoubtsNews {
    pub run: RunFolder,
    /// The error is a sentence.
    pub doubts: Result<Arc<Doubts>, String>,
}

/// The photos of a run, the least trusted label first.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubts {
    /// The folder that the photos are in.
    pub images: PathBuf,
    /// Where decisions are kept.
    pub file: PathBuf,
    /// In the order of the head.
    pub categories: Vec<String>,
    pub photos: Vec<DoubtedPhoto>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DoubtedPhoto {
    /// Relative to the folder of images.
    pub file: PathBuf,
    pub hash: blake3::Hash,
    pub set: Option<Set>,
    /// Places among the categories.
    pub label: usize,
    pub suggestion: usize,
    /// How well label and scores agree, 0 to 1.
    pub quality: f64,
    pub is_wrong: bool,
    /// One a category.
    pub scores: Vec<f32>,
    pub decided: Option<Verdict>,
}

/// A decision about a photo; `None` takes back what was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    pub hash: blake3::Hash,
    pub file: PathBuf,
    pub verdict: Option<Verdict>,
}

/// Whether decisions could be kept.
#[derive(Clone, Debug)]
pub struct KeptNews {
    /// The file that they belong into.
    pub file: PathBuf,
    /// The error is a sentence.
    pub kept: Result<(), String>,
}

/// What `retrain labels --json` prints, as far as it is shown.
#[derive(Deserialize)]
struct Answer {
    images: String,
    file: String,
    categories: Vec<String>,
    labels: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    file: String,
    blake3: String,
    set: String,
    label: String,
    suggestion: String,
    quality: f64,
    is_wrong: bool,
    scores: serde_json::Map<String, serde_json::Value>,
    decided: Option<Verdict>,
}

/// Runs `program labels --json RUN` and waits for it.
pub fn doubts(program: &Path, run: RunFolder) -> DoubtsNews {
    let id = run.id();
    let args = ["labels", "--json", "--", &id].map(OsStr::new);
    let doubts = ask(program, &args, |_| false).and_then(read).map(Arc::new);
    DoubtsNews { run, doubts }
}

fn read(answer: Answer) -> Result<Doubts, String> {
    let Answer { images, file, categories, labels } = answer;
    let place = |name: &str| {
        let found = categories.iter().position(|category| category == name);
        found.ok_or_else(|| {
            format!("what labels answered names a category '{name}' that is not there")
        })
    };
    let photos = labels
        .into_iter()
        .map(|row| {
            let score = |name: &String| row.scores.get(name).and_then(serde_json::Value::as_f64);
            Ok(DoubtedPhoto {
                file: unshown(&row.file),
                hash: blake3::Hash::from_hex(&row.blake3).map_err(|err| err.to_string())?,
                set: Set::ALL.into_iter().find(|set| set.name() == row.set),
                label: place(&row.label)?,
                suggestion: place(&row.suggestion)?,
                quality: row.quality,
                is_wrong: row.is_wrong,
                scores: categories
                    .iter()
                    .map(|name| score(name).map_or(f32::NAN, |score| score as f32))
                    .collect(),
                decided: row.decided,
            })
        })
        .collect::<Result<_, String>>()?;
    Ok(Doubts { images: unshown(&images), file: unshown(&file), categories, photos })
}

/// Writes decisions into their file, over what stands there now.
pub fn keep(file: PathBuf, decided: Vec<Decided>) -> KeptNews {
    let kept =
        Corrections::read(&file).map_err(|err| err.to_string()).and_then(|mut corrections| {
            for Decided { hash, file, verdict } in decided {
                corrections.decide(hash, &file, verdict);
            }
            corrections.write().map_err(|err| explain(&err, "decide it again"))
        });
    KeptNews { file, kept }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::other_process::testing::answering;

    #[test]
    fn what_the_command_prints_is_what_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let hash = blake3::hash(b"a");
        let script = format!(
            r#"test "$1 $2" = "labels --json" || exit 3
cat <<'end'
{{"images": "photos", "file": "experiments/a.labels.csv", "categories": ["smoke", "fire"],
  "labels": [{{"file": "smoke/a.jpg", "blake3": "{hash}", "set": "test", "label": "smoke",
    "suggestion": "fire", "quality": 0.1, "is_wrong": true,
    "scores": {{"fire": 0.75, "smoke": 0.25}}, "decided": {{"category": "fire"}}}}]}}
end"#
        );
        let program = answering(folder.path(), &script);
        let found = doubts(&program, RunFolder::at("runs/a")).doubts.unwrap();
        let photo = &found.photos[0];
        assert_eq!((photo.label, photo.suggestion, photo.set), (0, 1, Some(Set::Test)));
        assert_eq!((&photo.scores[..], photo.hash), (&[0.25, 0.75][..], hash));
        assert_eq!(photo.decided, Some(Verdict::Category("fire".into())));
    }

    #[test]
    fn decisions_are_kept_and_why_they_are_not_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.labels.csv");
        let decided = |verdict| {
            vec![Decided { hash: blake3::hash(b"a"), file: "smoke/a.jpg".into(), verdict }]
        };
        keep(file.clone(), decided(Some(Verdict::NoneOfThese))).kept.unwrap();
        let found = Corrections::read(&file).unwrap();
        assert_eq!(found.decisions().next().unwrap().verdict, Verdict::NoneOfThese);
        keep(file.clone(), decided(None)).kept.unwrap();
        assert_eq!(Corrections::read(&file).unwrap().decisions().count(), 0);
        std::fs::write(&file, "what,is,this\n").unwrap();
        let said = keep(file, decided(None)).kept.unwrap_err();
        assert!(said.contains("a.labels.csv:1: there is no column"), "{said}");
    }
}
