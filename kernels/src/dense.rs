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
    use crate::products::Rows;
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

    /// Rows, weights or sums, length; from 120 weights and 43 sums on rows are copied.
    const SHAPES: [[usize; 3]; 11] = [
        [1, 1, 1],
        [3, 2, 15],
        [4, 6, 16],
        [5, 7, 17],
        [10, 5, 96],
        [7, 13, 1024],
        [9, 11, 1030],
        [100, 5, 2048],
        [33, 20, 2100],
        [10, 43, 1111],
        [5, 121, 600],
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

    /// Some rows, weights or sums, and a length: of few and of many, seldom round.
    fn drawn_shape(rng: &mut Rng) -> [usize; 3] {
        let most = [[9, 7, 40], [30, 60, 700], [7, 150, 1300], [120, 9, 2100]][rng.below(4)];
        most.map(|most| 1 + rng.below(most))
    }

    fn both(products: Products, rows: &Rows, weights: &Rows, factors: &[f32]) -> [Vec<u32>; 2] {
        let (k, length) = (weights.len(), rows[0].len());
        let (mut dots, mut sums) = (vec![0.0; rows.len() * k], vec![0.0; k * length]);
        // SAFETY: the engine exists here.
        unsafe {
            (products.dots)(rows, weights, &mut dots);
            (products.weighted_sums)(rows, factors, &mut sums);
        }
        [dots, sums].map(|numbers| numbers.into_iter().map(f32::to_bits).collect())
    }

    #[test]
    fn a_number_has_the_same_bits_whatever_is_computed_beside_it() {
        let mut rng = Rng::new(2);
        for _ in 0..12 {
            let [n, k, length] = drawn_shape(&mut rng);
            let (rows, weights) = (drawn(&mut rng, n, length), drawn(&mut rng, k, length));
            let factors = drawn(&mut rng, n, k);
            let (rows, weights) = (slices(&rows), slices(&weights));
            for (set, products) in all() {
                let [dots, sums] = both(products, &rows, &weights, &factors.concat());
                // Some of the weights with some of the rows; the sums are of all rows.
                let (row, weight) = (rng.below(n), rng.below(k));
                let (last_row, last) = (row + rng.below(n - row), weight + rng.below(k - weight));
                let own: Vec<f32> =
                    factors.iter().flat_map(|row| &row[weight..=last]).copied().collect();
                let [_, some_sums] = both(products, &rows, &weights[weight..=last], &own);
                assert_eq!(some_sums, sums[weight * length..(last + 1) * length], "{set:?}");
                let own: Vec<f32> = vec![0.0; (last_row + 1 - row) * (last + 1 - weight)];
                let [some, _] =
                    both(products, &rows[row..=last_row], &weights[weight..=last], &own);
                let expected = (row..=last_row).flat_map(|row| &dots[row * k..][weight..=last]);
                assert!(some.iter().eq(expected), "{set:?} {n} {k} {length}");
            }
        }
    }

    #[test]
    fn all_instructions_that_fuse_give_the_same_bits_and_add_in_the_order_that_heads_were_trained_in()
     {
        let mut rng = Rng::new(3);
        for _ in 0..8 {
            let [n, k, length] = drawn_shape(&mut rng);
            let (rows, weights) = (drawn(&mut rng, n, length), drawn(&mut rng, k, length));
            let factors = drawn(&mut rng, n, k).concat();
            let dots: Vec<u32> = rows
                .iter()
                .flat_map(|row| weights.iter().map(|weights| dot_in_order(row, weights).to_bits()))
                .collect();
            let whole = length / 16 * 16;
            let sum = |sum: usize, column: usize| {
                let products = (0..n).map(|row| (factors[row * k + sum], rows[row][column]));
                match column < whole {
                    true => products.fold(0.0, |sum: f32, (factor, x)| factor.mul_add(x, sum)),
                    false => products.map(|(factor, x)| factor * x).sum(),
                }
            };
            let sums: Vec<u32> = (0..k)
                .flat_map(|of| (0..length).map(move |column| (of, column)))
                .map(|(of, column)| sum(of, column).to_bits())
                .collect();
            let (rows, weights) = (slices(&rows), slices(&weights));
            for (set, products) in all() {
                // Plain Rust fuses where the processor does.
                if set != InstructionSet::Baseline {
                    let seen = both(products, &rows, &weights, &factors);
                    assert!(seen == [dots.clone(), sums.clone()], "{set:?} {n} {k} {length}");
                }
            }
        }
    }

    /// Of every 512 columns 16 sums, which are added by halves; what makes no 16 is added at the end.
    fn dot_in_order(row: &[f32], weights: &[f32]) -> f32 {
        let mut dot = 0.0;
        for (row, weights) in row.chunks(512).zip(weights.chunks(512)) {
            let mut sums = [0.0f32; 16];
            for (row, weights) in row.as_chunks::<16>().0.iter().zip(weights.as_chunks::<16>().0) {
                let pairs = row.iter().zip(weights);
                sums.iter_mut().zip(pairs).for_each(|(sum, (x, w))| *sum = x.mul_add(*w, *sum));
            }
            for half in [8, 4, 2, 1] {
                (0..half).for_each(|lane| sums[lane] += sums[lane + half]);
            }
            dot += sums[0];
        }
        let rest = row.len() / 16 * 16..;
        dot + row[rest.clone()].iter().zip(&weights[rest]).map(|(x, w)| x * w).sum::<f32>()
    }

    #[test]
    fn nothing_has_no_products() {
        assert!(dots(&[], &[&[1.0]]).is_empty());
        assert_eq!(dots(&[&[]], &[&[]]), [0.0]);
        assert!(weighted_sums(&[], &[], 3).is_empty());
    }
}
