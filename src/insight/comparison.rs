//! Whether one of two heads is better on the same images, or just luckier.

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

#[cfg(test)]
mod tests {
    use super::*;

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
