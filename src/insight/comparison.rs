//! Whether one of two heads is better on the same images, or just luckier.

use super::ratio;
use crate::words::{grouped, points};

/// On how many images each of two heads was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Images that both predicted rightly.
    pub both_right: usize,
    /// Images that the first predicted rightly and the second wrongly.
    pub only_first_right: usize,
    /// Images that the second predicted rightly and the first wrongly.
    pub only_second_right: usize,
    /// Images that both predicted wrongly.
    pub both_wrong: usize,
}

impl Comparison {
    /// Counts images, each given as `(first is right, second is right)`.
    ///
    /// ```
    /// use retrain::insight::Comparison;
    ///
    /// let better = std::iter::repeat_n((true, false), 8);
    /// let found = Comparison::of(better.chain([(true, true), (false, true)]));
    /// assert_eq!((found.only_first_right, found.only_second_right), (8, 1));
    /// assert!((found.p_value() - 0.0390625).abs() < 1e-12);
    /// ```
    pub fn of(images: impl IntoIterator<Item = (bool, bool)>) -> Comparison {
        let mut found = Comparison::default();
        for pair in images {
            let count = match pair {
                (true, true) => &mut found.both_right,
                (true, false) => &mut found.only_first_right,
                (false, true) => &mut found.only_second_right,
                (false, false) => &mut found.both_wrong,
            };
            *count += 1;
        }
        found
    }

    /// All images.
    pub fn images(&self) -> usize {
        self.both_right + self.only_first_right + self.only_second_right + self.both_wrong
    }

    /// Accuracy of the second less that of the first; 0 without images.
    pub fn difference(&self) -> f64 {
        let (gained, lost) = (self.only_second_right as f64, self.only_first_right as f64);
        ratio(gained - lost, self.images() as f64)
    }

    /// Its 95% interval; see [`paired_interval`].
    pub fn difference_interval(&self) -> Option<(f64, f64)> {
        paired_interval(self.only_first_right, self.only_second_right, self.images())
    }

    /// What may be said of it, the second being the later one: `13 fixed, 9 broken of 99: no evidence
    /// of a difference (p = 0.52; -5.5 to +13.8 points)`.
    pub fn in_words(&self) -> String {
        let Some((low, high)) = self.difference_interval() else {
            return "no images to compare".to_owned();
        };
        let verdict = match (self.p_value() < SIGNIFICANT, self.difference() > 0.0) {
            (false, _) => "no evidence of a difference",
            (true, true) => "evidence that it is better",
            (true, false) => "evidence that it is worse",
        };
        format!(
            "{} fixed, {} broken of {}: {verdict} ({}; {} to {} points)",
            grouped(self.only_second_right),
            grouped(self.only_first_right),
            grouped(self.images()),
            self.chance_in_words(),
            points(low),
            points(high)
        )
    }

    /// [`Comparison::p_value`] in words: `p = 0.52`.
    pub fn chance_in_words(&self) -> String {
        p_in_words(self.p_value())
    }

    /// The chance that equally good heads differ at least this much; see [`mcnemar`].
    pub fn p_value(&self) -> f64 {
        mcnemar(self.only_first_right, self.only_second_right)
    }
}

/// McNemar's exact test: the chance that equally good heads differ at least this much, given the
/// counts of images that only the first, or only the second, predicted rightly. Two-sided binomial;
/// 1 when both are 0.
pub fn mcnemar(only_first_right: usize, only_second_right: usize) -> f64 {
    let n = only_first_right + only_second_right;
    let fewer = only_first_right.min(only_second_right);
    // Logarithms, because 2^-n leaves the range of f64 at n = 1075.
    let ln_choose: f64 = (0..fewer).map(|i| ((n - i) as f64 / (i + 1) as f64).ln()).sum();
    // The tail 0..=fewer in units of its last, largest term.
    let (mut term, mut tail) = (1.0, 1.0);
    for i in (1..=fewer).rev() {
        term *= i as f64 / (n - i + 1) as f64;
        tail += term;
    }
    (2.0 * tail * (ln_choose - n as f64 * std::f64::consts::LN_2).exp()).min(1.0)
}

/// Below this chance a difference is called evidence.
pub(super) const SIGNIFICANT: f64 = 0.05;

/// `p = 0.52`, with two digits that say something.
pub(super) fn p_in_words(p: f64) -> String {
    match p {
        p if p < 0.001 => "p < 0.001".to_owned(),
        p if p < 0.1 => format!("p = {p:.3}"),
        p => format!("p = {p:.2}"),
    }
}

/// The quantile of the normal distribution that leaves 2.5% above.
const Z: f64 = 1.959963984540054;

/// The 95% score interval of the second's accuracy less the first's, of so many images of which only
/// the first, or only the second, predicted some rightly; `None` without images.
///
/// Source: Tango 1998, "Equivalence test and confidence interval for the difference in proportions
/// for the paired-sample design", Statistics in Medicine 17, 891-908.
pub fn paired_interval(
    only_first_right: usize,
    only_second_right: usize,
    images: usize,
) -> Option<(f64, f64)> {
    if images == 0 {
        return None;
    }
    let (lost, gained, n) = (only_first_right as f64, only_second_right as f64, images as f64);
    // How many deviations the difference that was seen is from `d`; it falls as `d` grows.
    let score = |d: f64| {
        // The likeliest chance that only the first is right, if the difference is `d`.
        let (a, b, c) =
            (2.0 * n, (2.0 * n - gained + lost) * d - lost - gained, -lost * d * (1.0 - d));
        let chance = ((b * b - 4.0 * a * c).max(0.0).sqrt() - b) / (2.0 * a);
        let variance = n * (2.0 * chance + d * (1.0 - d));
        let distance = gained - lost - n * d;
        if distance == 0.0 { 0.0 } else { distance / variance.max(1e-300).sqrt() }
    };
    let crossing = |mut low: f64, mut high: f64, target: f64| {
        // As many halvings as f64 has digits.
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if score(middle) > target { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    };
    let seen = (gained - lost) / n;
    Some((crossing(-1.0, seen, Z), crossing(seen, 1.0, -Z)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_says_what_may_be_said() {
        let of = |only_first_right, only_second_right, both_right, both_wrong| {
            Comparison { both_right, only_first_right, only_second_right, both_wrong }.in_words()
        };
        assert_eq!(
            of(9, 13, 70, 7),
            "13 fixed, 9 broken of 99: no evidence of a difference (p = 0.52; -5.5 to +13.8 points)"
        );
        assert_eq!(
            of(2, 12, 30, 16),
            "12 fixed, 2 broken of 60: evidence that it is better (p = 0.013; +5.1 to +29.2 points)"
        );
        assert_eq!(
            of(400, 300, 3300, 1000),
            "300 fixed, 400 broken of 5,000: evidence that it is worse (p < 0.001; -3.0 to -1.0 points)"
        );
        assert_eq!(of(0, 0, 0, 0), "no images to compare");
        assert_eq!(
            of(0, 0, 36, 0),
            "0 fixed, 0 broken of 36: no evidence of a difference (p = 1.00; -9.6 to +9.6 points)"
        );
    }

    #[test]
    fn thousands_of_differing_images_neither_overflow_nor_vanish() {
        assert_eq!(mcnemar(20_000, 20_000), 1.0);
        assert_eq!(mcnemar(0, 5_000), 0.0);
        // The normal approximation with continuity correction gives z = 1.99 and p = 0.0466.
        let p = mcnemar(4_900, 5_100);
        assert!((p - 0.0466).abs() < 2e-4, "{p}");
        assert_eq!(p, mcnemar(5_100, 4_900));
    }
}
