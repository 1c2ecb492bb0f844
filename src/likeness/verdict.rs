//! One number of how unlike a photo is, its place among photos of one's own, and the verdict.

use candle_core::Result;
use thiserror::Error;

use super::measure::{Measure, Measured, Photos, spread};

/// Photos of one's own that are called unlike by mistake, as a share.
pub(super) const FALSE_ALARMS: f64 = 0.05;
/// With fewer training photos no threshold has so few false alarms.
const FEWEST: usize = 20;
/// Training photos that are looked at, evenly taken of the categories: more cost more than they tell.
pub const MOST: usize = 1000;
/// Parts of the training photos, each of which is measured by the others.
const PARTS: usize = 20;
/// Photos measured so; with many training photos not all parts are needed.
const ENOUGH: usize = 200;
/// What the gap counts beside the distance, both in deviations of photos of one's own.
pub(super) const GAP_WEIGHT: f64 = 0.7;

/// What a head file keeps to tell how unlike a photo is to the training photos.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    pub(super) measure: Measure,
    /// Mean and deviation of the distance, then of the gap, of photos of one's own.
    pub(super) usual: [f32; 4],
    /// How unlike training photos are to the other training photos, in order.
    pub(super) held_out: Vec<f32>,
    /// How far off they are, without the gap, in order; none in a head file of before.
    held_out_distances: Vec<f32>,
}

/// What is said of one photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The share of one's own photos that are more like the training photos than this one.
    pub less_like_than: f64,
    /// It is further off than 95% of one's own.
    pub is_none_of_these: bool,
    /// How far off it is, to be held against [`Likeness::usual`].
    pub far_off: f32,
}

/// One tensor of a likeness: name, shape and numbers.
pub type Part<'a> = (&'static str, Vec<usize>, &'a [f32]);

/// Tensors that are none of a likeness.
#[derive(Debug, Error)]
#[error("the likeness in the head file cannot be read: {0}; train again")]
pub struct PartsError(&'static str);

impl Likeness {
    /// Of training photos, each once. `None` with fewer than 20, or where no category has two.
    ///
    /// The threshold comes from photos that were held out: the training photos in twenty parts,
    /// each of them measured by the others. The same photos give the same numbers.
    pub fn fit(photos: &Photos) -> Result<Option<Likeness>> {
        Likeness::fit_with(photos, MOST, PARTS, ENOUGH)
    }

    pub(super) fn fit_with(
        photos: &Photos,
        most: usize,
        parts: usize,
        enough: usize,
    ) -> Result<Option<Likeness>> {
        let rows = spread(photos.labels, most);
        let categories = rows.chunk_by(|&a, &b| photos.labels[a] == photos.labels[b]).count();
        if rows.len() < FEWEST || rows.len() < 2 * categories {
            return Ok(None);
        }
        let mut held_out: Vec<Measured> = Vec::new();
        for part in 0..parts {
            if held_out.len() >= enough.min(rows.len()) {
                break;
            }
            let (tested, others): (Vec<_>, Vec<_>) =
                rows.iter().enumerate().partition(|(place, _)| place % parts == part);
            let of = |rows: Vec<(usize, &usize)>| -> Vec<usize> {
                rows.into_iter().map(|(_, &row)| row).collect()
            };
            let (tested, others) = (photos.choose(&of(tested)), photos.choose(&of(others)));
            let others = Photos { features: &others.features, labels: &others.labels, ..*photos };
            held_out.extend(Measure::fit(&others)?.of(&tested.features)?);
        }
        let all = photos.choose(&rows);
        let all = Photos { features: &all.features, labels: &all.labels, ..*photos };
        let [(mean, deviation), (gap, gap_deviation)] = [
            mean_and_deviation(held_out.iter().map(|measured| measured.distance)),
            mean_and_deviation(held_out.iter().map(|measured| measured.minus_gap)),
        ];
        let usual = [mean, deviation, gap, gap_deviation].map(|number| number as f32);
        let (measure, held_out_distances) = (Measure::fit(&all)?, Vec::new());
        let mut likeness = Likeness { measure, usual, held_out: Vec::new(), held_out_distances };
        let in_order = |number: &dyn Fn(&Measured) -> f64| {
            let mut numbers: Vec<f32> = held_out.iter().map(|one| number(one) as f32).collect();
            numbers.sort_by(f32::total_cmp);
            numbers
        };
        likeness.held_out = in_order(&|&measured| likeness.join(measured));
        likeness.held_out_distances = in_order(&|measured| measured.distance);
        Ok(likeness.is_sound().then_some(likeness))
    }

    /// Of features `[n, d]`, row by row.
    pub fn judge(&self, features: &[f32]) -> Result<Vec<Judgement>> {
        let threshold = self.threshold();
        let judged = self.measure.of(features)?.into_iter().map(|measured| {
            let unlike = self.join(measured) as f32;
            let nearer = self.held_out.partition_point(|&own| own < unlike);
            let has_distances = !self.held_out_distances.is_empty();
            Judgement {
                less_like_than: nearer as f64 / self.held_out.len() as f64,
                is_none_of_these: unlike > threshold,
                far_off: if has_distances { measured.distance as f32 } else { unlike },
            }
        });
        Ok(judged.collect())
    }

    /// How far off photos of one's own are that were held out, in order: by the distance alone, which notices
    /// other kinds of photos among one's own sooner than with the gap.
    pub fn usual(&self) -> &[f32] {
        match &self.held_out_distances[..] {
            [] => &self.held_out,
            distances => distances,
        }
    }

    /// How unlike photos are, of features `[n, d]`: about 0 for one's own, in deviations of them.
    pub fn unlikeness(&self, features: &[f32]) -> Result<Vec<f32>> {
        let measured = self.measure.of(features)?;
        Ok(measured.into_iter().map(|measured| self.join(measured) as f32).collect())
    }

    /// The distance and the gap as one number.
    fn join(&self, measured: Measured) -> f64 {
        let [mean, deviation, gap, gap_deviation] = self.usual.map(f64::from);
        (measured.distance - mean) / deviation
            + GAP_WEIGHT * (measured.minus_gap - gap) / gap_deviation
    }

    /// Beyond it are 5% of new photos of one's own, as far as those that were held out can tell:
    /// between the two of them that are nearest to that.
    pub(super) fn threshold(&self) -> f32 {
        let last = self.held_out.len() - 1;
        let place = (self.held_out.len() + 1) as f64 * (1.0 - FALSE_ALARMS) - 1.0;
        let below = (place.max(0.0) as usize).min(last);
        let [low, high] = [below, (below + 1).min(last)].map(|at| self.held_out[at]);
        low + (place - below as f64).clamp(0.0, 1.0) as f32 * (high - low)
    }

    /// What to keep of it.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let Measure { scale, mean, basis, whitening, centres, response, rest_weight } =
            &self.measure;
        let (d, q) = (mean.len(), self.measure.directions());
        let k = centres.len() / q;
        let mut parts: Vec<Part> = vec![
            ("scale", vec![d], scale),
            ("mean", vec![d], mean),
            ("basis", vec![q, d], basis),
            ("whitening", vec![q, q], whitening),
            ("centres", vec![k, q], centres),
            ("response", vec![k, q + 1], response),
            ("rest_weight", vec![1], std::slice::from_ref(rest_weight)),
            ("usual", vec![4], &self.usual),
            ("held_out", vec![self.held_out.len()], &self.held_out),
        ];
        if let distances @ [_, ..] = &self.held_out_distances[..] {
            parts.push(("held_out_distances", vec![distances.len()], distances));
        }
        parts
    }

    /// Of what [`parts`](Self::parts) gave, by name; `None` where there is none of them. Errors when
    /// they do not fit features of `feature_len` numbers or each other.
    pub fn from_parts(
        part: impl Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>,
        feature_len: usize,
    ) -> std::result::Result<Option<Likeness>, PartsError> {
        let Some((basis_shape, basis)) = part("basis") else { return Ok(None) };
        let &[q, d] = &basis_shape[..] else { return Err(PartsError("its basis has no rows")) };
        if d != feature_len || q == 0 {
            return Err(PartsError("it is for features of another length"));
        }
        let get = |name, shape: &[usize], missing| match part(name) {
            Some((found, numbers)) if found == shape => Ok(numbers),
            _ => Err(PartsError(missing)),
        };
        let k = part("centres").and_then(|(shape, _)| shape.first().copied()).unwrap_or(0);
        let count = part("held_out").and_then(|(shape, _)| shape.first().copied()).unwrap_or(0);
        let usual = get("usual", &[4], "it lacks what is usual")?;
        let held_out_distances = match part("held_out_distances") {
            Some(_) => {
                get("held_out_distances", &[count], "it lacks a distance for each held out")?
            }
            None => Vec::new(),
        };
        let likeness = Likeness {
            measure: Measure {
                scale: get("scale", &[d], "it lacks its scale")?,
                mean: get("mean", &[d], "it lacks its mean")?,
                basis,
                whitening: get("whitening", &[q, q], "it lacks its whitening")?,
                centres: get("centres", &[k, q], "it lacks its centres")?,
                response: get("response", &[k, q + 1], "it lacks its response")?,
                rest_weight: get("rest_weight", &[1], "it lacks the weight of the rest")?[0],
            },
            usual: [usual[0], usual[1], usual[2], usual[3]],
            held_out: get("held_out", &[count], "it lacks the photos held out")?,
            held_out_distances,
        };
        let in_order = likeness.held_out.is_sorted() && likeness.held_out_distances.is_sorted();
        if k == 0 || count == 0 || !in_order {
            return Err(PartsError("its photos held out are none, or not in order"));
        }
        match likeness.is_sound() {
            true => Ok(Some(likeness)),
            false => Err(PartsError("it holds a number that cannot be")),
        }
    }

    /// All numbers are finite, and what divides is positive.
    fn is_sound(&self) -> bool {
        let parts = self.parts();
        let mut numbers = parts.iter().flat_map(|(_, _, numbers)| numbers.iter());
        let [_, deviation, _, gap_deviation] = &self.usual;
        let mut divides = self.measure.scale.iter().chain([deviation, gap_deviation]);
        numbers.all(|number| number.is_finite()) && divides.all(|&number| number > 0.0)
    }
}

/// A deviation of 0 becomes 1: what does not vary then counts for nothing.
fn mean_and_deviation(numbers: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = numbers.clone().count() as f64;
    let mean = numbers.clone().sum::<f64>() / n;
    let deviation = (numbers.map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    (mean, if deviation > 1e-9 { deviation } else { 1.0 })
}
