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

/// The power law is that of the last sizes: with few photos errors fall in another way.
const LAST: usize = 4;
/// Of less than this a logarithm says nothing.
const LEAST_ERROR: f64 = 1e-6;

impl Gain {
    /// Of twice as many photos, where from half of them to all the error became smaller by a factor and
    /// does so once more; one accuracy a repeat.
    pub fn of_doubling(half: &[f64], all: &[f64]) -> Gain {
        let gain = |(half, all): (&f64, &f64)| {
            let [before, now] = [half, all].map(|accuracy| (1.0 - accuracy).max(LEAST_ERROR));
            now * (1.0 - now / before)
        };
        Gain::of(&half.iter().zip(all).map(gain).collect::<Vec<f64>>())
    }

    /// The same of all categories; see [`continued`].
    pub fn of_sizes(sizes: &[Size]) -> Gain {
        let gain = |Law { error, exponent }: Law| error * (1.0 - exponent.exp2());
        Gain::of(&laws(sizes).into_iter().map(gain).collect::<Vec<f64>>())
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

/// How the error of one repeat falls with the number of photos.
struct Law {
    /// With all photos.
    error: f64,
    /// Of so many times as many photos it is that number to this power times as large.
    exponent: f64,
}

/// One a repeat. The error is taken for a power of the number of photos, which is a straight line of
/// logarithms; it is laid through the last four sizes by least squares.
fn laws(sizes: &[Size]) -> Vec<Law> {
    let last = &sizes[sizes.len().saturating_sub(LAST)..];
    let x: Vec<f64> = last.iter().map(|size| size.photos.log2()).collect();
    let repeats = last.first().map_or(0, |size| size.accuracies.len());
    let of_repeat = |repeat: usize| {
        let errors: Vec<f64> =
            last.iter().map(|size| (1.0 - size.accuracies[repeat]).max(LEAST_ERROR)).collect();
        let y: Vec<f64> = errors.iter().map(|error| error.log2()).collect();
        Law { error: errors.last().copied().unwrap_or(0.0), exponent: slope(&x, &y) }
    };
    (0..repeats).map(of_repeat).collect()
}

/// What each repeat would come to with `times` as many photos as all, if the error goes on falling as a
/// power of their number.
pub fn continued(sizes: &[Size], times: f64) -> Size {
    let photos = sizes.last().map_or(0.0, |size| size.photos);
    let accuracy = |Law { error, exponent }: Law| 1.0 - error * times.powf(exponent);
    let accuracies = laws(sizes).into_iter().map(accuracy).collect();
    Size { share: times, photos: photos * times, accuracies }
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
    fn a_gain_is_what_the_error_loses_with_twice_as_many_photos() {
        // The error falls to a half with each doubling in the one repeat, to three quarters in the
        // other; the first size does not count.
        let sizes = [
            size(1.0, &[0.0, 0.0]),
            size(10.0, &[0.2, 0.36]),
            size(20.0, &[0.6, 0.52]),
            size(40.0, &[0.8, 0.64]),
            size(80.0, &[0.9, 0.73]),
        ];
        let gain = Gain::of_sizes(&sizes);
        // 0.1 to 0.05, and 0.27 to 0.2025.
        assert!((gain.mean - (0.05 + 0.0675) / 2.0).abs() < 1e-12, "{gain:?}");
        // t(1) at 97.5% is 12.706; the deviation over the root of two is half of the difference.
        assert!((gain.reach - 12.7062 * 0.0175 / 2.0).abs() < 1e-5, "{gain:?}");
        assert!(!gain.is_seen());
        let twice = continued(&sizes, 2.0);
        assert_eq!((twice.share, twice.photos), (2.0, 160.0));
        assert!((twice.accuracies[0] - 0.95).abs() < 1e-12, "{twice:?}");
        assert!((twice.accuracies[1] - 0.7975).abs() < 1e-12, "{twice:?}");
        let gained = twice.mean() - sizes[4].mean();
        assert!((gained - gain.mean).abs() < 1e-12, "{gained}: the curve ends at what is promised");
        assert_eq!(gain.in_words(), "nothing to be seen (-5.2 to +17.0 points)");
    }

    #[test]
    fn a_gain_that_is_seen_is_told_with_its_interval() {
        let half = [0.70, 0.70, 0.70, 0.70, 0.70];
        let all = [0.76, 0.76, 0.73, 0.76, 0.76];
        let gain = Gain::of_doubling(&half, &all);
        // 0.24 to 0.192 four times, and 0.27 to 0.243.
        assert!((gain.mean - (4.0 * 0.048 + 0.027) / 5.0).abs() < 1e-12, "{gain:?}");
        // t(4) is 2.7764; the deviation is 0.021 over the root of five.
        assert!((gain.reach - 2.776445 * 0.021 / 5.0).abs() < 1e-6, "{gain:?}");
        assert_eq!(gain.in_words(), "about +4.4 points (+3.2 to +5.5)");
    }
}
