//! The reliability diagram as text: how often images are right whose highest score is so high.

use super::Calibration;
use crate::words::{grouped, pad_left, pad_right, percent, percent_range};

/// Columns of a bar that stands for 100%.
const BAR: usize = 30;

/// A line for each bin with images: its scores, how many images, their mean highest score, how many are
/// right, and that as a bar, with `|` where the mean score says that it should end. Every line ends in
/// `\n`.
pub fn reliability_table(calibration: &Calibration) -> String {
    let mut table = "HIGHEST SCORE   IMAGES  MEAN SCORE   RIGHT\n".to_owned();
    for bin in calibration.bins.iter().rev() {
        let (Some(score), Some(right)) = (bin.confidence(), bin.accuracy()) else { continue };
        table += &format!(
            "{}  {}  {}  {}  {}\n",
            pad_right(&percent_range(bin.low, bin.high), 14),
            pad_left(&grouped(bin.images), 6),
            pad_left(&percent(score), 10),
            pad_left(&percent(right), 6),
            bar(right, score)
        );
    }
    table
}

fn bar(right: f64, score: f64) -> String {
    let columns = |share: f64| (share * BAR as f64).round() as usize;
    let mark = columns(score).clamp(1, BAR) - 1;
    let cell = |at: usize| match at {
        at if at == mark => '|',
        at if at < columns(right) => '#',
        _ => '.',
    };
    (0..BAR).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_what_is_right_and_what_the_scores_promise() {
        let mut calibration = Calibration::new();
        for right in [true, true, true, false] {
            calibration.add(0.95, right);
        }
        calibration.add(0.5, true);
        let expected = "\
HIGHEST SCORE   IMAGES  MEAN SCORE   RIGHT
93.3 to 100.0%       4       95.0%   75.0%  #######################.....|.
46.7 to 53.3%        1       50.0%  100.0%  ##############|###############
";
        assert_eq!(reliability_table(&calibration), expected);
    }
}
