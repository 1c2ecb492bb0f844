//! Curves of repeats: their mean and how much they differ, made when points come, not when they are
//! drawn.

use crate::insight::{MeanPoint, mean_curve};
use crate::tui::news::Curves;
use crate::tui::widgets::chart::Trace;

/// The mean of some curves.
#[derive(Debug, Default)]
pub struct Mean {
    pub trace: Trace,
    pub spread: Vec<MeanPoint>,
}

/// Loss and accuracy of repeats, in training or in validation.
#[derive(Debug, Default)]
pub struct Means {
    pub loss: Mean,
    pub accuracy: Mean,
    of_training: bool,
    /// How many curves they are made of.
    read: usize,
}

impl Mean {
    fn of(traces: &[&Trace]) -> Mean {
        let smoothing = traces.first().map_or(0.0, |trace| trace.smoothing());
        let smoothed: Vec<Vec<(f64, f64)>> =
            traces.iter().map(|trace| trace.smoothed().collect()).collect();
        let spread = mean_curve(&smoothed);
        let points = |mean: &[MeanPoint]| -> Vec<(f64, f64)> {
            mean.iter().map(|point| (point.x, point.mean)).collect()
        };
        // The mean of smoothed curves is the smoothed mean.
        let mean = match smoothing > 0.0 {
            true => {
                let raw: Vec<_> = traces.iter().map(|trace| trace.points().to_vec()).collect();
                points(&mean_curve(&raw))
            }
            false => points(&spread),
        };
        Mean { trace: Trace::from_points(mean, smoothing), spread }
    }
}

impl Means {
    /// Takes in what was read of `all` runs so far. While they are being read the means are made anew
    /// only when twice as many are there, so that two hundred do not take two hundred times as long.
    pub fn update(&mut self, curves: &[&Curves], all: usize, of_training: bool) {
        let read = curves.len();
        let is_other = of_training != self.of_training || read < self.read;
        if !is_other && read < all && read > self.read && read < 2 * self.read {
            return;
        }
        let of = |trace: fn(&Curves) -> &Trace| {
            Mean::of(&curves.iter().map(|curves| trace(curves)).collect::<Vec<_>>())
        };
        *self = match of_training {
            true => Means {
                loss: of(|curves| &curves.train_loss),
                accuracy: of(|curves| &curves.train_accuracy),
                of_training,
                read,
            },
            false => Means {
                loss: of(|curves| &curves.validation_loss),
                accuracy: of(|curves| &curves.validation_accuracy),
                of_training,
                read,
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smoothed_mean_is_the_mean_of_the_smoothed() {
        let curve = |at: f64| {
            Trace::from_points((1..=9).map(|x| (f64::from(x), at * f64::from(x % 3))), 0.7)
        };
        let (one, other) = (curve(1.0), curve(3.0));
        let mean = Mean::of(&[&one, &other]);
        let by_hand = one.smoothed().zip(other.smoothed()).map(|(a, b)| (a.1 + b.1) / 2.0);
        for ((_, drawn), expected) in mean.trace.smoothed().zip(by_hand) {
            assert!((drawn - expected).abs() < 1e-12, "{drawn} {expected}");
        }
        assert_eq!(mean.spread.len(), 9);
    }
}
