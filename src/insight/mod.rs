//! Statistics over scores: how good a head is, how sure one may be of that, and the plain text that
//! says so.
//!
//! Not here: files, photos, tensors, colours. Everything is a pure function of the scores it is
//! given. Sums are in `f64`; a quotient 0/0 counts as 0; a score that is not a number counts as 0.

mod beta;
mod calibrated;
mod calibration;
mod chance;
mod comparison;
mod confusion;
mod drift;
mod evaluation;
mod interval;
mod k_means;
#[cfg(test)]
mod kinds_golden;
mod label_lines;
mod mean_curve;
mod one_category;
mod pairing;
mod reliability;
mod rescaled;
mod resampled;
mod scored;
mod shapley;
mod shortcut;
mod step_lines;
mod student;
mod sure;
mod tables;
mod temperature;
mod text;
mod trouble;
mod wrong_labels;

pub use calibrated::{CALIBRATION_ERROR, Calibrated, FitOn};
pub use calibration::{Calibration, CalibrationBin};
pub use chance::{alike_by_chance, holm, mean_cosine, more_wrong_by_chance};
pub use comparison::{Comparison, mcnemar, paired_interval};
pub use confusion::{Confusion, ConfusionMatrix};
pub use drift::{Drift, DriftNews, Furthest, drift_in_words, furthest};
pub use evaluation::{CategoryMetrics, Evaluation};
pub use interval::{clopper_pearson, fewest_to_show, wilson};
pub use k_means::{
    Clusters, best_k_means, by_nearness, k_means, least_kept_together, prediction_strength,
    tight_by_chance,
};
pub use label_lines::label_lines;
pub use mean_curve::{MeanPoint, mean_curve};
pub use one_category::{OneCategory, Taken};
pub use pairing::{Outcome, Pair, Pairs, Tested, pair};
pub use reliability::reliability_table;
pub use resampled::Resampled;
pub use rescaled::{at_temperature, with_shares};
pub use scored::{Scored, predict};
pub use shapley::{rounded_to_sum, shapley};
pub use shortcut::{Column, Told, told_by};
pub use step_lines::step_lines;
pub use student::{t_p_value, t_reach};
pub use sure::{NoThreshold, Threshold, threshold};
pub use tables::{MOST_ROWS, WORST_ROWS, category_table, confusion_table};
pub use temperature::fit_temperature;
pub use text::{beyond_accuracy, final_test_accuracy, likeness_in_words, of_folds, would_notice};
pub use trouble::{overfitting, training_trouble};
pub use wrong_labels::{Doubt, doubts};

/// `a / b`, and 0 where that is 0/0.
fn ratio(a: f64, b: f64) -> f64 {
    if a == 0.0 && b == 0.0 { 0.0 } else { a / b }
}
