//! One curve: every point, its smoothed value, and minima and maxima that are quick to ask for.

use super::smooth::Smoother;

/// Points in one block. Of a million points a chart then reads 31,000 blocks and, at the two ends
/// of each column, at most this many points.
const BLOCK: usize = 32;

/// The points of one curve in order of x, at most one for each x.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    points: Vec<(f64, f64)>,
    /// As long as `points`; NaN where the value is not finite.
    smoothed: Vec<f64>,
    blocks: Vec<Extent>,
    smoother: Smoother,
    /// x of the values that are not finite.
    broken: Vec<f64>,
}

/// Smallest and largest of the finite values; empty is `(inf, -inf)`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Extent {
    raw: (f64, f64),
    smoothed: (f64, f64),
}

const NOTHING: Extent = Extent {
    raw: (f64::INFINITY, f64::NEG_INFINITY),
    smoothed: (f64::INFINITY, f64::NEG_INFINITY),
};

// Comparisons, not `f64::min`: with little optimisation that is a call for each value.
impl Extent {
    #[inline(always)]
    fn add(&mut self, raw: f64, smoothed: f64) {
        if raw.is_finite() {
            widen(&mut self.raw, raw, raw);
            widen(&mut self.smoothed, smoothed, smoothed);
        }
    }

    #[inline(always)]
    fn join(&mut self, other: &Extent) {
        widen(&mut self.raw, other.raw.0, other.raw.1);
        widen(&mut self.smoothed, other.smoothed.0, other.smoothed.1);
    }
}

#[inline(always)]
fn widen(range: &mut (f64, f64), low: f64, high: f64) {
    if low < range.0 {
        range.0 = low;
    }
    if high > range.1 {
        range.1 = high;
    }
}

/// What a curve does within one column of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Smallest and largest value as reported; `None` when no value is finite.
    pub raw: Option<(f64, f64)>,
    /// Smallest and largest smoothed value; `None` when no value is finite.
    pub smoothed: Option<(f64, f64)>,
    /// The smoothed values at the column's ends; NaN where the curve is broken.
    pub first: f64,
    pub last: f64,
}

/// A curve's value at one iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub x: f64,
    pub raw: f64,
    /// NaN when the raw value is not finite.
    pub smoothed: f64,
}

impl Trace {
    /// No points, for what was not read yet.
    pub const EMPTY: Trace = Trace {
        points: Vec::new(),
        smoothed: Vec::new(),
        blocks: Vec::new(),
        smoother: Smoother::NONE,
        broken: Vec::new(),
    };

    /// An empty curve, smoothed by `factor` (see [`Smoother::new`]).
    pub fn new(factor: f64) -> Trace {
        Trace { smoother: Smoother::new(factor), ..Trace::default() }
    }

    pub fn from_points(points: impl IntoIterator<Item = (f64, f64)>, factor: f64) -> Trace {
        let mut trace = Trace::new(factor);
        for (x, y) in points {
            trace.push(x, y);
        }
        trace
    }

    /// Appends a point. One at or before the last x means that the run went back to a checkpoint:
    /// what it had reported from there on is replaced. An x that is not finite is ignored.
    pub fn push(&mut self, x: f64, y: f64) {
        if !x.is_finite() {
            return;
        }
        if self.points.last().is_some_and(|last| x <= last.0) {
            self.points.truncate(self.points.partition_point(|point| point.0 < x));
            self.set_smoothing(self.smoothing());
        }
        self.points.push((x, y));
        self.account(x, y);
    }

    /// Appends the points of `newer`, each as [`Trace::push`] does.
    pub fn extend(&mut self, newer: &Trace) {
        newer.points.iter().for_each(|&(x, y)| self.push(x, y));
    }

    fn account(&mut self, x: f64, y: f64) {
        let smoothed = self.smoother.push(y);
        if self.smoothed.len().is_multiple_of(BLOCK) {
            self.blocks.push(NOTHING);
        }
        self.smoothed.push(smoothed);
        if let Some(block) = self.blocks.last_mut() {
            block.add(y, smoothed);
        }
        if !y.is_finite() {
            self.broken.push(x);
        }
    }

    /// Smooths all points anew.
    pub fn set_smoothing(&mut self, factor: f64) {
        self.smoother = Smoother::new(factor);
        self.smoothed.clear();
        self.blocks.clear();
        self.broken.clear();
        for index in 0..self.points.len() {
            let (x, y) = self.points[index];
            self.account(x, y);
        }
    }

    pub fn smoothing(&self) -> f64 {
        self.smoother.factor()
    }

    /// Iteration and value, as reported.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// Iteration and smoothed value; NaN where the value is not finite.
    pub fn smoothed(&self) -> impl Iterator<Item = (f64, f64)> {
        self.points.iter().zip(&self.smoothed).map(|(point, smoothed)| (point.0, *smoothed))
    }

    pub fn len(&self) -> usize {
        self.points.len()
    }

    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// First and last x.
    pub fn x_extent(&self) -> Option<(f64, f64)> {
        Some((self.points.first()?.0, self.points.last()?.0))
    }

    /// x of every value that is NaN or infinite.
    pub fn broken(&self) -> &[f64] {
        &self.broken
    }

    pub fn latest(&self) -> Option<Reading> {
        self.points.len().checked_sub(1).map(|index| self.reading(index))
    }

    /// The point nearest to `x`; of two equally near ones the earlier.
    pub fn nearest(&self, x: f64) -> Option<Reading> {
        let after = self.points.partition_point(|point| point.0 < x);
        let candidates = [after.checked_sub(1), Some(after)];
        let near = candidates.into_iter().flatten().filter(|index| *index < self.points.len());
        near.min_by(|a, b| (self.points[*a].0 - x).abs().total_cmp(&(self.points[*b].0 - x).abs()))
            .map(|index| self.reading(index))
    }

    fn reading(&self, index: usize) -> Reading {
        let (x, raw) = self.points[index];
        Reading { x, raw, smoothed: self.smoothed[index] }
    }

    /// The last point before `x` and the first after it.
    pub fn neighbours(&self, before: f64, after: f64) -> (Option<Reading>, Option<Reading>) {
        let first = self.points.partition_point(|point| point.0 < before);
        let last = self.points.partition_point(|point| point.0 <= after);
        let next = (last < self.points.len()).then(|| self.reading(last));
        (first.checked_sub(1).map(|index| self.reading(index)), next)
    }

    /// Cuts `from..=to` into `count` columns of equal width; `None` where there is no point.
    pub fn min_max_columns(&self, from: f64, to: f64, count: usize) -> Vec<Option<Column>> {
        let width = (to - from) / count.max(1) as f64;
        let mut start = self.points.partition_point(|point| point.0 < from);
        let mut columns = Vec::with_capacity(count);
        for column in 1..=count {
            let end = if column == count {
                self.skip_from(start, |x| x <= to)
            } else {
                let edge = from + width * column as f64;
                self.skip_from(start, |x| x < edge)
            };
            columns.push(self.column(start, end));
            start = end;
        }
        columns
    }

    /// The first point from `start` on whose x is not `inside`. Looks near `start` first: a binary
    /// search over all points would jump through memory once for each column.
    fn skip_from(&self, start: usize, inside: impl Fn(f64) -> bool) -> usize {
        let mut reach = 1;
        while start + reach < self.points.len() && inside(self.points[start + reach].0) {
            reach *= 2;
        }
        let near = &self.points[start + reach / 2..(start + reach).min(self.points.len())];
        start + reach / 2 + near.partition_point(|point| inside(point.0))
    }

    fn column(&self, start: usize, end: usize) -> Option<Column> {
        if start >= end {
            return None;
        }
        let extent = self.extent(start, end);
        let some = |(low, high): (f64, f64)| (low <= high).then_some((low, high));
        Some(Column {
            raw: some(extent.raw),
            smoothed: some(extent.smoothed),
            first: self.smoothed[start],
            last: self.smoothed[end - 1],
        })
    }

    /// Points to the next block's edge, whole blocks, then the points that are left.
    fn extent(&self, start: usize, end: usize) -> Extent {
        let mut extent = NOTHING;
        let mut add = |from: usize, to: usize| {
            for (point, smoothed) in self.points[from..to].iter().zip(&self.smoothed[from..to]) {
                extent.add(point.1, *smoothed);
            }
        };
        let (first, last) = (start.div_ceil(BLOCK), end / BLOCK);
        if first >= last {
            add(start, end);
            return extent;
        }
        add(start, first * BLOCK);
        add(last * BLOCK, end);
        for block in &self.blocks[first..last] {
            extent.join(block);
        }
        extent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(values: &[f64]) -> Trace {
        Trace::from_points(values.iter().enumerate().map(|(x, y)| (x as f64, *y)), 0.0)
    }

    #[test]
    fn every_point_falls_into_one_column() {
        let columns = line(&[5.0, 1.0, 3.0, 2.0]).min_max_columns(0.0, 3.0, 2);
        assert_eq!(columns[0].unwrap().raw, Some((1.0, 5.0)));
        assert_eq!(columns[1].unwrap().raw, Some((2.0, 3.0)));
    }

    #[test]
    fn a_column_of_nothing_but_nan_has_no_extent_and_is_counted() {
        let trace = line(&[1.0, f64::NAN, f64::INFINITY]);
        assert_eq!(trace.min_max_columns(1.0, 2.0, 1)[0].unwrap().raw, None);
        assert_eq!(trace.broken(), [1.0, 2.0]);
    }

    #[test]
    fn a_run_that_goes_back_to_a_checkpoint_replaces_what_it_had_reported() {
        let mut trace = line(&[1.0, 2.0, f64::NAN, 4.0]);
        trace.push(1.0, 9.0);
        assert_eq!((trace.len(), trace.broken().len()), (2, 0));
        assert_eq!(trace.latest().unwrap().raw, 9.0);
    }

    #[test]
    fn the_nearest_point_gives_the_raw_and_the_smoothed_value() {
        let trace = Trace::from_points([(0.0, 1.0), (10.0, 3.0)], 0.5);
        let reading = trace.nearest(7.0).unwrap();
        assert_eq!((reading.x, reading.raw), (10.0, 3.0));
        assert!((reading.smoothed - 3.5 / 1.5).abs() < 1e-12);
        assert_eq!(trace.nearest(5.0).unwrap().x, 0.0);
        assert_eq!(Trace::default().nearest(5.0), None);
    }

    proptest! {
        #[test]
        fn blocks_agree_with_reading_every_point(
            values in proptest::collection::vec(-9.0..9.0f64, 1..400),
            factor in 0.0..0.99f64,
            count in 1usize..50,
        ) {
            let points: Vec<_> =
                values.iter().enumerate().map(|(x, y)| (x as f64, *y)).collect();
            let trace = Trace::from_points(points.iter().copied(), factor);
            let last = (values.len() - 1) as f64;
            let columns = trace.min_max_columns(0.0, last, count);
            let smoothed = super::super::smooth::ema(&values, factor);
            let low = |of: fn(&Column) -> f64| {
                columns.iter().flatten().map(of).fold(f64::INFINITY, f64::min)
            };
            let lowest = |of: &[f64]| of.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert_eq!(low(|column| column.raw.unwrap().0), lowest(&values));
            prop_assert_eq!(low(|column| column.smoothed.unwrap().0), lowest(&smoothed));
        }
    }
}
