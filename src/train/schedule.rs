//! The learning rate of each step.

use std::f64::consts::PI;

use crate::spec::{Schedule, Train};

/// The learning rate of a step, counted from 1, under the experiment's schedule.
///
/// Cosine starts at `base` and would reach 0 one step after the last (one period of Loshchilov and
/// Hutter 2017, arXiv:1608.03983). Step multiplies by `step_factor` after every `step_every` steps.
///
/// # Panics
/// When `step` is 0.
pub fn learning_rate(train: &Train, base: f64, step: usize, iterations: usize) -> f64 {
    let done = step - 1;
    match train.schedule {
        Schedule::Constant => base,
        Schedule::Cosine => base * 0.5 * (1.0 + (PI * done as f64 / iterations as f64).cos()),
        Schedule::Step => {
            let drops = done / train.step_every.max(1);
            base * train.step_factor.powi(i32::try_from(drops).unwrap_or(i32::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::problem::tests::plain;

    fn rates<const N: usize>(schedule: Schedule, steps: [usize; N]) -> [f64; N] {
        let train = Train { schedule, step_every: 10, step_factor: 0.5, ..plain() };
        steps.map(|step| learning_rate(&train, 0.4, step, 100))
    }

    #[test]
    fn a_constant_rate_stays() {
        assert_eq!(rates(Schedule::Constant, [1, 50, 100]), [0.4, 0.4, 0.4]);
    }

    #[test]
    fn the_cosine_starts_full_is_half_in_the_middle_and_ends_near_zero() {
        let [first, quarter, half, last] = rates(Schedule::Cosine, [1, 26, 51, 100]);
        assert_eq!(first, 0.4);
        // (1 + cos 45°) / 2 = 0.853553390593...
        assert!((quarter - 0.4 * 0.853_553_390_593_273_8).abs() < 1e-15);
        assert!((half - 0.2).abs() < 1e-15);
        // (1 - cos 1.8°) / 2 = 0.000246719817...
        assert!((last - 0.4 * 0.000_246_719_817_134_287).abs() < 1e-15, "{last}");
    }

    #[test]
    fn the_step_schedule_drops_behind_every_so_many_steps() {
        let seen = rates(Schedule::Step, [1, 10, 11, 20, 21, 31]);
        assert_eq!(seen, [0.4, 0.4, 0.2, 0.2, 0.1, 0.05]);
    }
}
