//! The photos of one step, and the two products that the step is made of.

use candle_core::{CpuStorage, DType, Device, Result, Storage, Tensor};

use super::{Features, Gradient, Head};
use crate::kernels::{dots, weighted_sums};

/// Rows of features with their labels.
#[derive(Debug)]
pub struct Batch<'a> {
    rows: Rows<'a>,
    /// The category of each row.
    pub labels: Vec<u32>,
}

/// Where the rows are.
#[derive(Debug)]
enum Rows<'a> {
    /// These of a table of f32 in the processor's memory: nothing is copied.
    Of(&'a Tensor, Vec<u32>),
    /// A table of their own, `[n, d]`.
    Own(Tensor),
}

impl<'a> Batch<'a> {
    /// These rows of the features, in this order; a row may repeat.
    pub(super) fn of(
        features: &'a Features,
        rows: Vec<u32>,
        labels: Vec<u32>,
    ) -> Result<Batch<'a>> {
        let rows = match features {
            Features::Here(table) if is_plain(table) => Rows::Of(table, rows),
            _ => Rows::Own(features.select(&rows)?),
        };
        Ok(Batch { rows, labels })
    }

    /// `[n, categories]`: those of a row have the same bits whatever else is in the batch, where they are
    /// f32 on the processor.
    pub fn logits(&self, head: &Head) -> Result<Tensor> {
        let (k, weights) = (head.weights.dim(0)?, &head.weights);
        let products = self.with_rows(|rows| {
            let n = rows.len();
            with_rows_of(weights, None, |weights| (n, dots(rows, weights)))
        })?;
        match products {
            Some((n, logits)) => {
                Tensor::from_vec(logits, (n, k), &Device::Cpu)?.broadcast_add(&head.bias)
            }
            None => head.logits(&self.table()?),
        }
    }

    /// From the gradient at the logits, `[n, categories]`.
    pub fn gradient(&self, logit_gradient: &Tensor) -> Result<Gradient> {
        let k = logit_gradient.dim(1)?;
        let factors = |row: &[&[f32]]| row.concat();
        let sums = self.with_rows(|rows| {
            let factors = with_rows_of(logit_gradient, None, factors)?;
            Ok(factors.map(|factors| weighted_sums(rows, &factors, k)))
        })?;
        match sums {
            Some(sums) => {
                let d = sums.len() / k;
                let weights = Tensor::from_vec(sums, (k, d), &Device::Cpu)?;
                Ok(Gradient { weights, bias: logit_gradient.sum(0)? })
            }
            None => Gradient::at(logit_gradient, &self.table()?),
        }
    }

    fn with_rows<T>(&self, work: impl FnOnce(&[&[f32]]) -> Result<Option<T>>) -> Result<Option<T>> {
        let done = match &self.rows {
            Rows::Of(table, rows) => with_rows_of(table, Some(rows), work)?,
            Rows::Own(table) => with_rows_of(table, None, work)?,
        };
        done.transpose().map(Option::flatten)
    }

    /// `[n, d]`
    fn table(&self) -> Result<Tensor> {
        match &self.rows {
            Rows::Of(table, rows) => {
                table.index_select(&Tensor::new(rows.as_slice(), table.device())?, 0)
            }
            Rows::Own(table) => Ok(table.clone()),
        }
    }
}

fn is_plain(table: &Tensor) -> bool {
    table.device().is_cpu() && table.dtype() == DType::F32 && table.is_contiguous()
}

/// Gives `work` these rows of a table, or all of them; `None` where it is not one of f32 in the processor's
/// memory.
pub(super) fn with_rows_of<T>(
    table: &Tensor,
    rows: Option<&[u32]>,
    work: impl FnOnce(&[&[f32]]) -> T,
) -> Result<Option<T>> {
    if !is_plain(table) {
        return Ok(None);
    }
    let (n, d) = table.dims2()?;
    let (storage, layout) = table.storage_and_layout();
    let Storage::Cpu(CpuStorage::F32(numbers)) = &*storage else { return Ok(None) };
    let row = |row: usize| &numbers[layout.start_offset() + row * d..][..d];
    let rows: Vec<&[f32]> = match rows {
        Some(rows) => rows.iter().map(|&at| row(at as usize)).collect(),
        None => (0..n).map(row).collect(),
    };
    Ok(Some(work(&rows)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    fn drawn(shape: (usize, usize), rng: &mut Rng) -> Tensor {
        let numbers: Vec<f32> = (0..shape.0 * shape.1).map(|_| rng.normal() as f32).collect();
        Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
    }

    fn largest(a: &Tensor, b: &Tensor) -> f64 {
        let difference =
            (a.to_dtype(DType::F64).unwrap() - b.to_dtype(DType::F64).unwrap()).unwrap();
        difference.abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap()
    }

    #[test]
    fn both_products_are_those_of_candle_on_rows_that_repeat() {
        let mut rng = Rng::new(1);
        let table = drawn((40, 70), &mut rng);
        // A part of a table begins somewhere in it.
        for features in [table.clone(), table.narrow(0, 7, 30).unwrap()] {
            let rows = vec![3, 29, 0, 3, 17];
            let own =
                features.index_select(&Tensor::new(&rows[..], &Device::Cpu).unwrap(), 0).unwrap();
            let wide = Features::from(features.to_dtype(DType::F64).unwrap());
            let features = Features::from(features);
            let head = Head {
                weights: drawn((6, 70), &mut rng),
                bias: drawn((1, 6), &mut rng).squeeze(0).unwrap(),
            };
            let at_logits = drawn((5, 6), &mut rng);
            let batch = Batch::of(&features, rows.clone(), vec![0; 5]).unwrap();
            assert!(matches!(batch.rows, Rows::Of(..)));
            assert!(largest(&batch.logits(&head).unwrap(), &head.logits(&own).unwrap()) < 1e-5);
            let (seen, expected) =
                (batch.gradient(&at_logits).unwrap(), Gradient::at(&at_logits, &own).unwrap());
            assert!(largest(&seen.weights, &expected.weights) < 1e-5);
            assert!(largest(&seen.bias, &expected.bias) < 1e-6);
            // f64 is left to candle.
            let double = |tensor: &Tensor| tensor.to_dtype(DType::F64).unwrap();
            let head = Head { weights: double(&head.weights), bias: double(&head.bias) };
            let batch = Batch::of(&wide, rows, vec![0; 5]).unwrap();
            assert_eq!(batch.logits(&head).unwrap().dtype(), DType::F64);
            assert!(
                largest(&batch.logits(&head).unwrap(), &head.logits(&double(&own)).unwrap())
                    < 1e-12
            );
            assert!(
                largest(&batch.gradient(&double(&at_logits)).unwrap().weights, &seen.weights)
                    < 1e-5
            );
        }
    }
}
