//! Products of a few rows of f32 with a few others, for vectors of any set of instructions. What they are
//! for, and where they may be used, is in `dense`.

use std::array::from_fn;
use std::ops::Range;

use super::graph::BLOCK;
use super::numbers::{F32x16, Lanes};

/// Columns that are gone through at a time, so that 6 rows of weights, 12 KiB, stay in the first-level cache
/// and a hundred rows in the second.
const COLUMNS: usize = 512;
/// Rows and weights of a block of dot products whose sums fit into the registers, where a vector is one
/// register, and where it is two.
const DOTS: [(usize, usize); 2] = [(4, 6), (2, 2)];
/// Sums of a block of weighted sums, and how many vectors long.
const SUMS: [(usize, usize); 2] = [(6, 4), (6, 1)];

/// Rows of one length.
pub(super) type Rows<'a> = [&'a [f32]];

/// The products, compiled for one set of instructions.
///
/// A value of it may be handed out only where the processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Products {
    pub dots: unsafe fn(&Rows, &Rows, &mut [f32]),
    pub weighted_sums: unsafe fn(&Rows, &[f32], &mut [f32]),
}

/// Makes a module with the [`Products`] of vectors of 16 numbers: the generic functions, inlined into
/// ones that carry the `#[target_feature]`.
macro_rules! compile_products {
    ($name:ident, $vector:ty $(, #[$features:meta])?) => {
        mod $name {
            use super::*;
            use crate::products::{self, Products};

            $(#[$features])?
            unsafe fn dots(rows: &[&[f32]], weights: &[&[f32]], to: &mut [f32]) {
                products::dots_by::<$vector>(rows, weights, to)
            }

            $(#[$features])?
            unsafe fn weighted_sums(rows: &[&[f32]], factors: &[f32], to: &mut [f32]) {
                products::weighted_sums_by::<$vector>(rows, factors, to)
            }

            pub(super) const PRODUCTS: Products = Products { dots, weighted_sums };
        }
    };
}

pub(super) use compile_products;

/// Calls `$function::<V, $rows, n>` with the constant n that is `$count`, at most 6.
macro_rules! with_count {
    ($function:ident::<$v:ident, $other:literal>($count:expr, $($argument:expr),*)) => {
        match $count {
            1 => $function::<$v, $other, 1>($($argument),*),
            2 => $function::<$v, $other, 2>($($argument),*),
            3 => $function::<$v, $other, 3>($($argument),*),
            4 => $function::<$v, $other, 4>($($argument),*),
            5 => $function::<$v, $other, 5>($($argument),*),
            _ => $function::<$v, $other, 6>($($argument),*),
        }
    };
}

/// See [`dots`](super::dots); `to` is `[rows, weights]` of 0.
#[inline(always)]
pub(super) fn dots_by<V: F32x16>(rows: &[&[f32]], weights: &[&[f32]], to: &mut [f32]) {
    let length = rows.first().map_or(0, |row| row.len());
    let (block_rows, block_weights) = DOTS[usize::from(!V::IS_ONE_REGISTER)];
    let stride = weights.len();
    let mut side_by_side = Vec::with_capacity(COLUMNS / BLOCK * block_weights);
    for start in (0..length).step_by(COLUMNS) {
        let columns = start..length.min(start + COLUMNS);
        for first in (0..stride).step_by(block_weights) {
            let weights = &weights[first..stride.min(first + block_weights)];
            let some = weights.len();
            lay_side_by_side(weights, &columns, &mut side_by_side);
            macro_rules! block {
                ($m:literal, $rows:expr, $to:expr) => {
                    with_count!(dots_of_block::<V, $m>(
                        some,
                        $rows,
                        &side_by_side,
                        &columns,
                        $to,
                        stride
                    ))
                };
            }
            let places = to.chunks_mut(block_rows * stride).map(|rows| &mut rows[first..]);
            for (rows, to) in rows.chunks(block_rows).zip(places) {
                match rows.len() {
                    4 => block!(4, rows, to),
                    2 => block!(2, rows, to),
                    _ => rows
                        .chunks(1)
                        .zip(to.chunks_mut(stride))
                        .for_each(|(row, to)| block!(1, row, to)),
                }
            }
        }
    }
    // What makes no whole vector is at the end of the rows.
    let rest = length / BLOCK * BLOCK..;
    for (row, to) in rows.iter().zip(to.chunks_mut(stride.max(1))) {
        for (weights, to) in weights.iter().zip(to) {
            let products = row[rest.clone()].iter().zip(&weights[rest.clone()]);
            *to += products.map(|(x, w)| x * w).sum::<f32>();
        }
    }
}

/// A vector that lies in one line of the cache.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Aligned(Lanes);

/// The vectors of these columns: the first of each row of weights, the second of each, and so on. So they
/// are read by one pointer: a processor has too few for one a row.
#[inline(always)]
fn lay_side_by_side(weights: &[&[f32]], columns: &Range<usize>, to: &mut Vec<Aligned>) {
    to.clear();
    for at in 0..columns.len() / BLOCK {
        to.extend(weights.iter().map(|row| Aligned(part(row, columns).0[at])));
    }
}

/// Adds the dot products of `M` rows with `N` weights that lie side by side, over whole vectors of these
/// columns, to `to`, where those of the next row are `stride` further.
#[inline(always)]
fn dots_of_block<V: F32x16, const M: usize, const N: usize>(
    rows: &[&[f32]],
    weights: &[Aligned],
    columns: &Range<usize>,
    to: &mut [f32],
    stride: usize,
) {
    let (weights, _) = weights.as_chunks::<N>();
    // As many of each, and the compiler can see it.
    let x: [&[Lanes]; M] = from_fn(|m| &part(rows[m], columns).0[..weights.len()]);
    let mut sums = [[V::load(&[0.0; BLOCK]); N]; M];
    for (i, weights) in weights.iter().enumerate() {
        let w: [V; N] = from_fn(|n| V::load(&weights[n].0));
        for (sums, x) in sums.iter_mut().zip(x) {
            let x = V::load(&x[i]);
            for (sum, w) in sums.iter_mut().zip(w) {
                *sum = sum.plus_products(x, w);
            }
        }
    }
    for (m, sums) in sums.into_iter().enumerate() {
        for (n, sum) in sums.into_iter().enumerate() {
            to[m * stride + n] += sum.sum();
        }
    }
}

/// These columns of a row: whole vectors, and the rest.
#[inline(always)]
fn part<'a>(row: &'a [f32], columns: &Range<usize>) -> (&'a [Lanes], &'a [f32]) {
    row[columns.clone()].as_chunks()
}

/// See [`weighted_sums`](super::weighted_sums); `to` is `[count, row length]` of 0.
#[inline(always)]
pub(super) fn weighted_sums_by<V: F32x16>(rows: &[&[f32]], factors: &[f32], to: &mut [f32]) {
    let length = rows.first().map_or(0, |row| row.len());
    let Some(count) = to.len().checked_div(length) else { return };
    let (block_sums, block_vectors) = SUMS[usize::from(!V::IS_ONE_REGISTER)];
    let vectors = length / BLOCK;
    let mut done = 0;
    while done < vectors {
        // Vectors that make no whole block are done one by one.
        let wide = if vectors - done < block_vectors { 1 } else { block_vectors };
        for first in (0..count).step_by(block_sums) {
            let some = block_sums.min(count - first);
            let (factors, to) = (&factors[first..], &mut to[first * length..]);
            let at = done * BLOCK;
            match wide {
                4 => with_count!(sums_of_block::<V, 4>(some, rows, factors, count, at, to)),
                _ => with_count!(sums_of_block::<V, 1>(some, rows, factors, count, at, to)),
            }
        }
        done += wide;
    }
    for (sum, to) in to.chunks_mut(length).enumerate() {
        for (column, to) in to.iter_mut().enumerate().skip(vectors * BLOCK) {
            let products =
                rows.iter().enumerate().map(|(n, row)| factors[n * count + sum] * row[column]);
            *to = products.sum();
        }
    }
}

/// `M` sums of `N` vectors of the rows, from column `at` on; `factors` has those of the next row `stride`
/// further.
#[inline(always)]
fn sums_of_block<V: F32x16, const N: usize, const M: usize>(
    rows: &[&[f32]],
    factors: &[f32],
    stride: usize,
    at: usize,
    to: &mut [f32],
) {
    let mut sums = [[V::load(&[0.0; BLOCK]); N]; M];
    for (row, factors) in rows.iter().zip(factors.chunks(stride)) {
        let (x, _) = row[at..][..N * BLOCK].as_chunks::<BLOCK>();
        let x: [V; N] = from_fn(|n| V::load(&x[n]));
        for (sums, factor) in sums.iter_mut().zip(&factors[..M]) {
            let factor = V::splat(*factor);
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum = sum.plus_product(factor, x);
            }
        }
    }
    let length = rows.first().map_or(0, |row| row.len());
    for (m, sums) in sums.into_iter().enumerate() {
        let (to, _) = to[m * length + at..][..N * BLOCK].as_chunks_mut::<BLOCK>();
        sums.into_iter().zip(to).for_each(|(sum, to)| sum.store(to));
    }
}
