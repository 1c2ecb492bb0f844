//! Accuracies of several splits of the same photos: their mean, and how sure one may be of it.

use super::comparison::SIGNIFICANT;
use super::student::{t_p_value, t_reach};
use crate::words::{percent, points};

/// Mean, and standard deviation of the sample; `None` of fewer than two.
pub(super) fn mean_and_deviation(numbers: &[f64]) -> Option<(f64, f64)> {
    let n = numbers.len() as f64;
    if numbers.len() < 2 {
        return None;
    }
    let mean = numbers.iter().sum::<f64>() / n;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    Some((mean, (squares / (n - 1.0)).sqrt()))
}

/// The mean of a number that was measured on several random splits of the same photos.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resampled {
    /// Splits.
    pub n: usize,
    /// Over the splits.
    pub mean: f64,
    /// Standard deviation of the sample: how much one split differs from another.
    pub deviation: f64,
    /// The 95% interval of the mean reaches as far on either side.
    pub reach: f64,
    /// The chance of a mean at least this far from 0, if it were 0.
    pub p_value: f64,
}

impl Resampled {
    /// Of numbers measured on at least two splits, each of which tests `test_to_training` times as
    /// many photos as it trains on; `None` of fewer.
    ///
    /// Training sets of such splits overlap, so that their numbers are alike: what a plain t-test says
    /// is too sure. The variance of the mean is taken as `(1/n + test/training)` times that of the
    /// numbers instead of `1/n` times.
    ///
    /// Source: Nadeau and Bengio 2003, "Inference for the generalization error", Machine Learning 52,
    /// 239-281.
    pub fn of(numbers: &[f64], test_to_training: f64) -> Option<Resampled> {
        let n = numbers.len() as f64;
        let (mean, deviation) = mean_and_deviation(numbers)?;
        let error = deviation * (1.0 / n + test_to_training).sqrt();
        Some(Resampled {
            n: numbers.len(),
            mean,
            deviation,
            reach: t_reach(n - 1.0) * error,
            // 0/0: all numbers are 0, which is no evidence of anything.
            p_value: t_p_value(mean / error, n - 1.0),
        })
    }

    /// The mean of shares, and how much one differs from another: `84.2% ± 2.1, n=5`.
    pub fn share_in_brief(&self) -> String {
        let deviation = points(self.deviation);
        format!("{} ± {}, n={}", percent(self.mean), deviation.trim_start_matches('+'), self.n)
    }

    /// The mean of differences with its 95% interval, in points: `+2.6 (-1.0 to +6.2)`.
    pub fn difference_in_brief(&self) -> String {
        let Resampled { mean, reach, .. } = *self;
        format!("{} ({} to {})", points(mean), points(mean - reach), points(mean + reach))
    }

    /// `p = 0.12`.
    pub fn chance_in_words(&self) -> String {
        super::comparison::p_in_words(self.p_value)
    }

    /// What may be said of accuracies of which these are the differences: `+3.2 points over 5 repeats:
    /// no evidence of a difference (p = 0.11; -1.0 to +7.4 points)`.
    pub fn difference_in_words(&self) -> String {
        let Resampled { n, mean, reach, p_value, .. } = *self;
        let verdict = match (p_value < SIGNIFICANT, mean > 0.0) {
            (false, _) => "no evidence of a difference",
            (true, true) => "evidence that it is better",
            (true, false) => "evidence that it is worse",
        };
        format!(
            "{} points over {n} repeats: {verdict} ({}; {} to {} points)",
            points(mean),
            self.chance_in_words(),
            points(mean - reach),
            points(mean + reach)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_says_what_may_be_said() {
        let of = |numbers: &[f64]| Resampled::of(numbers, 0.125).unwrap().difference_in_words();
        assert_eq!(
            of(&[0.02, 0.05, -0.01, 0.04, 0.03]),
            "+2.6 points over 5 repeats: no evidence of a difference (p = 0.12; -1.0 to +6.2 points)"
        );
        assert_eq!(
            of(&[0.0, 0.0]),
            "+0.0 points over 2 repeats: no evidence of a difference (p = 1.00; +0.0 to +0.0 points)"
        );
        assert!(Resampled::of(&[0.5], 0.1).is_none());
    }

    #[test]
    fn a_mean_comes_with_how_much_one_differs_from_another() {
        // By hand: the mean is 0.85, the squares are 0.0025 + 0.0025 + 0, over 2, of which the root.
        let found = Resampled::of(&[0.8, 0.9, 0.85], 0.0).unwrap();
        assert!((found.mean - 0.85).abs() < 1e-12 && (found.deviation - 0.05).abs() < 1e-12);
        assert_eq!(found.share_in_brief(), "85.0% ± 5.0, n=3");
    }
}
