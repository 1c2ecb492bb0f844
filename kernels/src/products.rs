//! Products of a few rows of f32 with a few others, for vectors of any set of instructions. What they are
//! for, and where they may be used, is in `dense`.

use std::array::from_fn;
use std::iter::repeat;
use std::ops::Range;

use super::graph::BLOCK;
use super::numbers::{F32x16, Lanes};

/// Columns that are gone through at a time, so that 6 rows of weights, 12 KiB, stay in the first-level cache
/// and a hundred rows in the second. The sums of these columns are added to those before, so another number
/// gives other last digits.
const COLUMNS: usize = 512;
/// Weights of the largest block.
const MOST_WEIGHTS: usize = 6;
/// Rows and weights of a block of dot products whose sums fit into the registers, where a vector is one
/// register, and where it is two.
const DOTS: [(usize, usize); 2] = [(4, MOST_WEIGHTS), (2, 2)];
/// Sums of a block of weighted sums, and how many vectors long.
const SUMS: [(usize, usize); 2] = [(6, 4), (6, 1)];
/// From so many blocks of weights, and of sums, on, each of which goes through all rows, the rows are copied:
/// what lies side by side is read faster than rows of which each begins in the same line of the cache.
const COPIED: (usize, usize) = (20, 7);

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
    let blocks = rows.len().div_ceil(block_rows);
    let weight_blocks = weights.len().div_ceil(block_weights);
    let copied = if weight_blocks < COPIED.0 { 0 } else { blocks * block_rows };
    let mut own_rows = vec![Aligned([0.0; BLOCK]); copied * COLUMNS / BLOCK];
    let mut own_weights = [Aligned([0.0; BLOCK]); MOST_WEIGHTS * COLUMNS / BLOCK];
    let mut sums = vec![[0.0; 4]; blocks * weights.len()];
    for start in (0..length).step_by(COLUMNS) {
        let columns = start..length.min(start + COLUMNS);
        let next_columns = columns.end..length.min(columns.end + COLUMNS);
        let vectors = columns.len() / BLOCK;
        let own_rows = &mut own_rows[..copied * vectors];
        let places = own_rows.chunks_exact_mut((block_rows * vectors).max(1));
        for (rows, to) in rows.chunks(block_rows).zip(places) {
            lay_side_by_side(rows, &columns, to, block_rows);
        }
        let mut next_rows = rows.chunks(rows.len().div_ceil(weight_blocks.max(1)));
        let mut sums = &mut sums[..];
        let mut weights = weights.chunks(block_weights).peekable();
        while let Some(some) = weights.next() {
            // In vain where there is nothing more to fetch.
            let next_weights = weights.peek().copied().unwrap_or_default().iter();
            let next_rows = next_rows.next().unwrap_or_default().iter();
            let next = next_weights
                .map(|row| part(row, &columns).0)
                .chain(next_rows.map(|row| part(row, &next_columns).0))
                .filter(|next| next.len() == vectors)
                .chain(repeat(part(rows[0], &columns).0));
            let to = sums.split_off_mut(..some.len() * blocks).expect("as many as there are");
            let own_weights = &mut own_weights[..some.len() * vectors];
            lay_side_by_side(some, &columns, own_weights, some.len());
            let own = &*own_weights;
            match (copied > 0, V::IS_ONE_REGISTER) {
                (true, true) => {
                    with_count!(dots_of_copies::<V, 4>(some.len(), own_rows, own, next, to))
                }
                (true, false) => {
                    with_count!(dots_of_copies::<V, 2>(some.len(), own_rows, own, next, to))
                }
                (false, true) => {
                    with_count!(dots_of_rows::<V, 4>(some.len(), rows, own, &columns, to))
                }
                (false, false) => {
                    with_count!(dots_of_rows::<V, 2>(some.len(), rows, own, &columns, to))
                }
            }
        }
    }
    spread(&sums, [block_rows, block_weights], weights.len(), to);
    add_rest(rows, weights, to);
}

/// Adds the products of what makes no whole vector at the end of the rows.
fn add_rest(rows: &Rows, weights: &Rows, to: &mut [f32]) {
    for (row, to) in rows.iter().zip(to.chunks_mut(weights.len().max(1))) {
        let (_, row) = row.as_chunks::<BLOCK>();
        if row.is_empty() {
            return;
        }
        for (weights, to) in weights.iter().zip(to) {
            let products = row.iter().zip(weights.as_chunks::<BLOCK>().1);
            *to += products.map(|(x, w)| x * w).sum::<f32>();
        }
    }
}

/// Brings sums by block of weights, block of rows, weight and row into the order `[rows, count]`.
fn spread(sums: &[[f32; 4]], [rows, weights]: [usize; 2], count: usize, to: &mut [f32]) {
    let mut sums = sums;
    for first in (0..count).step_by(weights) {
        let last = count.min(first + weights);
        for to in to.chunks_mut(rows * count) {
            let of_block = sums.split_off(..last - first).expect("as many as there are");
            for (row, to) in to.chunks_exact_mut(count).enumerate() {
                to[first..last].iter_mut().zip(of_block).for_each(|(to, sums)| *to = sums[row]);
            }
        }
    }
}

/// A vector that lies in one line of the cache.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Aligned(Lanes);

/// The vectors of these columns: the first of each row, the second of each, and so on, of `count` rows,
/// of which the last may be missing. So they are read by one pointer: a processor has too few for one a
/// row.
#[inline(always)]
fn lay_side_by_side(rows: &[&[f32]], columns: &Range<usize>, to: &mut [Aligned], count: usize) {
    for (m, row) in rows.iter().enumerate() {
        let places = to.iter_mut().skip(m).step_by(count);
        places.zip(part(row, columns).0).for_each(|(to, x)| to.0 = *x);
    }
}

/// Adds the dot products of rows with `N` weights, both of which lie side by side, the rows in blocks of
/// `M`, to `to`: by block, weight and row. Meanwhile the `next` rows, one for each block, are fetched.
#[inline(always)]
fn dots_of_copies<'a, V: F32x16, const M: usize, const N: usize>(
    rows: &[Aligned],
    weights: &[Aligned],
    next: impl Iterator<Item = &'a [Lanes]>,
    to: &mut [[f32; 4]],
) {
    let (weights, to) = (weights.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
    let blocks = rows.chunks_exact((M * weights.len()).max(1));
    for ((rows, next), to) in blocks.zip(next).zip(to) {
        let rows = rows.as_chunks::<M>().0.iter().zip(next).map(|(rows, next)| {
            V::prefetch(next);
            rows.each_ref().map(|x| V::load(&x.0))
        });
        dots_of_block::<V, M, N>(rows, weights, to);
    }
}

/// Adds the dot products of these columns of rows with `N` weights that lie side by side to `to`: by
/// block of `M` rows, weight and row.
#[inline(always)]
fn dots_of_rows<V: F32x16, const M: usize, const N: usize>(
    rows: &[&[f32]],
    weights: &[Aligned],
    columns: &Range<usize>,
    to: &mut [[f32; 4]],
) {
    let (weights, to) = (weights.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
    for (rows, to) in rows.chunks(M).zip(to) {
        // For rows that are missing the last stands there.
        let row = |m: usize| &part(rows[m.min(rows.len() - 1)], columns).0[..weights.len()];
        let x: [&[Lanes]; M] = from_fn(row);
        let rows = (0..weights.len()).map(|i| from_fn(|m| V::load(&x[m][i])));
        dots_of_block::<V, M, N>(rows, weights, to);
    }
}

/// Adds the dot products of `M` rows with `N` weights to `to`: by weight and row.
#[inline(always)]
fn dots_of_block<V: F32x16, const M: usize, const N: usize>(
    rows: impl Iterator<Item = [V; M]>,
    weights: &[[Aligned; N]],
    to: &mut [[f32; 4]; N],
) {
    let mut sums = [[V::load(&[0.0; BLOCK]); N]; M];
    for (x, weights) in rows.zip(weights) {
        let w: [V; N] = from_fn(|n| V::load(&weights[n].0));
        for (sums, x) in sums.iter_mut().zip(x) {
            for (sum, w) in sums.iter_mut().zip(w) {
                *sum = sum.plus_products(x, w);
            }
        }
    }
    for (n, to) in to.iter_mut().enumerate() {
        V::add_sums(from_fn(|m| sums[m % M][n]), to);
    }
}

/// These columns of a row: whole vectors, and the rest.
#[inline(always)]
fn part<'a>(row: &'a [f32], columns: &Range<usize>) -> (&'a [Lanes], &'a [f32]) {
    row[columns.clone()].as_chunks()
}

/// See [`weighted_sums`](super::weighted_sums); `to` is `[count, row length]`.
#[inline(always)]
pub(super) fn weighted_sums_by<V: F32x16>(rows: &[&[f32]], factors: &[f32], to: &mut [f32]) {
    let length = rows.first().map_or(0, |row| row.len());
    let Some(count) = to.len().checked_div(length) else { return };
    let (block_sums, block_vectors) = SUMS[usize::from(!V::IS_ONE_REGISTER)];
    let blocks = count.div_ceil(block_sums);
    let own_factors = by_blocks(factors, count, block_sums);
    let copied = if blocks < COPIED.1 { 0 } else { rows.len() };
    let mut own_rows = vec![Aligned([0.0; BLOCK]); copied * block_vectors];
    let vectors = length / BLOCK;
    let mut done = 0;
    while done < vectors {
        // Vectors that make no whole block are done one by one.
        let wide = if vectors - done < block_vectors { 1 } else { block_vectors };
        let columns = done * BLOCK..(done + wide) * BLOCK;
        let next_columns = columns.end..length.min(columns.end + columns.len());
        done += wide;
        let own_rows = &mut own_rows[..copied * wide];
        for (row, to) in rows.iter().zip(own_rows.chunks_exact_mut(wide)) {
            to.iter_mut().zip(part(row, &columns).0).for_each(|(to, x)| to.0 = *x);
        }
        let mut next_rows = rows.chunks(rows.len().div_ceil(blocks));
        for first in (0..count).step_by(block_sums) {
            let some = block_sums.min(count - first);
            let factors = &own_factors[first * rows.len()..][..some * rows.len()];
            let at = columns.start;
            let to = &mut to[first * length + at..];
            if copied > 0 {
                for row in next_rows.next().unwrap_or_default() {
                    part(row, &next_columns).0.iter().for_each(V::prefetch);
                }
            }
            match (copied > 0, wide) {
                (true, 4) => {
                    with_count!(sums_of_copies::<V, 4>(some, own_rows, factors, to, length))
                }
                (true, _) => {
                    with_count!(sums_of_copies::<V, 1>(some, own_rows, factors, to, length))
                }
                (false, 4) => {
                    with_count!(sums_of_rows::<V, 4>(some, rows, at, factors, to, length))
                }
                (false, _) => {
                    with_count!(sums_of_rows::<V, 1>(some, rows, at, factors, to, length))
                }
            }
        }
    }
    for (sum, to) in to.chunks_mut(length).enumerate() {
        for (column, to) in to.iter_mut().enumerate().skip(vectors * BLOCK) {
            let products =
                rows.iter().enumerate().map(|(n, row)| factors[n * count + sum] * row[column]);
            *to = products.sum();
        }
    }
}

/// Factors of `[rows, count]` by block of so many sums, row and sum.
fn by_blocks(factors: &[f32], count: usize, block: usize) -> Vec<f32> {
    let mut to = Vec::with_capacity(factors.len());
    for first in (0..count).step_by(block) {
        let of_block = first..count.min(first + block);
        factors.chunks_exact(count).for_each(|row| to.extend_from_slice(&row[of_block.clone()]));
    }
    to
}

/// [`sums_of_block`] of rows that lie one behind the other.
#[inline(always)]
fn sums_of_copies<V: F32x16, const N: usize, const M: usize>(
    rows: &[Aligned],
    factors: &[f32],
    to: &mut [f32],
    stride: usize,
) {
    let rows = rows.as_chunks::<N>().0.iter().map(|row| row.each_ref().map(|x| &x.0));
    sums_of_block::<V, N, M>(rows, factors, to, stride)
}

/// [`sums_of_block`] of the rows from column `at` on.
#[inline(always)]
fn sums_of_rows<V: F32x16, const N: usize, const M: usize>(
    rows: &[&[f32]],
    at: usize,
    factors: &[f32],
    to: &mut [f32],
    stride: usize,
) {
    let rows = rows.iter().map(|row| {
        let (x, _) = row[at..][..N * BLOCK].as_chunks::<BLOCK>();
        from_fn(|n| &x[n])
    });
    sums_of_block::<V, N, M>(rows, factors, to, stride)
}

/// `M` sums of `N` vectors of each row, whose factors lie row by row; in `to` those of the next sum are
/// `stride` further.
#[inline(always)]
fn sums_of_block<'a, V: F32x16, const N: usize, const M: usize>(
    rows: impl Iterator<Item = [&'a Lanes; N]>,
    factors: &[f32],
    to: &mut [f32],
    stride: usize,
) {
    let mut sums = [[V::load(&[0.0; BLOCK]); N]; M];
    for (x, factors) in rows.zip(factors.as_chunks::<M>().0) {
        let x = x.map(V::load);
        for (sums, factor) in sums.iter_mut().zip(factors) {
            let factor = V::splat(*factor);
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum = sum.plus_product(factor, x);
            }
        }
    }
    for (m, sums) in sums.into_iter().enumerate() {
        let (to, _) = to[m * stride..][..N * BLOCK].as_chunks_mut::<BLOCK>();
        sums.into_iter().zip(to).for_each(|(sum, to)| sum.store(to));
    }
}
