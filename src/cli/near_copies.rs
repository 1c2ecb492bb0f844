//! Near copies as `retrain check` tells of them.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use crate::config::Config;
use crate::dataset::{Dataset, KnownThumbnails, NearCopy, Photo, Severity, near_copies};
use crate::past::{Leak, Share};
use crate::store::{self, RunFolder, shown};
use crate::words::{counted, percent};

/// Pairs of each kind that are named in the text; the rest is counted.
const NAMED: usize = 20;

/// The near copies of a data set, and what they do to the accuracy of the newest run.
pub struct NearCopies<'a> {
    dataset: &'a Dataset,
    /// The most harmful first.
    copies: Vec<(Severity, NearCopy)>,
    /// The newest run of the experiment that has a test accuracy.
    run: Option<(RunFolder, Leak)>,
}

impl<'a> NearCopies<'a> {
    pub fn find(
        config: &Config,
        experiment: &Path,
        dataset: &'a Dataset,
        thumbnails: &KnownThumbnails,
    ) -> Result<NearCopies<'a>> {
        let copies: Vec<(Severity, NearCopy)> = near_copies(dataset, thumbnails, config.threads)
            .into_iter()
            .map(|copy| (copy.severity(dataset), copy))
            .collect();
        let contents: Vec<[blake3::Hash; 2]> = copies
            .iter()
            .map(|(_, copy)| copy.photos.map(|place| dataset.photos[place].hash))
            .collect();
        let name = experiment.file_stem().unwrap_or_default().to_string_lossy();
        let run = store::list(&config.runs)?.into_iter().rev().find_map(|run| {
            let summary = run.summary().ok()?;
            let is_meant = summary.experiment == name && summary.test.is_some();
            let leak = is_meant.then(|| Leak::of(&run, &contents).ok())??;
            Some((run, leak))
        });
        Ok(NearCopies { dataset, copies, run })
    }

    /// The test accuracy of the newest run.
    pub fn accuracy(&self) -> Option<f64> {
        self.run.as_ref().map(|(_, leak)| leak.all.accuracy())
    }

    /// Empty where there are none.
    pub fn text(&self) -> String {
        let kinds = [
            (Severity::TwoSets, format!("in two {}s", self.dataset.part_name())),
            (Severity::TwoCategories, "in two categories".to_owned()),
            (Severity::Harmless, format!("in one {} and category", self.dataset.part_name())),
        ];
        let mut text = String::new();
        for (kind, place) in kinds {
            let of_kind: Vec<&NearCopy> = self
                .copies
                .iter()
                .filter(|(severity, _)| *severity == kind)
                .map(|(_, c)| c)
                .collect();
            if of_kind.is_empty() {
                continue;
            }
            text += &format!("\n{} of near copies {place}:\n", counted(of_kind.len(), "pair"));
            for copy in of_kind.iter().take(NAMED) {
                let [a, b] =
                    copy.photos.map(|place| self.described(&self.dataset.photos[place], kind));
                let mirrored = if copy.is_mirrored { ", mirrored" } else { "" };
                text += &format!("  {a} and {b}{mirrored}\n");
            }
            if of_kind.len() > NAMED {
                text += &format!("  and {} more\n", of_kind.len() - NAMED);
            }
        }
        if self.copies.iter().any(|(severity, _)| *severity == Severity::TwoSets) {
            text += &format!(
                "split.groups = \"near\" keeps near copies in one {}\n",
                self.dataset.part_name()
            );
        }
        text + &self.of_run().map(|words| format!("\n{words}\n")).unwrap_or_default()
    }

    /// With its set, or fold, where that is what matters.
    fn described(&self, photo: &Photo, kind: Severity) -> String {
        let name = shown(&photo.path);
        match (kind, photo.fold) {
            (Severity::TwoSets, Some(fold)) => format!("{name} (fold {})", fold.number + 1),
            (Severity::TwoSets, None) => format!("{name} ({})", photo.set.name()),
            _ => name,
        }
    }

    /// What the newest run's accuracy is without them, where some of its test photos have one.
    fn of_run(&self) -> Option<String> {
        let (run, Leak { all, without }) = self.run.as_ref()?;
        let leaked = all.photos - without.photos;
        let said = |share: &Share| match share.photos {
            0 => "no photo is left".to_owned(),
            photos => format!("{} of {photos}", percent(share.accuracy())),
        };
        let which = match leaked {
            0 => return None,
            1 => "the one that has a near copy among the training photos".to_owned(),
            leaked => format!("the {leaked} that have a near copy among the training photos"),
        };
        let counted = counted(all.photos, "test photo");
        Some(format!(
            "{}: {} of {counted} right; without {which} {}",
            run.id(),
            percent(all.accuracy()),
            said(without)
        ))
    }

    /// Adds `near_copies` and `accuracy_without_near_copies` to the answer of `--json`.
    pub fn add_to(&self, answer: &mut Value) {
        let rows = self.copies.iter().map(|(severity, copy)| {
            let [a, b] = copy.photos.map(|place| &self.dataset.photos[place]);
            json!({
                "file": shown(&a.path),
                "of": shown(&b.path),
                "mirrored": copy.is_mirrored,
                "in_two_sets": *severity == Severity::TwoSets,
                "in_two_categories": a.category != b.category,
            })
        });
        answer["near_copies"] = rows.collect();
        answer["accuracy_without_near_copies"] = match &self.run {
            None => Value::Null,
            Some((run, Leak { all, without })) => json!({
                "run": run.id(),
                "right": all.right,
                "photos": all.photos,
                "right_without": without.right,
                "photos_without": without.photos,
            }),
        };
    }
}
