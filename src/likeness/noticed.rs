//! What share of an unknown kind of photo would be noticed, found by leaving out a known one.

use candle_core::Result;

use super::measure::{Photos, spread};
use super::verdict::Likeness;

/// Categories that are left out at most, evenly taken: each costs some five fits.
const MOST_CATEGORIES: usize = 10;
/// Photos that are looked at, evenly taken of the categories: the share needs no more digits.
const MOST_PHOTOS: usize = 300;
/// Photos held out for the threshold, and the parts that they come in.
const ENOUGH: usize = 100;
const PARTS: usize = 10;

/// Leaves out each category in turn: the mean share of its photos that are called none of the other
/// categories. `None` with too few photos, and with fewer than three categories: of two, one would be
/// left, which has no gap to a second, and what is found so says little of a head for both.
pub fn share_noticed(photos: &Photos) -> Result<Option<f64>> {
    let rows = spread(photos.labels, MOST_PHOTOS);
    let mut categories: Vec<u32> = rows.iter().map(|&row| photos.labels[row]).collect();
    categories.dedup();
    if categories.len() < 3 {
        return Ok(None);
    }
    let kept = categories.len().min(MOST_CATEGORIES);
    let mut shares = Vec::new();
    for place in 0..kept {
        let category = categories[place * categories.len() / kept];
        let (left_out, others): (Vec<usize>, Vec<usize>) =
            rows.iter().partition(|&&row| photos.labels[row] == category);
        let (left_out, others) = (photos.choose(&left_out), photos.choose(&others));
        let others = Photos { features: &others.features, labels: &others.labels, ..*photos };
        let fitted = Likeness::fit_with(&others, MOST_PHOTOS, PARTS, ENOUGH)?;
        if let Some(likeness) = fitted {
            let judged = likeness.judge(&left_out.features)?;
            let noticed = judged.iter().filter(|judgement| judgement.is_none_of_these).count();
            shares.push(noticed as f64 / judged.len() as f64);
        }
    }
    Ok((!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64))
}
