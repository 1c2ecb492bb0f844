//! What map and plots are made of.

use ratatui::style::Style;

/// One line in parts of different looks.
pub type Line = Vec<(String, Style)>;

/// Where a number lies between the smallest and the largest.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
}

impl Scale {
    pub fn of(numbers: impl Iterator<Item = f64>) -> Scale {
        let start = Scale { low: f64::INFINITY, high: f64::NEG_INFINITY };
        numbers.fold(start, |scale, number| Scale {
            low: scale.low.min(number),
            high: scale.high.max(number),
        })
    }

    /// 0 to 1; in the middle where all are the same.
    pub fn share(&self, number: f64) -> f64 {
        let share = (number - self.low) / (self.high - self.low);
        if share.is_finite() { share } else { 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_all_the_same_lie_in_the_middle() {
        assert_eq!(Scale::of([0.5, 0.5].into_iter()).share(0.5), 0.5);
        assert_eq!(Scale::of([0.2, 0.6].into_iter()).share(0.6), 1.0);
    }
}
