//! The directions in which photos differ most: the first principal components, by iterating a block.

use candle_core::{DType, Device, Result, Tensor};

use crate::matrix::Square;
use crate::random::Rng;

/// Directions that are iterated beside the wanted ones: those at the edge settle sooner.
const SPARE: usize = 32;
/// Rounds of two multiplications each. What a direction at the edge still lacks then changes a
/// distance in its third digit.
const ROUNDS: usize = 3;

/// The largest eigenvalues of a symmetric matrix and their vectors.
pub(super) struct Largest {
    /// The largest first.
    pub values: Vec<f64>,
    /// `[n, count]`, f64, columns of length 1.
    pub vectors: Tensor,
}

/// The `count` largest of the positive symmetric `[n, n]` f32 matrix of this rank or less; the same
/// numbers for the same matrix.
pub(super) fn largest(matrix: &Tensor, count: usize, rank: usize) -> Result<Largest> {
    let n = matrix.dim(0)?;
    let block = (count + SPARE).min(rank.max(count));
    if n <= count + SPARE {
        let (values, vectors) = square(&matrix.to_dtype(DType::F64)?)?.eigen();
        return first(values, tensor(&vectors)?, count);
    }
    let mut rng = Rng::for_purpose(0, "subspace");
    let start: Vec<f32> = (0..n * block).map(|_| rng.normal() as f32).collect();
    let mut columns = Tensor::from_vec(start, (n, block), &Device::Cpu)?;
    for _ in 0..ROUNDS {
        columns = orthonormal(&matrix.matmul(&matrix.matmul(&columns)?)?)?;
    }
    let inner = columns.t()?.matmul(&matrix.matmul(&columns)?)?.to_dtype(DType::F64)?;
    let inner = ((&inner + inner.t()?)? / 2.0)?; // [block, block]
    let (values, rotation) = square(&inner)?.eigen();
    let vectors = columns.to_dtype(DType::F64)?.matmul(&tensor(&rotation)?)?;
    first(values, vectors, count)
}

fn first(mut values: Vec<f64>, vectors: Tensor, count: usize) -> Result<Largest> {
    values.truncate(count);
    Ok(Largest { values, vectors: vectors.narrow(1, 0, count)?.contiguous()? })
}

/// Columns that span the same and are orthonormal, by the Cholesky factor of their products.
fn orthonormal(columns: &Tensor) -> Result<Tensor> {
    let columns = columns.to_dtype(DType::F64)?;
    let inverse = square(&columns.t()?.matmul(&columns)?)?.inverse_of_cholesky();
    columns.matmul(&tensor(&inverse)?.t()?)?.to_dtype(DType::F32)
}

fn square(matrix: &Tensor) -> Result<Square> {
    Ok(Square { n: matrix.dim(0)?, numbers: matrix.flatten_all()?.to_vec1()? })
}

fn tensor(square: &Square) -> Result<Tensor> {
    Tensor::from_slice(&square.numbers, (square.n, square.n), &Device::Cpu)
}
