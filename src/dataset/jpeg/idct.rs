//! The inverse transform of a block of 8 by 8, by integers.

/// Values of one row of a block, or of one column.
type Lane = [i32; 8];

/// Factors are in 8192ths.
const FACTOR_BITS: u32 = 13;
/// The columns keep two bits more than whole levels for the rows.
const BETWEEN_BITS: u32 = 2;

/// Samples of a block, `[down][across]`, from its coefficients times their quantisation steps.
///
/// Source: Loeffler, Ligtenberg and Moschytz 1989, in the order of operations of libjpeg's
/// accurate integer transform ("islow"), so that samples are the same to the bit.
#[inline(always)]
pub(crate) fn samples(coefficients: &[i16; 64], steps: &[u16; 64]) -> [[u8; 8]; 8] {
    if coefficients[1..].iter().all(|&value| value == 0) {
        let mean = (i32::from(coefficients[0]).wrapping_mul(i32::from(steps[0])) + 4) >> 3;
        return [[to_sample(mean); 8]; 8];
    }
    // Each lane holds one frequency of all eight columns.
    let mut frequencies = [[0; 8]; 8];
    for (v, lane) in frequencies.iter_mut().enumerate() {
        for (u, value) in lane.iter_mut().enumerate() {
            let at = 8 * v + u;
            *value = i32::from(coefficients[at]).wrapping_mul(i32::from(steps[at]));
        }
    }
    let columns = transform(frequencies, FACTOR_BITS - BETWEEN_BITS);
    let rows = transform(transposed(&columns), FACTOR_BITS + BETWEEN_BITS + 3);
    let rows = transposed(&rows);
    let mut samples = [[0; 8]; 8];
    for (row, lane) in samples.iter_mut().zip(&rows) {
        for (sample, &level) in row.iter_mut().zip(lane) {
            *sample = to_sample(level);
        }
    }
    samples
}

#[inline(always)]
fn to_sample(level: i32) -> u8 {
    level.saturating_add(128).clamp(0, 255) as u8
}

#[inline(always)]
fn transposed(lanes: &[Lane; 8]) -> [Lane; 8] {
    let mut turned = [[0; 8]; 8];
    for (i, lane) in turned.iter_mut().enumerate() {
        for (j, value) in lane.iter_mut().enumerate() {
            *value = lanes[j][i];
        }
    }
    turned
}

#[inline(always)]
fn each(a: Lane, b: Lane, of: impl Fn(i32, i32) -> i32) -> Lane {
    let mut lane = [0; 8];
    for (i, value) in lane.iter_mut().enumerate() {
        *value = of(a[i], b[i]);
    }
    lane
}

#[inline(always)]
fn sum(a: Lane, b: Lane) -> Lane {
    each(a, b, i32::wrapping_add)
}

#[inline(always)]
fn difference(a: Lane, b: Lane) -> Lane {
    each(a, b, i32::wrapping_sub)
}

#[inline(always)]
fn times(a: Lane, factor: i32) -> Lane {
    each(a, a, |value, _| value.wrapping_mul(factor))
}

/// Eight transforms of length 8 at once; the results are rounded to `1 / 2^shift`.
#[inline(always)]
fn transform(frequencies: [Lane; 8], shift: u32) -> [Lane; 8] {
    let [f0, f1, f2, f3, f4, f5, f6, f7] = frequencies;
    // Even frequencies.
    let z = times(sum(f2, f6), 4433);
    let low = sum(z, times(f6, -15137));
    let high = sum(z, times(f2, 6270));
    let (plus, minus) =
        (times(sum(f0, f4), 1 << FACTOR_BITS), times(difference(f0, f4), 1 << FACTOR_BITS));
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
    let rounded = |a: Lane, b: Lane| {
        each(a, b, |a, b| a.wrapping_add(b).wrapping_add(1 << (shift - 1)) >> shift)
    };
    let minus = |lane: Lane| each(lane, lane, |value, _| value.wrapping_neg());
    let [e0, e1, e2, e3] = even;
    let [o0, o1, o2, o3] = odd;
    [
        rounded(e0, o0),
        rounded(e1, o1),
        rounded(e2, o2),
        rounded(e3, o3),
        rounded(e3, minus(o3)),
        rounded(e2, minus(o2)),
        rounded(e1, minus(o1)),
        rounded(e0, minus(o0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::with_vectors;
    use crate::random::Rng;

    #[test]
    fn samples_are_the_same_with_the_processor_s_vectors() {
        let mut rng = Rng::new(3);
        for most in [1, 20, 2_000, 65_536] {
            for _ in 0..200 {
                let coefficients: [i16; 64] =
                    std::array::from_fn(|_| (rng.below(most) as i64 - most as i64 / 2) as i16);
                let steps: [u16; 64] = std::array::from_fn(|_| rng.below(most) as u16);
                let plain = samples(&coefficients, &steps);
                assert_eq!(plain, with_vectors(|| samples(&coefficients, &steps)));
            }
        }
    }
}
