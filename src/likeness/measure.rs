//! Two measures of how unlike a photo is to training photos, by its feature.
//!
//! *Distance*: Mahalanobis' to the nearest category's mean, in the subspace of the principal
//! components and outside it. It notices other kinds of photos. *Gap*: by how much a ridge regression
//! prefers the best category to the second. It is small for a category that was left out, which
//! shares most of the others' features.

use candle_core::{DType, Device, Result, Tensor};

use super::subspace::largest;
use crate::matrix::Square;

/// Principal components at most: with 32 and with 128 the measures tell photos apart as well.
const DIRECTIONS: usize = 64;
/// Added to each number's deviation before it divides it, as a share of their mean: numbers that
/// hardly vary must not drown the others.
const LEAST_DEVIATION: f64 = 0.3;
/// Added to the variance of each direction, as a share of the whole variance within the categories. Of
/// that, and not of the mean over as many directions as there are photos: photos that are held out are
/// measured by fewer photos than new ones, and must not be nearer for that.
const SHRINKAGE: f64 = 0.006;
/// The regression's penalty, as a share of the whole variance.
const PENALTY: f64 = 0.006;

/// Features and categories of photos.
#[derive(Clone, Debug)]
pub struct Photos<'a> {
    /// `[n, d]`, row by row.
    pub features: &'a [f32],
    /// Numbers of a feature, `d`.
    pub feature_len: usize,
    /// The category of each photo.
    pub labels: &'a [u32],
}

/// Features and categories of some photos, copied together.
pub(super) struct Chosen {
    pub features: Vec<f32>,
    pub labels: Vec<u32>,
}

impl Photos<'_> {
    pub(super) fn choose(&self, rows: &[usize]) -> Chosen {
        let of = |&row: &usize| &self.features[row * self.feature_len..][..self.feature_len];
        Chosen {
            features: rows.iter().flat_map(of).copied().collect(),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
        }
    }
}

/// At most so many rows of photos with these categories, of each category its share, evenly taken; by
/// category.
pub fn spread(labels: &[u32], most: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..labels.len()).collect();
    rows.sort_by_key(|&row| labels[row]);
    let (n, kept) = (rows.len(), rows.len().min(most));
    (0..kept).map(|place| rows[place * n / kept]).collect()
}

/// What is kept of the training photos: enough to measure any other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measure {
    /// `[d]`: divides a feature's numbers.
    pub scale: Vec<f32>,
    /// `[d]`: of the training photos' scaled features.
    pub mean: Vec<f32>,
    /// `[q, d]`: the principal components.
    pub basis: Vec<f32>,
    /// `[q, q]`: makes the variance within categories 1 in all directions.
    pub whitening: Vec<f32>,
    /// `[k, q]`: the categories' means, whitened.
    pub centres: Vec<f32>,
    /// `[k, q + 1]`: the regression's weights and constant.
    pub response: Vec<f32>,
    /// One over the variance that directions outside the subspace are taken to have.
    pub rest_weight: f32,
}

/// How unlike a photo is, by the two measures; both grow with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measured {
    pub distance: f64,
    /// Never positive; 0 for all photos where there is but one category.
    pub minus_gap: f64,
}

/// Sums over the categories, numbered anew so that each has a photo.
struct Categories {
    of: Vec<usize>,
    sizes: Vec<f64>,
}

impl Categories {
    fn of(labels: &[u32]) -> Categories {
        let mut present = labels.to_vec();
        present.sort_unstable();
        present.dedup();
        let number = |label| present.binary_search(label).expect("it is there");
        let of: Vec<usize> = labels.iter().map(number).collect();
        let mut sizes = vec![0.0; present.len()];
        of.iter().for_each(|&category| sizes[category] += 1.0);
        Categories { of, sizes }
    }

    /// `[k, n]`: `value` of the photo's category where the photo is of it, else 0.
    fn matrix(&self, value: impl Fn(usize) -> f64) -> Result<Tensor> {
        let n = self.of.len();
        let mut numbers = vec![0.0; self.sizes.len() * n];
        for (photo, &category) in self.of.iter().enumerate() {
            numbers[category * n + photo] = value(category);
        }
        Tensor::from_vec(numbers, (self.sizes.len(), n), &Device::Cpu)
    }
}

/// Photos in the subspace in which they differ most.
pub(super) struct Principal {
    /// The largest eigenvalues of the products.
    pub values: Vec<f64>,
    /// `[n, q]`
    places: Tensor,
    /// `[q, d]`, f32.
    pub basis: Tensor,
    /// `[n, n]`, of each two photos.
    products: Tensor,
    /// Sum of all eigenvalues.
    pub total: f64,
}

impl Principal {
    /// Of features `[n, d]` with mean 0.
    pub fn of(centred: &Tensor) -> Result<Principal> {
        let (n, d) = centred.dims2()?;
        let products = centred.matmul(&centred.t()?)?;
        let rank = (n - 1).min(d);
        // The last ones are of the photos that happened to be there.
        let count = DIRECTIONS.min(rank - (rank / 8).max(2).min(rank - 1));
        let subspace = largest(&products, count, rank)?;
        let values: Vec<f64> = subspace.values.iter().map(|value| value.max(1e-12)).collect();
        let roots = row(values.iter().map(|value| value.sqrt()).collect())?;
        let to_basis = subspace.vectors.broadcast_div(&roots)?.to_dtype(DType::F32)?;
        let products = products.to_dtype(DType::F64)?;
        Ok(Principal {
            places: subspace.vectors.broadcast_mul(&roots)?,
            basis: to_basis.t()?.matmul(centred)?,
            total: trace(&products)?,
            values,
            products,
        })
    }

    /// `[q, q]`, which makes the variance within categories 1, and what was added to it first, for
    /// the categories' `means`, `[k, q]`.
    fn whitening(&self, categories: &Categories, means: &Tensor) -> Result<(Tensor, f64)> {
        let (n, q) = self.places.dims2()?;
        let freedom = (n - categories.sizes.len()).max(1) as f64;
        let between = categories.matrix(|c| 1.0 / categories.sizes[c].sqrt())?;
        let between = trace(&between.matmul(&self.products)?.matmul(&between.t()?)?)?;
        let added = SHRINKAGE * (self.total - between).max(1e-12) / freedom;
        let own_means = categories.matrix(|_| 1.0)?.t()?.matmul(means)?;
        let within = (&self.places - own_means)?;
        let covariance = (within.t()?.matmul(&within)? / freedom)?;
        let mut covariance = Square { n: q, numbers: covariance.flatten_all()?.to_vec1()? };
        (0..q).for_each(|i| covariance.numbers[i * q + i] += added);
        let whitening = covariance.inverse_of_cholesky();
        Ok((Tensor::from_vec(whitening.numbers, (q, q), &Device::Cpu)?, added))
    }

    /// `[k, q + 1]`: the weights and the constant of a ridge regression on the categories.
    fn response(&self, categories: &Categories) -> Result<Tensor> {
        let n = categories.of.len() as f64;
        let shares: Vec<f64> = categories.sizes.iter().map(|size| size / n).collect();
        let shares = Tensor::from_vec(shares, (categories.sizes.len(), 1), &Device::Cpu)?;
        let penalty = PENALTY * self.total;
        let penalised = row(self.values.iter().map(|value| value + penalty).collect())?;
        let members = categories.matrix(|_| 1.0)?.broadcast_sub(&shares)?;
        let weights = members.matmul(&self.places)?.broadcast_div(&penalised)?;
        Tensor::cat(&[weights, shares], 1)
    }
}

impl Measure {
    /// Of three photos or more, and more of them than categories. The same numbers for the same
    /// photos.
    pub fn fit(photos: &Photos) -> Result<Measure> {
        let n = photos.labels.len() as f64;
        let categories = Categories::of(photos.labels);
        let roots = roots(photos.features, photos.feature_len)?;
        let scale = scale(&roots)?;
        let scaled = unit_rows(&roots.broadcast_div(&scale)?)?; // [n, d]
        let mean = (scaled.to_dtype(DType::F64)?.sum(0)? / n)?.to_dtype(DType::F32)?;
        let principal = Principal::of(&scaled.broadcast_sub(&mean)?)?;
        let means = categories.matrix(|c| 1.0 / categories.sizes[c])?.matmul(&principal.places)?; // [k, q]
        let (whitening, added) = principal.whitening(&categories, &means)?;
        Ok(Measure {
            scale: numbers(&scale)?,
            mean: numbers(&mean)?,
            basis: numbers(&principal.basis)?,
            centres: numbers(&means.matmul(&whitening.t()?)?)?,
            whitening: numbers(&whitening)?,
            response: numbers(&principal.response(&categories)?)?,
            rest_weight: (1.0 / added) as f32,
        })
    }

    /// How many directions the subspace has, `q`.
    pub fn directions(&self) -> usize {
        self.basis.len() / self.mean.len()
    }

    /// Of features `[n, d]`, row by row.
    pub fn of(&self, features: &[f32]) -> Result<Vec<Measured>> {
        let (d, q) = (self.mean.len(), self.directions());
        let scale = Tensor::from_slice(&self.scale, d, &Device::Cpu)?;
        let mean = Tensor::from_slice(&self.mean, d, &Device::Cpu)?;
        let basis = Tensor::from_slice(&self.basis, (q, d), &Device::Cpu)?;
        let scaled = unit_rows(&roots(features, d)?.broadcast_div(&scale)?)?;
        let centred = scaled.broadcast_sub(&mean)?;
        let places = centred.matmul(&basis.t()?)?.flatten_all()?.to_vec1::<f32>()?;
        let lengths = centred.sqr()?.sum(1)?.to_vec1::<f32>()?;
        let of = |(place, length): (&[f32], &f32)| self.at(place, f64::from(*length));
        Ok(places.chunks_exact(q).zip(&lengths).map(of).collect())
    }

    /// Of a photo at `place` `[q]` in the subspace, at this squared distance from the mean.
    fn at(&self, place: &[f32], length: f64) -> Measured {
        let q = place.len();
        let inside: f64 = place.iter().map(|&x| f64::from(x).powi(2)).sum();
        let whitened: Vec<f64> =
            self.whitening.chunks_exact(q).map(|row| dot(row, place)).collect();
        let to = |centre: &[f32]| -> f64 {
            whitened.iter().zip(centre).map(|(x, &c)| (x - f64::from(c)).powi(2)).sum()
        };
        let nearest = self.centres.chunks_exact(q).map(to).fold(f64::INFINITY, f64::min);
        let rest = (length - inside).max(0.0) * f64::from(self.rest_weight);
        let (mut best, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for weights in self.response.chunks_exact(q + 1) {
            let response = dot(&weights[..q], place) + f64::from(weights[q]);
            second = second.max(response.min(best));
            best = best.max(response);
        }
        let has_second = second > f64::NEG_INFINITY;
        Measured {
            distance: (nearest + rest).sqrt(),
            minus_gap: if has_second { second - best } else { 0.0 },
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// `[n, d]`: square roots, with the sign, in rows of length 1. A few large numbers of a pooled feature
/// would outweigh all others (Perronnin et al. 2010, of Fisher vectors).
pub(super) fn roots(features: &[f32], d: usize) -> Result<Tensor> {
    let roots: Vec<f32> = features.iter().map(|x| x.abs().sqrt().copysign(*x)).collect();
    unit_rows(&Tensor::from_vec(roots, (features.len() / d, d), &Device::Cpu)?)
}

/// A row of zeros stays one.
pub(super) fn unit_rows(rows: &Tensor) -> Result<Tensor> {
    let lengths = rows.sqr()?.sum_keepdim(1)?.sqrt()?;
    rows.broadcast_div(&lengths.maximum(f64::from(f32::MIN_POSITIVE))?)
}

/// `[d]`: the deviation of each number, and a share of their mean.
pub(super) fn scale(roots: &Tensor) -> Result<Tensor> {
    let (n, d) = roots.dims2()?;
    let roots = roots.to_dtype(DType::F64)?;
    let mean = (roots.sum(0)? / n as f64)?;
    let deviation = (roots.broadcast_sub(&mean)?.sqr()?.sum(0)? / n as f64)?.sqrt()?;
    let least = LEAST_DEVIATION * deviation.sum_all()?.to_scalar::<f64>()? / d as f64;
    (deviation + least.max(f64::from(f32::MIN_POSITIVE)))?.to_dtype(DType::F32)
}

fn row(numbers: Vec<f64>) -> Result<Tensor> {
    let n = numbers.len();
    Tensor::from_vec(numbers, (1, n), &Device::Cpu)
}

fn trace(matrix: &Tensor) -> Result<f64> {
    let n = matrix.dim(0)?;
    let numbers = matrix.flatten_all()?.to_vec1::<f64>()?;
    Ok(numbers.iter().step_by(n + 1).sum())
}

pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
}
