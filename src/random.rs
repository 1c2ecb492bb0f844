//! Seeded random numbers whose every bit is our own: the same seed gives the same run, on every
//! machine and with every version of every crate.

/// SplitMix64 (Steele, Lea, Flood 2014): one 64-bit word of state, one output a step.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The generator of this seed.
    pub fn new(seed: u64) -> Rng {
        Rng { state: seed }
    }

    /// An independent generator for one purpose (`label`) under the same seed, so that drawing more
    /// for one purpose does not shift the numbers of another.
    pub fn for_purpose(seed: u64, label: &str) -> Rng {
        let hash = blake3::hash(format!("{label}\0{seed}").as_bytes());
        let bytes: [u8; 8] = hash.as_bytes()[..8].try_into().expect("a BLAKE3 hash has 32 bytes");
        Rng::new(u64::from_le_bytes(bytes))
    }

    /// The whole state, for a checkpoint; [`Rng::new`] of it goes on where this one stands.
    pub fn state(&self) -> u64 {
        self.state
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`, with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform in `0..n`, without bias (Lemire 2019). Panics when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "there is no number below 0");
        let n = n as u64;
        let unfair = n.wrapping_neg() % n;
        loop {
            let wide = u128::from(self.next_u64()) * u128::from(n);
            if wide as u64 >= unfair {
                return (wide >> 64) as usize;
            }
        }
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal, by the polar method (Marsaglia, Bray 1964); the second number of each pair
    /// is dropped so that the state stays one word.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let s = x * x + y * y;
            if s > 0.0 && s < 1.0 {
                return x * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Standard normal, drawn again beyond two deviations, as TensorFlow's `truncated_normal`.
    pub fn truncated_normal(&mut self) -> f64 {
        loop {
            let x = self.normal();
            if x.abs() <= 2.0 {
                return x;
            }
        }
    }

    /// Puts the items into a random order, each order with the same probability (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first outputs of the published C source for seed 1234567.
        let mut rng = Rng::new(1234567);
        let seen: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(seen, [6457827717110365317, 3203168211198807973, 9817491932198370423]);
    }

    #[test]
    fn a_state_taken_out_goes_on_with_the_same_numbers() {
        let mut rng = Rng::for_purpose(7, "batches");
        rng.below(10);
        let mut copy = Rng::new(rng.state());
        assert_eq!(rng.next_u64(), copy.next_u64());
    }

    #[test]
    fn numbers_below_n_are_even_and_inside() {
        let mut rng = Rng::new(1);
        let mut counts = [0; 5];
        for _ in 0..50_000 {
            counts[rng.below(5)] += 1;
        }
        // Binomial: 10,000 with a deviation of 89; five deviations either way.
        assert!(counts.iter().all(|&n| (9_553..=10_447).contains(&n)), "{counts:?}");
    }

    #[test]
    fn truncated_normals_stay_within_two_deviations_and_have_theirs() {
        let mut rng = Rng::new(3);
        let drawn: Vec<f64> = (0..20_000).map(|_| rng.truncated_normal()).collect();
        assert!(drawn.iter().all(|x| x.abs() <= 2.0));
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / drawn.len() as f64;
        // A normal cut at two deviations has variance 0.7737.
        assert!((variance - 0.7737).abs() < 0.02, "{variance}");
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<usize> = (0..100).collect();
        Rng::new(9).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
