//! The inverse transform of a block of 8 by 8, by integers.

use std::array;
use std::num::Wrapping;

/// Values of one row of a block, or of one column.
type Lane = [Wrapping<i32>; 8];

/// Factors are in 8192ths.
const FACTOR_BITS: u32 = 13;
/// The columns keep two bits more than whole levels for the rows.
const BETWEEN_BITS: u32 = 2;

/// Samples of a block, `[down][across]`, from its coefficients times their quantisation steps.
///
/// Source: Loeffler, Ligtenberg and Moschytz 1989, in the order of operations of libjpeg's
/// accurate integer transform ("islow"), so that samples are the same to the bit.
pub(crate) fn samples(coefficients: &[i16; 64], steps: &[u16; 64]) -> [[u8; 8]; 8] {
    if coefficients[1..].iter().all(|&value| value == 0) {
        let mean = (i32::from(coefficients[0]).wrapping_mul(i32::from(steps[0])) + 4) >> 3;
        return [[to_sample(mean); 8]; 8];
    }
    let row = |v: usize| -> Lane {
        array::from_fn(|u| {
            let value = Wrapping(i32::from(coefficients[8 * v + u]));
            value * Wrapping(i32::from(steps[8 * v + u]))
        })
    };
    // Each lane holds one frequency of all eight columns.
    let columns = transform(array::from_fn(row), FACTOR_BITS - BETWEEN_BITS);
    let rows = transform(transposed(&columns), FACTOR_BITS + BETWEEN_BITS + 3);
    transposed(&rows).map(|row| row.map(|value| to_sample(value.0)))
}

fn to_sample(level: i32) -> u8 {
    level.saturating_add(128).clamp(0, 255) as u8
}

fn transposed(lanes: &[Lane; 8]) -> [Lane; 8] {
    array::from_fn(|i| array::from_fn(|j| lanes[j][i]))
}

fn sum(a: Lane, b: Lane) -> Lane {
    array::from_fn(|i| a[i] + b[i])
}

fn difference(a: Lane, b: Lane) -> Lane {
    array::from_fn(|i| a[i] - b[i])
}

fn times(a: Lane, factor: i32) -> Lane {
    a.map(|value| value * Wrapping(factor))
}

/// Eight transforms of length 8 at once; the results are rounded to `1 / 2^shift`.
fn transform(frequencies: [Lane; 8], shift: u32) -> [Lane; 8] {
    let [f0, f1, f2, f3, f4, f5, f6, f7] = frequencies;
    // Even frequencies.
    let z = times(sum(f2, f6), 4433);
    let low = sum(z, times(f6, -15137));
    let high = sum(z, times(f2, 6270));
    let whole = |lane: Lane| lane.map(|value| value << FACTOR_BITS as usize);
    let (plus, minus) = (whole(sum(f0, f4)), whole(difference(f0, f4)));
    let even = [sum(plus, high), sum(minus, low), difference(minus, low), difference(plus, high)];
    // Odd frequencies.
    let z5 = times(sum(sum(f7, f3), sum(f5, f1)), 9633);
    let z1 = times(sum(f7, f1), -7373);
    let z2 = times(sum(f5, f3), -20995);
    let z3 = sum(times(sum(f7, f3), -16069), z5);
    let z4 = sum(times(sum(f5, f1), -3196), z5);
    let odd = [
        sum(times(f1, 12299), sum(z1, z4)),
        sum(times(f3, 25172), sum(z2, z3)),
        sum(times(f5, 16819), sum(z2, z4)),
        sum(times(f7, 2446), sum(z1, z3)),
    ];
    let half = Wrapping(1 << (shift - 1));
    let rounded = |lane: Lane| lane.map(|value| (value + half) >> shift as usize);
    array::from_fn(|place| match place {
        0..4 => rounded(sum(even[place], odd[place])),
        _ => rounded(difference(even[7 - place], odd[7 - place])),
    })
}
