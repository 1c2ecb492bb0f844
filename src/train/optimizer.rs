//! How a gradient becomes a new head: SGD, momentum, Adam, AdamW.

use candle_core::{Result, Tensor};

use super::{Gradient, Head};
use crate::spec::{self, Train};

/// Kingma, Ba 2015; PyTorch's defaults.
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Turns a gradient into a new head. The rules are PyTorch's (`torch.optim.SGD`, `Adam`, `AdamW`);
/// weight decay applies to the bias too, as it does there when all parameters are in one group.
#[derive(Clone, Debug)]
pub struct Optimizer {
    rule: Rule,
    /// Steps taken.
    pub steps: i32,
    /// Of the head's weights, `[categories, d]`.
    pub weights: Moments,
    /// Of the head's bias, `[categories]`.
    pub bias: Moments,
}

/// Running averages of one parameter's gradient, `None` before the first step and where the rule
/// has none.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    /// Of the gradient itself; momentum keeps its velocity here.
    pub first: Option<Tensor>,
    /// Of its square.
    pub second: Option<Tensor>,
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    kind: spec::Optimizer,
    momentum: f64,
    weight_decay: f64,
}

impl Optimizer {
    /// Before the first step, with the rule of the experiment.
    pub fn new(train: &Train) -> Optimizer {
        Optimizer {
            rule: Rule {
                kind: train.optimizer,
                momentum: train.momentum,
                weight_decay: train.weight_decay,
            },
            steps: 0,
            weights: Moments::default(),
            bias: Moments::default(),
        }
    }

    /// How many of the two moments the rule has.
    pub(super) fn moments(&self) -> usize {
        match self.rule.kind {
            spec::Optimizer::Sgd => 0,
            spec::Optimizer::Momentum => 1,
            spec::Optimizer::Adam | spec::Optimizer::AdamW => 2,
        }
    }

    /// Sets the state after `steps` steps; the moments come in the shape of a head.
    pub(super) fn restore(&mut self, steps: usize, first: Option<Head>, second: Option<Head>) {
        self.steps = i32::try_from(steps).unwrap_or(i32::MAX);
        let parts = |moment: Option<Head>| moment.map(|head| (head.weights, head.bias)).unzip();
        (self.weights.first, self.bias.first) = parts(first);
        (self.weights.second, self.bias.second) = parts(second);
    }

    /// Takes one step against the gradient of the loss. Weight decay is added here.
    pub fn step(&mut self, head: &mut Head, gradient: &Gradient, learning_rate: f64) -> Result<()> {
        self.steps = self.steps.saturating_add(1);
        let (rule, steps, rate) = (self.rule, self.steps, learning_rate);
        head.weights =
            rule.moved(&head.weights, &gradient.weights, &mut self.weights, steps, rate)?;
        head.bias = rule.moved(&head.bias, &gradient.bias, &mut self.bias, steps, rate)?;
        Ok(())
    }
}

impl Rule {
    /// The parameter `p` after step number `steps` (from 1) with gradient `g`.
    fn moved(
        self,
        p: &Tensor,
        g: &Tensor,
        moments: &mut Moments,
        steps: i32,
        rate: f64,
    ) -> Result<Tensor> {
        match self.kind {
            spec::Optimizer::Sgd => p - (self.with_decay(g, p)? * rate)?,
            spec::Optimizer::Momentum => {
                let g = self.with_decay(g, p)?;
                let velocity = match &moments.first {
                    None => g,
                    Some(velocity) => ((velocity * self.momentum)? + g)?,
                };
                let moved = p - (&velocity * rate)?;
                moments.first = Some(velocity);
                moved
            }
            spec::Optimizer::Adam => {
                p - (moments.direction(&self.with_decay(g, p)?, steps)? * rate)?
            }
            spec::Optimizer::AdamW => {
                let decayed = (p * (1.0 - rate * self.weight_decay))?;
                decayed - (moments.direction(g, steps)? * rate)?
            }
        }
    }

    /// The gradient of the loss plus `weight_decay / 2 * |p|²`.
    fn with_decay(self, g: &Tensor, p: &Tensor) -> Result<Tensor> {
        if self.weight_decay == 0.0 { Ok(g.clone()) } else { g + (p * self.weight_decay)? }
    }
}

impl Moments {
    /// Adam's direction: the mean gradient over the root of the mean square, both corrected for the
    /// averages having started at 0.
    fn direction(&mut self, g: &Tensor, steps: i32) -> Result<Tensor> {
        let mean = averaged(self.first.as_ref(), g, BETA1)?;
        let square = averaged(self.second.as_ref(), &g.sqr()?, BETA2)?;
        let corrected = (&mean / (1.0 - BETA1.powi(steps)))?;
        let root = ((&square / (1.0 - BETA2.powi(steps)))?.sqrt()? + EPSILON)?;
        (self.first, self.second) = (Some(mean), Some(square));
        corrected / root
    }
}

/// `beta * average + (1 - beta) * new`, from an average of 0.
fn averaged(average: Option<&Tensor>, new: &Tensor, beta: f64) -> Result<Tensor> {
    let new = (new * (1.0 - beta))?;
    match average {
        None => Ok(new),
        Some(average) => (average * beta)? + new,
    }
}
