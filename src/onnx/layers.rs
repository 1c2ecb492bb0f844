//! Layers of networks, of a few nodes each.

use super::graph::{Attribute, Graph, Value};

/// How a convolution meets its input.
#[derive(Clone, Copy, Debug)]
pub struct Conv {
    /// In height and width alike.
    pub stride: usize,
    /// Zeros above, left, below and right.
    pub padding: [usize; 4],
    /// Parts of the channels that are convolved by themselves.
    pub groups: usize,
}

impl Conv {
    /// With as many zeros on every side.
    pub fn padded(stride: usize, padding: usize) -> Conv {
        Conv { stride, padding: [padding; 4], groups: 1 }
    }
}

fn ints(numbers: &[usize]) -> Attribute {
    Attribute::Ints(numbers.iter().map(|number| *number as i64).collect())
}

impl Graph {
    /// `x` is `[n, in, rows, columns]`, `weight` `[out, in / groups, height, width]`, `bias` `[out]`.
    pub fn conv(&mut self, x: &Value, weight: &Value, bias: Option<&Value>, conv: Conv) -> Value {
        let Conv { stride, padding, groups } = conv;
        let inputs: Vec<&Value> = [x, weight].into_iter().chain(bias).collect();
        let attributes = [
            ("strides", ints(&[stride; 2])),
            ("pads", ints(&padding)),
            ("group", Attribute::Int(groups as i64)),
        ];
        self.node("Conv", &inputs, &attributes)
    }

    /// What is below 0 becomes 0.
    pub fn relu(&mut self, x: &Value) -> Value {
        self.node("Relu", &[x], &[])
    }

    /// What is below 0 becomes 0, what is above 6 becomes 6.
    pub fn relu6(&mut self, x: &Value) -> Value {
        let (least, largest) = (self.number(0.0), self.number(6.0));
        self.node("Clip", &[x, &least, &largest], &[])
    }

    /// The largest of each window of `side` by `side`.
    pub fn max_pool(&mut self, x: &Value, side: usize, stride: usize, padding: usize) -> Value {
        let attributes = [
            ("kernel_shape", ints(&[side; 2])),
            ("strides", ints(&[stride; 2])),
            ("pads", ints(&[padding; 4])),
        ];
        self.node("MaxPool", &[x], &attributes)
    }

    /// The means of windows of 3 by 3, stride 1, padded by one; `counts_padding`: they divide by 9 at
    /// the border too.
    pub fn average_pool(&mut self, x: &Value, counts_padding: bool) -> Value {
        let attributes = [
            ("kernel_shape", ints(&[3; 2])),
            ("strides", ints(&[1; 2])),
            ("pads", ints(&[1; 4])),
            ("count_include_pad", Attribute::Int(counts_padding.into())),
        ];
        self.node("AveragePool", &[x], &attributes)
    }

    /// Values one after the other along an axis.
    pub fn concat(&mut self, values: &[Value], axis: i64) -> Value {
        match values {
            [one] => one.clone(),
            _ => {
                let values: Vec<&Value> = values.iter().collect();
                self.node("Concat", &values, &[("axis", Attribute::Int(axis))])
            }
        }
    }

    /// Maps `[n, channels, rows, columns]` to the means of their channels, `[n, channels]`.
    pub fn mean(&mut self, maps: &Value) -> Value {
        let means = self.node("GlobalAveragePool", &[maps], &[]);
        self.node("Flatten", &[&means], &[("axis", Attribute::Int(1))])
    }

    /// `a + b`, `a * b` and so on, by the operator's name.
    pub fn pair(&mut self, operator: &str, a: &Value, b: &Value) -> Value {
        self.node(operator, &[a, b], &[])
    }

    /// The same numbers in another shape; -1: as many as are left, 0: as it was.
    pub fn reshape(&mut self, x: &Value, shape: &[i64]) -> Value {
        let shape = self.integers(shape);
        self.node("Reshape", &[x, &shape], &[])
    }

    /// Its axes in another order.
    pub fn transpose(&mut self, x: &Value, order: &[usize]) -> Value {
        self.node("Transpose", &[x], &[("perm", ints(order))])
    }

    /// The sum along an axis, which stays with length 1.
    pub fn sum_kept(&mut self, x: &Value, axis: i64) -> Value {
        let axis = self.integers(&[axis]);
        self.node("ReduceSum", &[x, &axis], &[("keepdims", Attribute::Int(1))])
    }

    /// `exp(x)` over their sum along the last axis.
    pub fn softmax(&mut self, x: &Value) -> Value {
        self.node("Softmax", &[x], &[("axis", Attribute::Int(-1))])
    }
}
