//! Whether the highest score means what it says: of the images scored 0.8, are 80 % predicted
//! rightly?

use super::ratio;

/// 15 bins, as Guo et al. 2017 (arXiv:1706.04599).
const BINS: usize = 15;

/// The images whose highest score lies in `(low, high]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalibrationBin {
    /// Lower edge, outside the bin; the first bin takes a score of 0 too.
    pub low: f64,
    /// Upper edge, inside the bin.
    pub high: f64,
    /// How many images.
    pub images: usize,
    /// How many of them were predicted rightly.
    pub correct: usize,
    confidence_sum: f64,
}

impl CalibrationBin {
    /// Mean of the highest scores; `None` in an empty bin.
    pub fn confidence(&self) -> Option<f64> {
        (self.images > 0).then(|| self.confidence_sum / self.images as f64)
    }

    /// Share of the images that were predicted rightly; `None` in an empty bin.
    pub fn accuracy(&self) -> Option<f64> {
        (self.images > 0).then(|| self.correct as f64 / self.images as f64)
    }

    fn gap(&self) -> f64 {
        (ratio(self.confidence_sum, self.images as f64)
            - ratio(self.correct as f64, self.images as f64))
        .abs()
    }
}

/// Images counted by their highest score.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Of equal width, from 0 to 1.
    pub bins: Vec<CalibrationBin>,
}

impl Calibration {
    pub(super) fn new() -> Calibration {
        let edge = |i: usize| i as f64 / BINS as f64;
        let bin = |i| CalibrationBin { low: edge(i), high: edge(i + 1), ..Default::default() };
        Calibration { bins: (0..BINS).map(bin).collect() }
    }

    pub(super) fn add(&mut self, confidence: f64, correct: bool) {
        let place = self.bins[..BINS - 1].iter().filter(|bin| confidence > bin.high).count();
        let bin = &mut self.bins[place];
        bin.images += 1;
        bin.correct += usize::from(correct);
        bin.confidence_sum += confidence;
    }

    /// Expected calibration error: the distance of mean highest score and accuracy in a bin, averaged
    /// over all images.
    pub fn ece(&self) -> f64 {
        let gaps = self.bins.iter().map(|bin| bin.images as f64 * bin.gap()).sum();
        ratio(gaps, self.images() as f64)
    }

    /// Mean of the highest scores of all images.
    pub fn mean_confidence(&self) -> f64 {
        ratio(self.bins.iter().map(|bin| bin.confidence_sum).sum(), self.images() as f64)
    }

    fn images(&self) -> usize {
        self.bins.iter().map(|bin| bin.images).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upper_edge_belongs_to_its_bin_and_nothing_falls_outside() {
        let mut calibration = Calibration::new();
        for confidence in [0.0, 1.0 / 15.0, 0.2, 1.0] {
            calibration.add(confidence, true);
        }
        let counts: Vec<usize> = calibration.bins.iter().map(|bin| bin.images).collect();
        assert_eq!(counts, [2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }
}
