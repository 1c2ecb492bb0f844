//! The head is trained as PyTorch trains it: `golden/head.md` says what the numbers are.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use retrain::spec::{self, BatchDraw, ClassWeights, Schedule, Train};
use retrain::train::{CrossEntropy, Gradient, Head, Optimizer};

struct Golden {
    tensors: HashMap<String, Tensor>,
    dtype: DType,
}

impl Golden {
    fn load(dtype: DType) -> Golden {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/head.safetensors");
        Golden { tensors: candle_core::safetensors::load(path, &Device::Cpu).unwrap(), dtype }
    }

    fn input(&self, name: &str) -> Tensor {
        self.tensors[name].to_dtype(self.dtype).unwrap()
    }

    fn labels(&self) -> Vec<u32> {
        self.tensors["labels"].to_dtype(DType::U32).unwrap().to_vec1().unwrap()
    }

    fn batches(&self) -> Vec<Vec<u32>> {
        self.tensors["batches"].to_dtype(DType::U32).unwrap().to_vec2().unwrap()
    }

    fn start(&self) -> Head {
        Head { weights: self.input("w0"), bias: self.input("b0") }
    }

    /// Compares with the f64 oracle.
    fn compare(&self, name: &str, seen: &Tensor, tolerance: f64) {
        let expected = &self.tensors[name];
        assert_eq!(seen.dims(), expected.dims(), "{name}");
        let gap = (seen.to_dtype(DType::F64).unwrap() - expected).unwrap().abs().unwrap();
        let worst: f64 = gap.flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap();
        assert!(worst <= tolerance, "{name}: {worst:e} away, {tolerance:e} allowed");
    }
}

fn variants() -> Vec<(&'static str, f64, Train)> {
    use spec::Optimizer::{Adam, AdamW, Momentum, Sgd};
    let variant = |name, optimizer, rate, weight_decay| {
        let train = Train {
            batch_size: 16,
            draw: BatchDraw::Balanced,
            optimizer,
            momentum: 0.9,
            weight_decay,
            schedule: Schedule::Constant,
            step_every: 1,
            step_factor: 1.0,
            standardize: false,
            class_weights: ClassWeights::None,
            early_stop: 0,
            eval_interval: 1,
            eval_first: false,
            keep_every: 0,
            seed: 0,
        };
        (name, rate, train)
    };
    vec![
        variant("sgd_lr0.01", Sgd, 0.01, 0.0),
        variant("sgd_lr0.5", Sgd, 0.5, 0.0),
        variant("sgd_lr0.5_wd1e-4", Sgd, 0.5, 1e-4),
        variant("momentum0.9_lr0.01", Momentum, 0.01, 0.0),
        variant("momentum0.9_lr0.5", Momentum, 0.5, 0.0),
        variant("momentum0.9_lr0.01_wd1e-4", Momentum, 0.01, 1e-4),
        variant("adam_lr0.01", Adam, 0.01, 0.0),
        variant("adam_lr0.5", Adam, 0.5, 0.0),
        variant("adam_lr0.01_wd1e-4", Adam, 0.01, 1e-4),
        variant("adamw_lr0.01_wd1e-4", AdamW, 0.01, 1e-4),
        variant("adamw_lr0.01_wd1e-2", AdamW, 0.01, 1e-2),
    ]
}

/// Trains each variant in `dtype` and compares every step and the end.
fn every_variant_agrees(dtype: DType, tolerance: f64, logits_tolerance: f64) {
    let golden = Golden::load(dtype);
    let (features, labels) = (golden.input("features"), golden.labels());
    let loss = CrossEntropy::new(&[1.0; 3], dtype, &Device::Cpu).unwrap();
    for (name, rate, train) in variants() {
        let mut head = golden.start();
        let mut optimizer = Optimizer::new(&train);
        let mut seen: [Vec<f64>; 4] = Default::default();
        for rows in golden.batches() {
            let rows_tensor = Tensor::new(&rows[..], &Device::Cpu).unwrap();
            let batch = features.index_select(&rows_tensor, 0).unwrap();
            let labels: Vec<u32> = rows.iter().map(|&row| labels[row as usize]).collect();
            let logits = head.logits(&batch).unwrap();
            let before = loss.measure(&logits, &labels).unwrap();
            let at_logits = loss.logit_gradient(&logits, &labels).unwrap();
            let gradient = Gradient::at(&at_logits, &batch).unwrap();
            optimizer.step(&mut head, &gradient, rate).unwrap();
            let after = loss.measure(&head.logits(&batch).unwrap(), &labels).unwrap();
            let numbers = [before.loss, before.accuracy, after.loss, after.accuracy];
            seen.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        }
        let columns = ["loss_before", "acc_before", "loss_after", "acc_after"];
        for (column, numbers) in columns.into_iter().zip(&seen) {
            let tolerance = if column.starts_with("acc") { 1e-12 } else { tolerance };
            let numbers = Tensor::new(&numbers[..], &Device::Cpu).unwrap();
            golden.compare(&format!("{name}/f64/{column}"), &numbers, tolerance);
        }
        golden.compare(&format!("{name}/f64/w"), &head.weights, tolerance);
        golden.compare(&format!("{name}/f64/b"), &head.bias, tolerance);
        let (logits, scores) = (head.logits(&features).unwrap(), head.scores(&features).unwrap());
        golden.compare(&format!("{name}/f64/logits"), &logits, logits_tolerance);
        golden.compare(&format!("{name}/f64/probs"), &scores, tolerance);
    }
}

#[test]
fn every_optimizer_agrees_with_pytorch_in_f64() {
    every_variant_agrees(DType::F64, 1e-11, 1e-11);
}

#[test]
fn every_optimizer_agrees_with_pytorch_in_f32() {
    every_variant_agrees(DType::F32, 1e-5, 5e-5);
}

#[test]
fn the_first_gradient_is_pytorchs() {
    let golden = Golden::load(DType::F64);
    let rows = &golden.batches()[0];
    let labels: Vec<u32> = rows.iter().map(|&row| golden.labels()[row as usize]).collect();
    let rows = Tensor::new(&rows[..], &Device::Cpu).unwrap();
    let batch = golden.input("features").index_select(&rows, 0).unwrap();
    let loss = CrossEntropy::new(&[1.0; 3], DType::F64, &Device::Cpu).unwrap();
    let logits = golden.start().logits(&batch).unwrap();
    let at_logits = loss.logit_gradient(&logits, &labels).unwrap();
    let gradient = Gradient::at(&at_logits, &batch).unwrap();
    golden.compare("grad0_w/f64", &gradient.weights, 1e-11);
    golden.compare("grad0_b/f64", &gradient.bias, 1e-11);
}
