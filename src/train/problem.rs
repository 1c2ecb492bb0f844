//! What is to be learned from what, checked before the first step.

use super::samples::Samples;
use super::{Error, learning_rate};
use crate::spec::{BatchDraw, ClassWeights, Train};
use crate::store::Horizon;

/// What [`fit`](super::fit) is to learn, and how.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    /// The photos to learn from.
    pub training: &'a Samples,
    /// The photos that evaluations see; without any there is no evaluation, and no early stop.
    pub validation: &'a Samples,
    /// How many categories.
    pub categories: usize,
    /// Batch size, optimiser, schedule and the rest.
    pub train: &'a Train,
    /// Steps from the beginning to the end.
    pub iterations: usize,
    /// The numbers of steps that were wanted before, where that changed under way: a schedule that
    /// falls to the end was that of another end then. Empty: it was always `iterations`.
    pub horizons: &'a [Horizon],
    /// Before the schedule changes it.
    pub learning_rate: f64,
}

impl Problem<'_> {
    /// The learning rate of a step, counted from 1.
    pub fn learning_rate(&self, step: usize) -> f64 {
        let before = self.horizons.iter().rev().find(|horizon| horizon.after < step);
        let iterations = before.map_or(self.iterations, |horizon| horizon.iterations);
        learning_rate(self.train, self.learning_rate, step, iterations)
    }

    /// Whether there are photos that evaluations see.
    pub fn is_watched(&self) -> bool {
        !self.validation.labels.is_empty()
    }

    /// Checks all that the training loop relies on, so that nothing fails after the first step.
    pub fn check(&self) -> Result<(), Error> {
        if self.categories < 2 {
            return Err(Error::Categories(self.categories));
        }
        let Train { batch_size, eval_interval, .. } = self.train;
        let counts = [("batch_size", *batch_size), ("eval_interval", *eval_interval)].into_iter();
        for (name, count) in counts.chain([("iterations", self.iterations)]) {
            if count == 0 {
                return Err(Error::Zero(name));
            }
        }
        self.training.check("training", self.categories)?;
        if let Some(category) = self.training_counts().iter().position(|&count| count == 0) {
            return Err(Error::EmptyCategory(category));
        }
        if self.is_watched() {
            self.validation.check("validation", self.categories)?;
        } else if self.train.early_stop > 0 {
            return Err(Error::NoValidation);
        }
        let [training, validation] =
            [self.training, self.validation].map(|samples| samples.features.shape()[1]);
        if training != validation {
            return Err(Error::Width { training, validation });
        }
        let weights = self.class_weights();
        if weights.len() != self.categories || !weights.iter().all(|&w| w > 0.0 && w.is_finite()) {
            return Err(Error::ClassWeights { found: weights.len(), categories: self.categories });
        }
        Ok(())
    }

    /// The weight of each category in the loss of a batch: what a balanced draw has balanced already
    /// is not weighed a second time.
    pub fn batch_weights(&self) -> Vec<f64> {
        match (&self.train.class_weights, self.train.draw) {
            (ClassWeights::Balanced, BatchDraw::Balanced) => vec![1.0; self.categories],
            _ => self.class_weights(),
        }
    }

    /// The weight of each category in the loss over photos as they are found. Balanced weights are
    /// `photos / (categories * photos of the category)`, of training photos: rare categories weigh
    /// more, and the mean over all photos is 1.
    pub fn class_weights(&self) -> Vec<f64> {
        match &self.train.class_weights {
            ClassWeights::None => vec![1.0; self.categories],
            ClassWeights::Given(weights) => weights.clone(),
            ClassWeights::Balanced => {
                let photos = self.training.labels.len() as f64;
                let counts = self.training_counts();
                counts.iter().map(|&n| photos / (self.categories as f64 * n as f64)).collect()
            }
        }
    }

    fn training_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.categories];
        for &label in &self.training.labels {
            counts[label as usize] += 1;
        }
        counts
    }
}

#[cfg(test)]
pub(super) mod tests {
    use candle_core::{DType, Device, Tensor};

    use super::*;
    use crate::spec::{Optimizer, Schedule};

    /// Plain gradient descent, as retrain.py, but quick.
    pub fn plain() -> Train {
        Train {
            batch_size: 10,
            draw: BatchDraw::Balanced,
            optimizer: Optimizer::Sgd,
            momentum: 0.9,
            weight_decay: 0.0,
            schedule: Schedule::Constant,
            step_every: 1000,
            step_factor: 0.1,
            standardize: false,
            class_weights: ClassWeights::None,
            early_stop: 0,
            eval_interval: 10,
            eval_first: false,
            keep_every: 0,
            seed: 1,
        }
    }

    /// One feature a row.
    pub fn samples(numbers: &[f32], labels: &[u32]) -> Samples {
        let features = Tensor::from_slice(numbers, (numbers.len(), 1), &Device::Cpu).unwrap();
        Samples { features: features.into(), labels: labels.to_vec() }
    }

    fn complaint(training: &Samples, validation: &Samples, train: &Train) -> String {
        let problem = Problem {
            training,
            validation,
            categories: 2,
            train,
            iterations: 5,
            horizons: &[],
            learning_rate: 0.1,
        };
        problem.check().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn problems_that_cannot_be_solved_are_refused_with_the_reason() {
        let (good, train) = (samples(&[1.0, 2.0], &[0, 1]), plain());
        assert_eq!(complaint(&good, &good, &train), "");
        let says = |training: &Samples, validation: &Samples, train: &Train, words: &str| {
            let complaint = complaint(training, validation, train);
            assert!(complaint.contains(words), "{complaint:?} lacks {words:?}");
        };
        says(&samples(&[1.0, 2.0], &[0, 0]), &good, &train, "category 1");
        says(&samples(&[1.0, 2.0], &[0, 2]), &good, &train, "label 2 in row 1");
        says(&samples(&[1.0, 2.0], &[0]), &good, &train, "1 labels for features");
        says(&samples(&[1.0, f32::NAN], &[0, 1]), &good, &train, "row 1 of the training");
        says(&good, &samples(&[f32::INFINITY], &[0]), &train, "row 0 of the validation");
        let nobody = samples(&[], &[]);
        assert_eq!(complaint(&good, &nobody, &train), "");
        says(&good, &nobody, &Train { early_stop: 3, ..plain() }, "no validation photo");
        let wide = Samples {
            features: Tensor::zeros((1, 2), DType::F32, &Device::Cpu).unwrap().into(),
            labels: vec![0],
        };
        says(&good, &wide, &train, "validation features 2");
        says(&good, &good, &Train { batch_size: 0, ..plain() }, "batch_size is 0");
        let weights = ClassWeights::Given(vec![1.0]);
        says(&good, &good, &Train { class_weights: weights, ..plain() }, "1 class weights");
    }

    #[test]
    fn balanced_class_weights_are_in_inverse_proportion_to_the_photos() {
        let training = samples(&[0.0; 8], &[0, 0, 0, 0, 0, 0, 1, 1]);
        let train = Train { class_weights: ClassWeights::Balanced, ..plain() };
        let problem = Problem {
            training: &training,
            validation: &training,
            categories: 2,
            train: &train,
            iterations: 1,
            horizons: &[],
            learning_rate: 0.1,
        };
        // 8 / (2 * 6) and 8 / (2 * 2).
        assert_eq!(problem.class_weights(), [2.0 / 3.0, 2.0]);
        assert_eq!(problem.batch_weights(), [1.0, 1.0], "the draw has balanced the batches");
        let natural = Train { draw: BatchDraw::Natural, ..train.clone() };
        let problem = Problem { train: &natural, ..problem };
        assert_eq!(problem.batch_weights(), [2.0 / 3.0, 2.0]);
    }
}
