//! The head itself: a linear layer with softmax behind.

use candle_core::{DType, Device, Result, Tensor};

use crate::random::Rng;

/// Rows scored at once: bounds the memory of a large set's scores to a few megabytes.
const ROWS: usize = 4096;

/// Deviation of the first weights, as retrain.py's.
const INITIAL_DEVIATION: f64 = 0.001;

/// A linear layer with softmax behind; rows of the weights are categories.
#[derive(Clone, Debug)]
pub struct Head {
    /// `[categories, d]`
    pub weights: Tensor,
    /// `[categories]`
    pub bias: Tensor,
}

/// The gradient of the loss, in the shapes of [`Head`].
#[derive(Clone, Debug)]
pub struct Gradient {
    /// `[categories, d]`
    pub weights: Tensor,
    /// `[categories]`
    pub bias: Tensor,
}

impl Head {
    /// A head before its first step: truncated-normal weights, bias 0. The numbers depend on the
    /// seed and the shape only.
    pub fn initial(
        categories: usize,
        d: usize,
        seed: u64,
        dtype: DType,
        device: &Device,
    ) -> Result<Head> {
        let mut rng = Rng::for_purpose(seed, "head");
        let weights: Vec<f64> =
            (0..categories * d).map(|_| INITIAL_DEVIATION * rng.truncated_normal()).collect();
        Ok(Head {
            weights: Tensor::from_vec(weights, (categories, d), device)?.to_dtype(dtype)?,
            bias: Tensor::zeros(categories, dtype, device)?,
        })
    }

    /// `[n, d]` features to `[n, categories]` logits.
    pub fn logits(&self, features: &Tensor) -> Result<Tensor> {
        features.matmul(&self.weights.t()?)?.broadcast_add(&self.bias)
    }

    /// `[n, d]` features to `[n, categories]` scores, each row adding up to 1.
    pub fn scores(&self, features: &Tensor) -> Result<Tensor> {
        candle_nn::ops::softmax_last_dim(&self.logits(features)?)
    }
}

impl Gradient {
    /// From the gradient at the logits, `[n, categories]`, and the features, `[n, d]`, that gave
    /// those logits.
    pub fn at(logit_gradient: &Tensor, features: &Tensor) -> Result<Gradient> {
        Ok(Gradient {
            weights: logit_gradient.t()?.matmul(features)?, // [categories, d]
            bias: logit_gradient.sum(0)?,                   // [categories]
        })
    }
}

/// The scores of each row of `[n, d]` features, one number for each category.
pub fn evaluate(head: &Head, features: &Tensor) -> Result<Vec<Vec<f32>>> {
    let n = features.dim(0)?;
    let mut rows = Vec::with_capacity(n);
    for start in (0..n).step_by(ROWS) {
        let part = features.narrow(0, start, ROWS.min(n - start))?;
        rows.extend(head.scores(&part)?.to_dtype(DType::F32)?.to_vec2::<f32>()?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_head_is_small_truncated_and_the_same_for_the_same_seed() {
        let head = |seed| Head::initial(3, 500, seed, DType::F32, &Device::Cpu).unwrap();
        let numbers = |head: &Head| head.weights.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let first = numbers(&head(7));
        assert_eq!(first, numbers(&head(7)));
        assert_ne!(first, numbers(&head(8)));
        assert!(first.iter().all(|w| w.abs() <= 0.002));
        assert!(first.iter().any(|w| w.abs() > 0.0015));
        assert_eq!(head(7).bias.to_vec1::<f32>().unwrap(), [0.0; 3]);
    }

    #[test]
    fn scores_of_many_rows_are_the_softmax_of_each() {
        let head = Head {
            weights: Tensor::new(&[[1f32], [0.0]], &Device::Cpu).unwrap(),
            bias: Tensor::new(&[0f32, 0.0], &Device::Cpu).unwrap(),
        };
        // Logit x against 0: the score is the logistic function of x, also where exp overflows.
        let mut features = vec![0f32; ROWS + 2];
        features[ROWS] = 3f32.ln();
        features[ROWS + 1] = 1000.0;
        let features = Tensor::from_vec(features, (ROWS + 2, 1), &Device::Cpu).unwrap();
        let scores = evaluate(&head, &features).unwrap();
        assert_eq!(scores.len(), ROWS + 2);
        assert_eq!(scores[0], [0.5, 0.5]);
        assert!((scores[ROWS][0] - 0.75).abs() < 1e-6);
        assert_eq!(scores[ROWS + 1], [1.0, 0.0]);
    }

    #[test]
    fn no_rows_have_no_scores() {
        let head = Head::initial(2, 4, 1, DType::F32, &Device::Cpu).unwrap();
        let none = Tensor::zeros((0, 4), DType::F32, &Device::Cpu).unwrap();
        assert!(evaluate(&head, &none).unwrap().is_empty());
    }
}
