//! The loss and its gradient.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::ops::{log_softmax, softmax_last_dim};

/// The loss: cross-entropy, averaged with the weight of each row's category,
/// `sum(weight * loss) / sum(weight)`, as PyTorch's `cross_entropy(weight=...)`.
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    /// `[categories, categories]`: the class weights on the diagonal, so that row k is the
    /// weighted one-hot target of label k.
    targets: Tensor,
}

/// Loss and accuracy of a batch or a set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// In nats.
    pub loss: f64,
    /// Share of rows whose largest logit (the first of equal ones) is that of the label; never
    /// weighted.
    pub accuracy: f64,
}

impl CrossEntropy {
    /// With one weight for each category; with all of them 1 the loss is the plain mean.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use retrain::train::CrossEntropy;
    ///
    /// let loss = CrossEntropy::new(&[1.0, 1.0], DType::F32, &Device::Cpu)?;
    /// let logits = Tensor::new(&[[2f32, 2.0]], &Device::Cpu)?;
    /// let measured = loss.measure(&logits, &[0])?;
    /// assert!((measured.loss - 2f64.ln()).abs() < 1e-6);
    /// # candle_core::Result::Ok(())
    /// ```
    pub fn new(class_weights: &[f64], dtype: DType, device: &Device) -> Result<CrossEntropy> {
        let k = class_weights.len();
        let mut targets = vec![0.0; k * k];
        for (category, &weight) in class_weights.iter().enumerate() {
            targets[category * k + category] = weight;
        }
        let targets = Tensor::from_vec(targets, (k, k), device)?.to_dtype(dtype)?;
        Ok(CrossEntropy { targets })
    }

    /// Loss and accuracy of `[n, categories]` logits against n labels, n > 0.
    pub fn measure(&self, logits: &Tensor, labels: &[u32]) -> Result<Measured> {
        let targets = self.targets_of(labels, logits.device())?;
        let log_scores = log_softmax(logits, 1)?;
        let loss = ((log_scores * &targets)?.sum_all()? / targets.sum_all()?)?.neg()?;
        let predicted = logits.argmax(1)?.to_vec1::<u32>()?;
        let right = predicted.iter().zip(labels).filter(|(p, label)| p == label).count();
        Ok(Measured {
            loss: loss.to_dtype(DType::F64)?.to_scalar()?,
            accuracy: right as f64 / labels.len() as f64,
        })
    }

    /// The gradient of the loss at the logits, `[n, categories]`:
    /// `weight * (score - one-hot) / sum(weight)`.
    pub fn logit_gradient(&self, logits: &Tensor, labels: &[u32]) -> Result<Tensor> {
        let targets = self.targets_of(labels, logits.device())?;
        let weights = targets.sum_keepdim(1)?; // [n, 1]
        let excess = (softmax_last_dim(logits)?.broadcast_mul(&weights)? - targets)?;
        excess.broadcast_div(&weights.sum_all()?)
    }

    fn targets_of(&self, labels: &[u32], device: &Device) -> Result<Tensor> {
        self.targets.index_select(&Tensor::new(labels, device)?, 0)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        weights: Vec<f64>,
        logits: Vec<Vec<f64>>,
        labels: Vec<u32>,
        loss: f64,
        gradient: Vec<Vec<f64>>,
    }

    #[test]
    fn weighted_loss_and_gradient_are_numpys() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/class_weights.json");
        let cases: Vec<Case> =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for Case { weights, logits, labels, loss, gradient } in cases {
            let logits = Tensor::new(logits, &Device::Cpu).unwrap();
            let entropy = CrossEntropy::new(&weights, DType::F64, &Device::Cpu).unwrap();
            assert!((entropy.measure(&logits, &labels).unwrap().loss - loss).abs() < 1e-12);
            let seen = entropy.logit_gradient(&logits, &labels).unwrap();
            let seen = seen.to_vec2::<f64>().unwrap().concat();
            for (seen, expected) in seen.iter().zip(gradient.concat()) {
                assert!((seen - expected).abs() < 1e-12, "{seen} {expected}");
            }
        }
    }

    #[test]
    fn a_weight_of_three_counts_as_three_photos() {
        let logits = Tensor::new(&[[1f64, 0.0], [0.5, 0.2]], &Device::Cpu).unwrap();
        let thrice = Tensor::cat(&[&logits, &logits, &logits], 0).unwrap();
        let thrice = thrice.index_select(&Tensor::new(&[0u32, 1, 3, 5], &Device::Cpu).unwrap(), 0);
        let weighted = CrossEntropy::new(&[1.0, 3.0], DType::F64, &Device::Cpu).unwrap();
        let plain = CrossEntropy::new(&[1.0, 1.0], DType::F64, &Device::Cpu).unwrap();
        let weighted = weighted.measure(&logits, &[0, 1]).unwrap().loss;
        let plain = plain.measure(&thrice.unwrap(), &[0, 1, 1, 1]).unwrap().loss;
        assert!((weighted - plain).abs() < 1e-15);
    }

    #[test]
    fn of_equal_logits_the_first_is_the_answer() {
        let logits = Tensor::new(&[[0f32, 2.0, 2.0]], &Device::Cpu).unwrap();
        let entropy = CrossEntropy::new(&[1.0; 3], DType::F32, &Device::Cpu).unwrap();
        assert_eq!(entropy.measure(&logits, &[1]).unwrap().accuracy, 1.0);
        assert_eq!(entropy.measure(&logits, &[2]).unwrap().accuracy, 0.0);
    }

    #[test]
    fn huge_logits_have_a_finite_loss() {
        let logits = Tensor::new(&[[1e30f32, -1e30, 0.0]], &Device::Cpu).unwrap();
        let entropy = CrossEntropy::new(&[1.0; 3], DType::F32, &Device::Cpu).unwrap();
        assert_eq!(entropy.measure(&logits, &[0]).unwrap().loss, 0.0);
        assert!(entropy.measure(&logits, &[1]).unwrap().loss.is_finite());
    }
}
