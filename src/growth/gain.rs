//! How much the accuracy gains from more photos, with what is known of that.

use super::Size;
use crate::insight::Resampled;
use crate::words::points;

/// By how much the accuracy rises, a share of 1, with its 95% interval over random parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// The mean.
    pub mean: f64,
    /// The interval reaches as far on either side. It says nothing of other test photos.
    pub reach: f64,
}

/// The slope is that of the last sizes: with more photos the accuracy grows ever more slowly.
const LAST: usize = 3;

impl Gain {
    /// Of twice as many photos, if it goes on as from half of them to all; one accuracy a repeat.
    pub fn of_doubling(half: &[f64], all: &[f64]) -> Gain {
        Gain::of(&half.iter().zip(all).map(|(half, all)| all - half).collect::<Vec<f64>>())
    }

    /// The same of all categories: the slope over the logarithm of the number of photos, by least
    /// squares of the last three sizes.
    pub fn of_sizes(sizes: &[Size]) -> Gain {
        let last = &sizes[sizes.len().saturating_sub(LAST)..];
        let x: Vec<f64> = last.iter().map(|size| size.photos.log2()).collect();
        let repeats = last.first().map_or(0, |size| size.accuracies.len());
        let of_repeat = |repeat: usize| {
            let y: Vec<f64> = last.iter().map(|size| size.accuracies[repeat]).collect();
            slope(&x, &y)
        };
        Gain::of(&(0..repeats).map(of_repeat).collect::<Vec<f64>>())
    }

    fn of(gains: &[f64]) -> Gain {
        // The parts are drawn from the same photos, which the interval says nothing beyond.
        let found = Resampled::of(gains, 0.0).expect("there are several repeats");
        Gain { mean: found.mean, reach: found.reach }
    }

    /// Whether it can be told from none.
    pub fn is_seen(self) -> bool {
        self.mean - self.reach > 0.0
    }

    /// `about +2.3 points (+0.9 to +3.7)`, or `nothing to be seen (-0.4 to +1.0 points)`.
    pub fn in_words(self) -> String {
        let (low, high) = (points(self.mean - self.reach), points(self.mean + self.reach));
        match self.is_seen() {
            true => format!("about {} points ({low} to {high})", points(self.mean)),
            false => format!("nothing to be seen ({low} to {high} points)"),
        }
    }
}

/// By least squares.
fn slope(x: &[f64], y: &[f64]) -> f64 {
    let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / numbers.len() as f64;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let products: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let squares: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    products / squares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(photos: f64, accuracies: &[f64]) -> Size {
        Size { share: 1.0, photos, accuracies: accuracies.to_vec() }
    }

    #[test]
    fn a_gain_is_the_slope_over_doublings_with_its_interval() {
        // Two points a doubling in the one repeat, four in the other; the first size does not count.
        let sizes = [
            size(1.0, &[0.0, 0.0]),
            size(10.0, &[0.60, 0.60]),
            size(20.0, &[0.62, 0.64]),
            size(40.0, &[0.64, 0.68]),
        ];
        let gain = Gain::of_sizes(&sizes);
        assert!((gain.mean - 0.03).abs() < 1e-12, "{gain:?}");
        // t(1) at 97.5% is 12.706; the deviation is 0.01414, over the root of two 0.01.
        assert!((gain.reach - 0.12706).abs() < 1e-5, "{gain:?}");
        assert!(!gain.is_seen());
        assert_eq!(gain.in_words(), "nothing to be seen (-9.7 to +15.7 points)");
    }

    #[test]
    fn a_gain_that_is_seen_is_told_with_its_interval() {
        let half = [0.70, 0.71, 0.69, 0.70, 0.70];
        let all = [0.72, 0.73, 0.72, 0.72, 0.73];
        let gain = Gain::of_doubling(&half, &all);
        assert!((gain.mean - 0.024).abs() < 1e-12);
        // t(4) is 2.7764; the deviation of 2, 2, 3, 2 and 3 points is 0.5477 points.
        assert!((gain.reach - 2.7764 * 0.005477 / 5f64.sqrt()).abs() < 1e-6, "{gain:?}");
        assert_eq!(gain.in_words(), "about +2.4 points (+1.7 to +3.1)");
    }
}
