//! The two products of a step of a head: batches of feature rows with weights, and with what the loss says
//! of the logits. Both read the rows where they lie, and need no packing, because the matrices are small:
//! a batch of a hundred rows, some categories.
//!
//! Every number is summed in an order that depends on the length of the rows alone, so a row's logits are
//! the same whatever else is in its batch, and those of a category whatever other categories there are.

use super::engine::Engine;
use super::format::Format;
use super::products::Products;

/// The dot product of each row with each of the weights: `[rows, weights]`.
///
/// # Panics
/// Where not all have the same length.
pub fn dots(rows: &[&[f32]], weights: &[&[f32]]) -> Vec<f32> {
    let length = rows.iter().chain(weights).next().map_or(0, |row| row.len());
    assert!(rows.iter().chain(weights).all(|row| row.len() == length), "of one length");
    let mut dots = vec![0.0; rows.len() * weights.len()];
    // SAFETY: products are handed out only where the processor has their instructions.
    unsafe { (products().dots)(rows, weights, &mut dots) };
    dots
}

/// The sums of the rows by each of `count` columns of factors, which are `[rows, count]`:
/// `[count, row length]`.
///
/// # Panics
/// Where not all rows have the same length, or the factors are not as many.
pub fn weighted_sums(rows: &[&[f32]], factors: &[f32], count: usize) -> Vec<f32> {
    let length = rows.first().map_or(0, |row| row.len());
    assert!(rows.iter().all(|row| row.len() == length), "of one length");
    assert_eq!(factors.len(), rows.len() * count, "a factor for each row and sum");
    let mut sums = vec![0.0; count * length];
    // SAFETY: products are handed out only where the processor has their instructions.
    unsafe { (products().weighted_sums)(rows, factors, &mut sums) };
    sums
}

fn products() -> Products {
    Engine::best(Format::F32).products()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::InstructionSet;
    use crate::random::Rng;

    fn drawn(rng: &mut Rng, count: usize, length: usize) -> Vec<Vec<f32>> {
        let mut row = || (0..length).map(|_| rng.between(-1.0, 1.0) as f32).collect();
        (0..count).map(|_| row()).collect()
    }

    fn slices(rows: &[Vec<f32>]) -> Vec<&[f32]> {
        rows.iter().map(Vec::as_slice).collect()
    }

    /// Of every set of instructions that this processor has.
    fn all() -> Vec<(InstructionSet, Products)> {
        let engines = Engine::of(Format::F32).into_iter();
        let plain = Engine::new(Format::F32, InstructionSet::Baseline);
        engines.chain(plain).map(|engine| (engine.set(), engine.products())).collect()
    }

    /// Rows, weights or sums, length.
    const SHAPES: [[usize; 3]; 9] = [
        [1, 1, 1],
        [3, 2, 15],
        [4, 6, 16],
        [5, 7, 17],
        [10, 5, 96],
        [7, 13, 1024],
        [9, 11, 1030],
        [100, 5, 2048],
        [33, 20, 2100],
    ];

    #[test]
    fn both_products_are_those_of_the_obvious_loops() {
        let mut rng = Rng::new(1);
        for [n, k, length] in SHAPES {
            let (rows, weights) = (drawn(&mut rng, n, length), drawn(&mut rng, k, length));
            let factors = drawn(&mut rng, n, k).concat();
            for (set, products) in all() {
                let (mut dots, mut sums) = (vec![0.0; n * k], vec![0.0; k * length]);
                // SAFETY: the engine exists here.
                unsafe {
                    (products.dots)(&slices(&rows), &slices(&weights), &mut dots);
                    (products.weighted_sums)(&slices(&rows), &factors, &mut sums);
                }
                let wide = |x: f32| f64::from(x);
                for (at, dot) in dots.iter().enumerate() {
                    let pairs = rows[at / k].iter().zip(&weights[at % k]);
                    let expected: f64 = pairs.map(|(x, w)| wide(*x) * wide(*w)).sum();
                    let tolerance = 1e-6 * (length as f64).sqrt();
                    assert!((wide(*dot) - expected).abs() < tolerance, "{set:?} {n} {k} {length}");
                }
                for (at, sum) in sums.iter().enumerate() {
                    let (sum_of, column) = (at / length, at % length);
                    let product = |(n, row): (usize, &Vec<f32>)| {
                        wide(factors[n * k + sum_of]) * wide(row[column])
                    };
                    let expected: f64 = rows.iter().enumerate().map(product).sum();
                    let tolerance = 1e-6 * (n as f64).sqrt();
                    assert!((wide(*sum) - expected).abs() < tolerance, "{set:?} {n} {k} {length}");
                }
            }
        }
    }

    #[test]
    fn a_number_has_the_same_bits_whatever_is_computed_beside_it() {
        let mut rng = Rng::new(2);
        let (n, k, length) = (21, 17, 1500);
        let (rows, weights) = (drawn(&mut rng, n, length), drawn(&mut rng, k, length));
        let factors = drawn(&mut rng, n, k);
        let (rows, weights) = (slices(&rows), slices(&weights));
        let (all_dots, all_sums) =
            (dots(&rows, &weights), weighted_sums(&rows, &factors.concat(), k));
        for row in 0..n {
            for weight in 0..k {
                let alone = dots(&rows[row..=row], &weights[weight..=weight]);
                assert_eq!(alone[0].to_bits(), all_dots[row * k + weight].to_bits());
            }
        }
        for sum in 0..k {
            let own: Vec<f32> = factors.iter().map(|factors| factors[sum]).collect();
            assert_eq!(weighted_sums(&rows, &own, 1), all_sums[sum * length..][..length]);
        }
    }

    #[test]
    fn all_instructions_that_fuse_give_the_same_bits() {
        let mut rng = Rng::new(3);
        let (rows, weights) = (drawn(&mut rng, 5, 2100), drawn(&mut rng, 7, 2100));
        let by = |products: Products| {
            let mut to = vec![0.0; 5 * 7];
            // SAFETY: the engine exists here.
            unsafe { (products.dots)(&slices(&rows), &slices(&weights), &mut to) };
            to
        };
        let all = Engine::of(Format::F32).into_iter().map(|engine| by(engine.products()));
        let all: Vec<Vec<f32>> = all.collect();
        assert!(all.iter().all(|dots| *dots == all[0]));
    }

    #[test]
    fn nothing_has_no_products() {
        assert!(dots(&[], &[&[1.0]]).is_empty());
        assert_eq!(dots(&[&[]], &[&[]]), [0.0]);
        assert!(weighted_sums(&[], &[], 3).is_empty());
    }
}
