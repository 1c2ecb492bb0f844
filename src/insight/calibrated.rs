//! The temperature that is fitted to scores, and what it does to images that had no part in it.

use super::{Evaluation, Scored, at_temperature, fit_temperature};
use crate::words::{counted, percent};

/// Of a run with folds the effect is measured on so many parts of the images, each at the temperature
/// of the others.
const PARTS: usize = 5;

/// What there is to fit a temperature on.
#[derive(Clone, Copy, Debug)]
pub enum FitOn<'a> {
    /// The validation images: the effect is that on the tested ones.
    Validation(&'a [Scored<'a>]),
    /// The tested images themselves, which are all there are, of a run with folds.
    Folds,
}

/// The temperature of a run's scores, and its effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrated {
    /// Logits are divided by it.
    pub temperature: f64,
    /// On so many images.
    pub fitted_on: usize,
    /// The tested images are those that it was fitted on, each at the temperature of others.
    pub has_folds: bool,
    /// Of the tested images.
    pub as_trained: Evaluation,
    /// Of the same at the temperature.
    pub calibrated: Evaluation,
}

/// The name of the measure that a temperature is to make small.
pub const CALIBRATION_ERROR: &str = "calibration error";

/// A line of the table: what, and how it is written.
type Measure = (&'static str, fn(&Evaluation) -> String);

const MEASURES: [Measure; 4] = [
    ("cross-entropy", |of| format!("{:.4}", of.log_loss)),
    (CALIBRATION_ERROR, |of| percent(of.calibration.ece())),
    ("mean highest score", |of| percent(of.calibration.mean_confidence())),
    ("accuracy", |of| percent(of.accuracy())),
];

impl Calibrated {
    /// Of images with `categories` scores each; `None` without any to fit on.
    ///
    /// # Panics
    /// When an image has another number of scores, or a truth that is no category.
    pub fn of(on: FitOn<'_>, tested: &[Scored<'_>], categories: usize) -> Option<Calibrated> {
        let (fitted_on, has_folds) = match on {
            FitOn::Validation(images) => (images, false),
            FitOn::Folds => (tested, true),
        };
        if fitted_on.is_empty() {
            return None;
        }
        let temperature = fit_temperature(fitted_on);
        let rescaled: Vec<Vec<f32>> = match has_folds {
            false => tested.iter().map(|of| at_temperature(of.scores, temperature)).collect(),
            true => at_that_of_the_others(tested),
        };
        let calibrated =
            tested.iter().zip(&rescaled).map(|(of, scores)| Scored { truth: of.truth, scores });
        Some(Calibrated {
            temperature,
            fitted_on: fitted_on.len(),
            has_folds,
            as_trained: Evaluation::of(tested.iter().copied(), categories),
            calibrated: Evaluation::of(calibrated, categories),
        })
    }

    /// Why there is none of this run, and what to do.
    pub fn missing(run: &str) -> String {
        format!(
            "{run} has no validation photos to fit a temperature on; run its experiment with \
             split.validation_percent or split.folds"
        )
    }

    /// The temperature, and what it says of the scores.
    pub fn in_words(&self) -> String {
        let kind = if self.has_folds { "photo" } else { "validation photo" };
        let meaning = if self.temperature > 1.0 { "surer" } else { "less sure" };
        format!(
            "temperature {:.3}, fitted on {}: as trained the scores are {meaning} than they should be",
            self.temperature,
            counted(self.fitted_on, kind)
        )
    }

    /// What the effect was measured on.
    pub fn effect_in_words(&self) -> String {
        match (self.as_trained.images, self.has_folds) {
            (0, _) => "no test photos to show what it does to others".to_owned(),
            (photos, true) => format!(
                "its effect on {}, each at the temperature of the other fifths",
                counted(photos, "photo")
            ),
            (photos, false) => format!("its effect on {}", counted(photos, "test photo")),
        }
    }

    /// How it is saved in the head of `run`, and whether that is worth it. Judged by the cross-entropy,
    /// which is what the fit makes small: the calibration error of few photos is mostly chance.
    pub fn advice(&self, run: &str) -> String {
        let is_worse =
            self.as_trained.images > 0 && self.calibrated.log_loss >= self.as_trained.log_loss;
        match is_worse {
            true => format!(
                "on photos it was not fitted on it makes the cross-entropy no smaller: better not saved \
                 ('retrain calibrate {run} --save' does)"
            ),
            false => format!("'retrain calibrate {run} --save' saves it in the head"),
        }
    }

    /// What was measured, as trained, and calibrated.
    pub fn measures(&self) -> impl Iterator<Item = (&'static str, String, String)> {
        MEASURES.iter().map(|(name, of)| (*name, of(&self.as_trained), of(&self.calibrated)))
    }
}

/// The scores of each part of the images at the temperature of the other parts.
fn at_that_of_the_others(images: &[Scored<'_>]) -> Vec<Vec<f32>> {
    let temperatures: Vec<f64> = (0..PARTS)
        .map(|part| {
            let others = images.iter().enumerate().filter(|(at, _)| at % PARTS != part);
            fit_temperature(&others.map(|(_, of)| *of).collect::<Vec<_>>())
        })
        .collect();
    let of = |(at, of): (usize, &Scored<'_>)| at_temperature(of.scores, temperatures[at % PARTS]);
    images.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of 0.9, of which three of four are right.
    fn too_sure(images: usize) -> Vec<Scored<'static>> {
        (0..images)
            .map(|at| Scored { truth: usize::from(at % 4 == 3), scores: &[0.9, 0.1] })
            .collect()
    }

    #[test]
    fn what_is_fitted_on_the_validation_images_is_tried_on_the_tested_ones() {
        let (validation, tested) = (too_sure(40), too_sure(20));
        let found = Calibrated::of(FitOn::Validation(&validation), &tested, 2).unwrap();
        // The temperature at which 0.9 becomes 0.75: ln 9 / ln 3.
        assert!((found.temperature - 2.0).abs() < 1e-6, "{}", found.temperature);
        assert_eq!((found.fitted_on, found.as_trained.images), (40, 20));
        assert!((found.as_trained.calibration.ece() - 0.15).abs() < 1e-6);
        assert!(found.calibrated.calibration.ece() < 1e-6);
        assert_eq!(found.as_trained.correct, found.calibrated.correct);
        assert_eq!(
            found.in_words(),
            "temperature 2.000, fitted on 40 validation photos: as trained the scores are surer than they \
             should be"
        );
        assert_eq!(found.advice("a"), "'retrain calibrate a --save' saves it in the head");
        assert_eq!(Calibrated::of(FitOn::Validation(&[]), &tested, 2), None);
    }

    #[test]
    fn a_temperature_that_helps_no_photo_but_those_it_was_fitted_on_is_not_advised() {
        let right: Vec<_> = (0..20).map(|_| Scored { truth: 0, scores: &[0.9_f32, 0.1] }).collect();
        let found = Calibrated::of(FitOn::Validation(&too_sure(40)), &right, 2).unwrap();
        assert!(found.advice("a").contains("better not saved"), "{}", found.advice("a"));
    }

    #[test]
    fn with_folds_each_fifth_has_the_temperature_of_the_others() {
        // In the first fifth alone all are wrong: the others are colder, it is not.
        let image =
            |at: usize| Scored { truth: usize::from(at.is_multiple_of(5)), scores: &[0.9, 0.1] };
        let tested: Vec<_> = (0..50).map(image).collect();
        let found = Calibrated::of(FitOn::Folds, &tested, 2).unwrap();
        assert!(found.has_folds && found.fitted_on == 50);
        let sure = found.calibrated.calibration.bins.last().unwrap();
        assert_eq!((sure.images, sure.correct), (10, 0), "{:?}", found.calibrated.calibration);
    }
}
