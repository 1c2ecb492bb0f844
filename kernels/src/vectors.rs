//! Other loops of the program, compiled for the vectors that the processor has.

/// Does `work`, and lets the compiler use AVX2 for it where the processor has that. Numbers are the same
/// either way: nothing is summed in another order, and no multiplication is joined with an addition.
///
/// Only what is inlined into `work` gains, so mark it and what it calls `#[inline(always)]`; and what
/// takes about a microsecond or more, for the way here is a call.
#[inline]
pub fn with_vectors<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
    {
        // SAFETY: the processor has them.
        return unsafe { with_avx2(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn with_avx2<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_products_have_the_same_bits_with_vectors() {
        let products = |values: &[f32]| {
            let mut sums = [0.1f32; 16];
            for row in values.as_chunks::<16>().0 {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += value * 0.3;
                }
            }
            sums.map(f32::to_bits)
        };
        let values: Vec<f32> = (0..1600).map(|n| 1.0 / (n + 1) as f32).collect();
        assert_eq!(with_vectors(|| products(&values)), products(&values));
    }
}
