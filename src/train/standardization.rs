//! Features with mean 0 and deviation 1, without a copy of them.

use candle_core::{DType, Device, Result, Tensor};

use super::batch::with_rows_of;
use super::{Features, Gradient, Head};

/// Rows whose moments are summed at once: bounds the memory of the copies, where there are any.
const ROWS: usize = 1024;

/// Mean and deviation of each feature over the training set.
///
/// Features are never copied into standardised form. A head `W, b` on `(x - mean) / deviation` gives
/// the same logits as the head `W / deviation, b - (W / deviation) mean` on `x`.
/// [`fold`](Self::fold) makes the second from the first, and [`gradient`](Self::gradient) takes a
/// gradient back. Both touch only `[categories, d]` numbers, so standardising costs a training step
/// next to nothing, and no memory.
#[derive(Clone, Debug)]
pub struct Standardization {
    /// `[d]`
    pub mean: Tensor,
    /// `[d]`, above 0: a constant feature has 1 here.
    pub deviation: Tensor,
}

impl Standardization {
    /// The statistics of `[n, d]` features, n > 0. The deviation is that of the population (divided by n).
    pub fn of(features: &Features) -> Result<Standardization> {
        let mean = mean_of_rows(features, None)?;
        let variance = mean_of_rows(features, Some(&mean))?;
        // Rounding leaves a constant feature a variance of the order of its square times 1e-32;
        // 1e-14 of the square is a deviation of 1e-7 of the mean, f32's last digit.
        let noise = (mean.sqr()? * 1e-14)?;
        let constant = variance.le(&noise)?;
        let deviation = constant.where_cond(&variance.ones_like()?, &variance.sqrt()?)?;
        Ok(Standardization {
            mean: mean.to_dtype(features.dtype())?,
            deviation: deviation.to_dtype(features.dtype())?,
        })
    }

    /// Mean 0 and deviation 1: leaves features as they are, as retrain.py did.
    pub fn identity(d: usize, dtype: DType, device: &Device) -> Result<Standardization> {
        Ok(Standardization {
            mean: Tensor::zeros(d, dtype, device)?,
            deviation: Tensor::ones(d, dtype, device)?,
        })
    }

    /// `[n, d]` raw features to standardised ones: the plain form that [`fold`](Self::fold) avoids,
    /// for comparison.
    pub fn apply(&self, features: &Tensor) -> Result<Tensor> {
        features.broadcast_sub(&self.mean)?.broadcast_div(&self.deviation)
    }

    /// The head for raw features that gives the logits which `head` gives for standardised ones.
    pub fn fold(&self, head: &Head) -> Result<Head> {
        let weights = head.weights.broadcast_div(&self.deviation)?;
        let shift = weights.broadcast_mul(&self.mean)?.sum(1)?; // [categories]
        Ok(Head { weights, bias: (&head.bias - shift)? })
    }

    /// The gradient of a loss at `head`, from its gradient at `self.fold(head)`.
    pub fn gradient(&self, folded: &Gradient) -> Result<Gradient> {
        let shift = folded.bias.unsqueeze(1)?.broadcast_mul(&self.mean)?; // [categories, d]
        Ok(Gradient {
            weights: (&folded.weights - shift)?.broadcast_div(&self.deviation)?,
            bias: folded.bias.clone(),
        })
    }
}

impl Head {
    /// This head, trained on standardised features, as a head for raw ones.
    pub fn folded(&self, standardization: &Standardization) -> Result<Head> {
        standardization.fold(self)
    }
}

/// The mean over the rows in f64, `[n, d]` to `[d]`; with a mean already, that of the squares of what each
/// row is away from it.
fn mean_of_rows(features: &Features, mean: Option<&Tensor>) -> Result<Tensor> {
    let shape = features.shape();
    let mut sum = Tensor::zeros(shape[1], DType::F64, features.device())?;
    for rows in features.parts(ROWS) {
        let rows = rows?;
        let more = match sum_here(&rows, mean)? {
            Some(sums) => Tensor::from_vec(sums, shape[1], &Device::Cpu)?,
            None => {
                let rows = rows.to_dtype(DType::F64)?;
                match mean {
                    None => rows.sum(0)?,
                    Some(mean) => rows.broadcast_sub(mean)?.sqr()?.sum(0)?,
                }
            }
        };
        sum = (sum + more)?;
    }
    sum / shape[0] as f64
}

/// The sums of Candle, to the bit, without a copy of the rows in f64, in which most of the time of a short
/// fit went; `None` of what is not f32 in the processor's memory.
fn sum_here(rows: &Tensor, mean: Option<&Tensor>) -> Result<Option<Vec<f64>>> {
    let mean = mean.map(Tensor::to_vec1::<f64>).transpose()?;
    with_rows_of(rows, None, |rows| {
        let mut sums = vec![0.0; rows.first().map_or(0, |row| row.len())];
        for row in rows {
            let places = sums.iter_mut().zip(*row);
            match &mean {
                None => places.for_each(|(sum, &x)| *sum += f64::from(x)),
                Some(mean) => places.zip(mean).for_each(|((sum, &x), mean)| {
                    let away = f64::from(x) - mean;
                    *sum += away * away;
                }),
            }
        }
        sums
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    fn normals(shape: (usize, usize), deviation: f64, rng: &mut Rng) -> Tensor {
        let numbers: Vec<f64> = (0..shape.0 * shape.1).map(|_| deviation * rng.normal()).collect();
        Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
    }

    fn worst(a: &Tensor, b: &Tensor) -> f64 {
        let gap = (a - b).unwrap().abs().unwrap().to_dtype(DType::F64).unwrap();
        gap.flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap()
    }

    #[test]
    fn standardised_features_have_mean_0_and_deviation_1_and_constants_become_0() {
        let features = Tensor::new(&[[1f32, 0.1], [2.0, 0.1], [6.0, 0.1]], &Device::Cpu).unwrap();
        let standardization = Standardization::of(&features.clone().into()).unwrap();
        assert_eq!(standardization.mean.to_vec1::<f32>().unwrap(), [3.0, 0.1]);
        // Variance (4 + 1 + 9) / 3.
        let deviation = standardization.deviation.to_vec1::<f32>().unwrap();
        assert!((deviation[0] - (14f32 / 3.0).sqrt()).abs() < 1e-6);
        assert_eq!(deviation[1], 1.0);
        let applied = standardization.apply(&features).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(applied[2][1], 0.0);
        assert!((applied.iter().map(|row| row[0]).sum::<f32>()).abs() < 1e-6);
    }

    #[test]
    fn moments_do_not_depend_on_where_the_rows_are_cut() {
        let mut rng = Rng::new(5);
        let features = normals((2 * ROWS + 3, 2), 2.0, &mut rng);
        let seen = Standardization::of(&features.clone().into()).unwrap();
        let mean = features.mean(0).unwrap();
        let variance = features.broadcast_sub(&mean).unwrap().sqr().unwrap().mean(0).unwrap();
        assert!(worst(&seen.mean, &mean) < 1e-14);
        assert!(worst(&seen.deviation, &variance.sqrt().unwrap()) < 1e-13);
    }

    #[test]
    fn moments_of_f32_have_the_bits_that_candle_gives_them() {
        let mut rng = Rng::new(7);
        for (n, d) in [(1, 5), (240, 33), (ROWS + 70, 18)] {
            let features = normals((n, d), 2.0, &mut rng).relu().unwrap();
            let features = features.to_dtype(DType::F32).unwrap();
            let wide = features.to_dtype(DType::F64).unwrap();
            let by_candle = Standardization::of(&wide.into()).unwrap();
            let seen = Standardization::of(&features.into()).unwrap();
            for (seen, expected) in
                [(seen.mean, by_candle.mean), (seen.deviation, by_candle.deviation)]
            {
                let bits = |numbers: &Tensor| {
                    let numbers = numbers.to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap();
                    numbers.into_iter().map(f32::to_bits).collect::<Vec<u32>>()
                };
                assert_eq!(bits(&seen), bits(&expected), "{n} {d}");
            }
        }
    }

    #[test]
    fn a_folded_head_gives_raw_features_the_logits_of_standardised_ones() {
        let mut rng = Rng::new(2);
        // Pooled ReLU outputs are never negative; one feature is constant.
        let features = normals((200, 64), 1.0, &mut rng).relu().unwrap();
        let constant = Tensor::full(0.3, (200, 1), &Device::Cpu).unwrap();
        let features = Tensor::cat(&[features, constant], 1).unwrap();
        let features = features.to_dtype(DType::F32).unwrap();
        let head = Head {
            weights: normals((3, 65), 0.5, &mut rng).to_dtype(DType::F32).unwrap(),
            bias: Tensor::new(&[0.1f32, -0.2, 0.3], &Device::Cpu).unwrap(),
        };
        let standardization = Standardization::of(&features.clone().into()).unwrap();
        let plain = head.logits(&standardization.apply(&features).unwrap()).unwrap();
        let folded = head.folded(&standardization).unwrap().logits(&features).unwrap();
        let size = plain.abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        let relative = worst(&plain, &folded) / f64::from(size.to_scalar::<f32>().unwrap());
        assert!(relative < 1e-5, "{relative}");
    }

    #[test]
    fn the_gradient_through_the_fold_is_the_gradient_on_standardised_features() {
        let mut rng = Rng::new(4);
        let features = normals((50, 8), 3.0, &mut rng).relu().unwrap();
        let at_logits = normals((50, 3), 1.0, &mut rng);
        let standardization = Standardization::of(&features.clone().into()).unwrap();
        let plain = Gradient::at(&at_logits, &standardization.apply(&features).unwrap()).unwrap();
        let folded = Gradient::at(&at_logits, &features).unwrap();
        let through = standardization.gradient(&folded).unwrap();
        assert!(worst(&plain.weights, &through.weights) < 1e-12);
        assert!(worst(&plain.bias, &through.bias) == 0.0);
    }
}
