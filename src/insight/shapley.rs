//! A change of several causes at once, taken apart fairly.

/// The Shapley value of each cause: its part of the change, on the mean over all orders in which the
/// causes may come. The parts add up to the whole change.
///
/// `values[mask]` is what is measured with just those causes present whose bits are set in `mask`; its
/// length is 2 to the number of causes. Panics when it is not a power of 2.
///
/// Source: Shapley 1953, "A value for n-person games".
///
/// ```
/// use retrain::insight::shapley;
///
/// // Neither alone does anything, both together gain 0.25: half of it is each one's.
/// assert_eq!(shapley(&[0.5, 0.5, 0.5, 0.75]), [0.125, 0.125]);
/// ```
pub fn shapley(values: &[f64]) -> Vec<f64> {
    assert!(values.len().is_power_of_two(), "one value for each set of causes");
    let causes = values.len().trailing_zeros() as usize;
    // Of all orders, those in which just `before` causes of the others come first, for one set of
    // them: before! (causes - before - 1)! / causes!.
    let share = |before: usize| {
        let choose: f64 = (0..before).map(|i| (causes - 1 - i) as f64 / (i + 1) as f64).product();
        1.0 / (causes as f64 * choose)
    };
    (0..causes)
        .map(|cause| {
            let without = (0..values.len()).filter(|mask| mask & (1 << cause) == 0);
            without
                .map(|mask| {
                    let gain = values[mask | (1 << cause)] - values[mask];
                    share(mask.count_ones() as usize) * gain
                })
                .sum()
        })
        .collect()
}

/// The numbers rounded to whole ones whose sum is the rounded sum: those that lose most by being
/// rounded down are rounded up, so that parts that are read add up as the real ones do.
///
/// ```
/// use retrain::insight::rounded_to_sum;
///
/// assert_eq!(rounded_to_sum(&[1.4, 1.4, 1.4]), [2, 1, 1]);
/// assert_eq!(rounded_to_sum(&[-1.6, 0.3, -0.4]), [-2, 0, 0]);
/// ```
pub fn rounded_to_sum(numbers: &[f64]) -> Vec<i64> {
    let mut rounded: Vec<i64> = numbers.iter().map(|number| number.floor() as i64).collect();
    let lost = |at: usize| numbers[at] - numbers[at].floor();
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| lost(b).total_cmp(&lost(a)));
    let missing = numbers.iter().sum::<f64>().round() as i64 - rounded.iter().sum::<i64>();
    for &at in order.iter().take(usize::try_from(missing).unwrap_or(0)) {
        rounded[at] += 1;
    }
    rounded
}
