//! Where the axis of a chart gets its labels, and how numbers are written on it.

use crate::words::{grouped, percent};

/// Multiples of 1, 2 or 5 times a power of ten within `low..=high`, at most about `count`.
pub fn linear_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let span = high - low;
    if !(span > 0.0 && span.is_finite()) || count == 0 {
        return if low.is_finite() { vec![low] } else { Vec::new() };
    }
    let rough = span / count as f64;
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough);
    let step = factor.unwrap_or(10.0) * power;
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    // Near the limits of f64 neighbouring ticks are the same number: one is enough.
    if !(step > 0.0 && first.abs() < 1e15 && last.abs() < 1e15) {
        return vec![low];
    }
    (first as i64..=last as i64).map(|index| index as f64 * step).collect()
}

/// Powers of ten within `low..=high` (both above 0), with 2 and 5 between them when there is room;
/// at most about `count`. Within one decade they are those of a linear axis.
pub fn log_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    if !(low > 0.0 && high > low && high.is_finite()) {
        return linear_ticks(low, high, count);
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let decades = (last - first).max(1) as usize;
    let factors: &[f64] = if decades * 3 <= count { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let stride = decades.div_ceil(count.max(1)).max(1);
    let ticks: Vec<f64> = (first..=last)
        .filter(|power| power.rem_euclid(stride as i32) == 0)
        .flat_map(|power| factors.iter().map(move |factor| factor * 10f64.powi(power)))
        .filter(|tick| (low..=high).contains(tick))
        .collect();
    if ticks.len() < 2 { linear_ticks(low, high, count) } else { ticks }
}

/// `value` with at most four significant digits.
pub fn format_value(value: f64) -> String {
    format_digits(value, 4)
}

/// An iteration: whole numbers in full.
pub fn format_iteration(x: f64) -> String {
    if x.fract() == 0.0 && x.abs() < 1e9 { grouped(x as i64) } else { format_value(x) }
}

/// What the values of a chart are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Written with four significant digits.
    #[default]
    Number,
    /// From 0 to 1, written as percentages.
    Share,
}

impl Unit {
    /// A value beside the chart.
    pub fn format(self, value: f64) -> String {
        match self {
            Unit::Share if value.is_finite() => percent(value),
            _ => format_value(value),
        }
    }

    /// Labels of `ticks`, long enough to tell neighbours apart.
    pub fn labels(self, ticks: &[f64]) -> Vec<String> {
        match self {
            Unit::Number => tick_labels(ticks),
            Unit::Share => {
                let hundredths: Vec<f64> = ticks.iter().map(|tick| tick * 100.0).collect();
                tick_labels(&hundredths).into_iter().map(|label| label + "%").collect()
            }
        }
    }
}

fn format_digits(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return if value.is_nan() { "NaN".into() } else { format!("{value}") };
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    if (-3..5).contains(&power) {
        let decimals = (digits as i32 - 1 - power).max(0) as usize;
        without_zeros(&format!("{value:.decimals$}")).to_owned()
    } else {
        format!("{}e{power}", without_zeros(mantissa))
    }
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// Labels of `ticks` with four significant digits, or as many more as tell neighbours apart.
fn tick_labels(ticks: &[f64]) -> Vec<String> {
    let written =
        |digits| -> Vec<String> { ticks.iter().map(|tick| format_digits(*tick, digits)).collect() };
    (4..10)
        .map(written)
        .find(|labels| labels.windows(2).all(|pair| pair[0] != pair[1]))
        .unwrap_or_else(|| written(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_ticks_are_round_numbers_inside_the_range() {
        assert_eq!(linear_ticks(0.0, 400.0, 4), [0.0, 100.0, 200.0, 300.0, 400.0]);
        assert_eq!(linear_ticks(-0.3, 1.1, 3), [0.0, 0.5, 1.0]);
        assert_eq!(linear_ticks(3.0, 3.0, 5), [3.0]);
    }

    #[test]
    fn ticks_of_hopeless_ranges_neither_hang_nor_panic() {
        for (low, high) in [
            (f64::MIN, f64::MAX),
            (1e300, 1e300 + 1e285),
            (0.0, f64::MIN_POSITIVE),
            (f64::NAN, 1.0),
            (1.0, 1.0 + f64::EPSILON),
        ] {
            assert!(linear_ticks(low, high, 5).len() < 20);
            assert!(log_ticks(low, high, 5).len() < 20);
        }
    }

    #[test]
    fn log_ticks_are_powers_of_ten_and_get_company_where_there_is_room() {
        assert_eq!(log_ticks(0.01, 10.0, 4), [0.01, 0.1, 1.0, 10.0]);
        assert_eq!(log_ticks(1.0, 100.0, 9), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
        assert_eq!(log_ticks(0.31, 0.52, 3), [0.4, 0.5]);
        assert!(log_ticks(1e-300, 1e300, 4).len() <= 5);
    }

    #[test]
    fn values_have_four_significant_digits() {
        let cases = [
            (0.0, "0"),
            (0.123456, "0.1235"),
            (12.5, "12.5"),
            (99999.0, "1e5"),
            (12345.0, "12345"),
            (0.00001234, "1.234e-5"),
            (-2.0, "-2"),
            (1e30, "1e30"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ];
        for (value, expected) in cases {
            assert_eq!(format_value(value), expected);
        }
        assert_eq!(format_iteration(1234567.0), "1,234,567");
    }

    #[test]
    fn labels_of_neighbouring_ticks_differ() {
        assert_eq!(tick_labels(&[0.99991, 0.99992]), ["0.99991", "0.99992"]);
    }
}
