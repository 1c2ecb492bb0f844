//! Layers of these networks as nodes of an ONNX graph: by the tensors of the file, which say how wide
//! they are and in how many groups they convolve.

use super::tensors;
use crate::nets::error::{Loaded, NetError};
use crate::nets::folding::{Folded, Named};
use crate::nets::weights::WeightsFile;
use crate::onnx::{Attribute, Conv, Graph, Numbers, Value};

/// Of batch normalisation.
const EPSILON: f64 = 1e-5;

/// Maps `[n, channels, side, side]`.
#[derive(Clone)]
pub(super) struct Map {
    pub value: Value,
    pub channels: usize,
    pub side: usize,
}

/// How a convolution meets the border.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Border {
    /// Half the kernel of zeros on every side.
    Padded,
    /// None.
    Bare,
}

/// Adds layers with the tensors of a file to a graph.
pub(super) struct Layers<'a> {
    /// In messages.
    pub network: &'static str,
    pub file: &'a WeightsFile,
    pub graph: &'a mut Graph,
}

impl Layers<'_> {
    pub fn has(&self, name: &str) -> bool {
        self.file.shape(&self.key(name)).is_some()
    }

    /// The shape of a tensor; errors when the file has none of the name.
    pub fn shape(&self, name: &str) -> Loaded<Vec<usize>> {
        let key = self.key(name);
        self.file.shape(&key).map(<[usize]>::to_vec).ok_or_else(|| NetError::Lacks {
            network: self.network,
            file: self.file.name().to_owned(),
            reason: format!("{key} is missing"),
        })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", tensors::prefix(self.file))
    }

    fn numbers(&self, name: &str) -> Loaded<Vec<f32>> {
        self.shape(name)?;
        self.file.numbers(&self.key(name))
    }

    /// A tensor as it is stored, in a shape of as many numbers.
    pub fn tensor(&mut self, name: &str, shape: &[usize]) -> Loaded<Value> {
        self.shape(name)?;
        let key = self.key(name);
        let numbers = self.file.stored(&key)?;
        Ok(self.graph.stored(&key, shape, numbers))
    }

    /// A convolution `NAME.weight`, with `NAME.bias` where there is one; the weights of a linear layer
    /// are one of a single place.
    pub fn conv(&mut self, x: &Map, name: &str, stride: usize, border: Border) -> Loaded<Map> {
        let weight = format!("{name}.weight");
        let mut shape = self.shape(&weight)?;
        shape.resize(4, 1);
        let values = self.tensor(&weight, &shape)?;
        let bias = format!("{name}.bias");
        let bias = match self.has(&bias) {
            true => Some(self.tensor(&bias, &shape[..1])?),
            false => None,
        };
        Ok(self.convolved(x, &values, bias.as_ref(), &shape, stride, border))
    }

    /// A padded convolution with the batch normalisation behind it.
    pub fn conv_norm(&mut self, x: &Map, conv: &str, norm: &str, stride: usize) -> Loaded<Map> {
        let weight = format!("{conv}.weight");
        let shape = self.shape(&weight)?;
        let folded = self.folded(conv, norm)?;
        let key = self.key(&weight);
        let (values, bias) = folded.nodes(self.file, &key, self.graph)?;
        Ok(self.convolved(x, &values, Some(&bias), &shape, stride, Border::Padded))
    }

    fn folded(&self, conv: &str, norm: &str) -> Loaded<Folded> {
        for part in ["weight", "bias", "running_mean", "running_var"] {
            self.shape(&format!("{norm}.{part}"))?;
        }
        let named =
            Named { weight: self.key(&format!("{conv}.weight")), batch_norm: self.key(norm) };
        Folded::of(self.file, &named, EPSILON)
    }

    fn convolved(
        &mut self,
        x: &Map,
        weight: &Value,
        bias: Option<&Value>,
        shape: &[usize],
        stride: usize,
        border: Border,
    ) -> Map {
        let (channels, kernel) = (shape[0], shape[2]);
        let groups = x.channels / shape[1];
        let padding = if border == Border::Padded { kernel / 2 } else { 0 };
        let side = (x.side + 2 * padding - kernel) / stride + 1;
        let conv = Conv { groups, ..Conv::padded(stride, padding) };
        Map { value: self.graph.conv(&x.value, weight, bias, conv), channels, side }
    }

    /// Convolutions of the same input that are added up, each with its batch normalisation, and that
    /// input itself with its own; as one convolution of the largest kernel.
    pub fn fused(
        &mut self,
        x: &Map,
        convs: &[String],
        identity: &str,
        stride: usize,
    ) -> Loaded<Map> {
        let there: Vec<&String> =
            convs.iter().filter(|conv| self.has(&format!("{conv}.conv.weight"))).collect();
        let mut shape = match there.first() {
            Some(conv) => self.shape(&format!("{conv}.conv.weight"))?,
            None => vec![x.channels, x.channels, 1, 1],
        };
        let kernel = shape[2];
        let (places, middle) = (kernel * kernel, kernel * kernel / 2);
        let mut weight = vec![0.0; shape.iter().product()];
        let mut bias = vec![0.0; shape[0]];
        let mut add = |bias_of: &[f32]| {
            bias.iter_mut().zip(bias_of).for_each(|(sum, own)| *sum += own);
        };
        for conv in there {
            let folded = self.folded(&format!("{conv}.conv"), &format!("{conv}.bn"))?;
            add(&folded.bias);
            if folded.weight.len() == weight.len() {
                weight.iter_mut().zip(&folded.weight).for_each(|(sum, own)| *sum += own);
            } else {
                let middles = weight[middle..].iter_mut().step_by(places);
                middles.zip(&folded.weight).for_each(|(sum, own)| *sum += own);
            }
        }
        if self.has(&format!("{identity}.running_var")) {
            let (factors, offsets) = self.normalisation(identity)?;
            add(&offsets);
            for (channel, factor) in factors.iter().enumerate() {
                let entering = channel * shape[1] + channel % shape[1];
                weight[entering * places + middle] += factor;
            }
        }
        shape.resize(4, 1);
        let name = self.key(&format!("{identity}.fused"));
        let weight = self.graph.stored(&name, &shape, Numbers::F32(weight));
        let bias = self.graph.numbers(&shape[..1], &bias);
        Ok(self.convolved(x, &weight, Some(&bias), &shape, stride, Border::Padded))
    }

    /// Batch normalisation by itself: what each channel is multiplied by, and what is added then.
    fn normalisation(&self, name: &str) -> Loaded<(Vec<f32>, Vec<f32>)> {
        let part = |part: &str| self.numbers(&format!("{name}.{part}"));
        let (scale, bias) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        let factor = |(scale, variance): (&f32, &f32)| {
            (f64::from(*scale) / (f64::from(*variance) + EPSILON).sqrt()) as f32
        };
        let factors: Vec<f32> = scale.iter().zip(&variance).map(factor).collect();
        let shifts = mean.iter().zip(&factors).map(|(mean, factor)| mean * factor);
        let offsets = bias.iter().zip(shifts).map(|(bias, shift)| bias - shift).collect();
        Ok((factors, offsets))
    }

    /// Batch normalisation by itself.
    pub fn batch_norm(&mut self, x: &Map, name: &str) -> Loaded<Map> {
        let (factors, offsets) = self.normalisation(name)?;
        let factors = self.graph.numbers(&[1, x.channels, 1, 1], &factors);
        let offsets = self.graph.numbers(&[1, x.channels, 1, 1], &offsets);
        let scaled = self.graph.pair("Mul", &x.value, &factors);
        Ok(Map { value: self.graph.pair("Add", &scaled, &offsets), ..x.clone() })
    }

    /// Layer normalisation along an axis, on which `NAME.weight` and `NAME.bias` lie as `shape` says.
    pub fn layer_norm(
        &mut self,
        x: &Value,
        name: &str,
        axis: i64,
        shape: &[usize],
    ) -> Loaded<Value> {
        let mean = |graph: &mut Graph, x: &Value| {
            graph.node("ReduceMean", &[x], &[("axes", Attribute::Ints(vec![axis]))])
        };
        let weight = self.tensor(&format!("{name}.weight"), shape)?;
        let bias = self.tensor(&format!("{name}.bias"), shape)?;
        let graph = &mut *self.graph;
        let middle = mean(graph, x);
        let centred = graph.pair("Sub", x, &middle);
        let squared = graph.pair("Mul", &centred, &centred);
        let variance = mean(graph, &squared);
        let epsilon = graph.number(1e-6);
        let variance = graph.pair("Add", &variance, &epsilon);
        let deviation = graph.node("Sqrt", &[&variance], &[]);
        let normal = graph.pair("Div", &centred, &deviation);
        let scaled = graph.pair("Mul", &normal, &weight);
        Ok(graph.pair("Add", &scaled, &bias))
    }

    /// The same of the channels of each place.
    pub fn channel_norm(&mut self, x: &Map, name: &str) -> Loaded<Map> {
        let value = self.layer_norm(&x.value, name, 1, &[1, x.channels, 1, 1])?;
        Ok(Map { value, ..x.clone() })
    }

    /// Each channel times a number of the file.
    pub fn scaled(&mut self, x: &Map, name: &str) -> Loaded<Map> {
        let factors = self.tensor(name, &[1, x.channels, 1, 1])?;
        Ok(Map { value: self.graph.pair("Mul", &x.value, &factors), ..x.clone() })
    }

    /// The linear layer `NAME` of tokens `[n, tokens, width]`.
    pub fn linear(&mut self, x: &Value, name: &str) -> Loaded<Value> {
        let weight = format!("{name}.weight");
        let shape = self.shape(&weight)?;
        let values = self.tensor(&weight, &shape)?;
        let turned = self.graph.transpose(&values, &[1, 0]);
        let sums = self.graph.pair("MatMul", x, &turned);
        let bias = format!("{name}.bias");
        if !self.has(&bias) {
            return Ok(sums);
        }
        let bias = self.tensor(&bias, &shape[..1])?;
        Ok(self.graph.pair("Add", &sums, &bias))
    }

    /// Self-attention of tokens `[n, tokens, width]` with heads of `head` numbers, by the layers
    /// `NAME.qkv` and `NAME.proj`.
    pub fn attention(&mut self, x: &Value, name: &str, [width, head]: [usize; 2]) -> Loaded<Value> {
        let parts = self.linear(x, &format!("{name}.qkv"))?;
        let [heads, head_len] = [width / head, head].map(|number| number as i64);
        let parts = self.graph.reshape(&parts, &[0, 0, 3, heads, head_len]);
        let parts = self.graph.transpose(&parts, &[2, 0, 3, 1, 4]);
        let [queries, keys, values] = [0, 1, 2].map(|part| {
            let place = self.graph.integer(part);
            self.graph.node("Gather", &[&parts, &place], &[("axis", Attribute::Int(0))])
        });
        let keys = self.graph.transpose(&keys, &[0, 1, 3, 2]);
        let heads = self.attended(&queries, &keys, &values, head);
        let tokens = self.graph.transpose(&heads, &[0, 2, 1, 3]);
        let tokens = self.graph.reshape(&tokens, &[0, 0, width as i64]);
        self.linear(&tokens, &format!("{name}.proj"))
    }

    /// Queries `[n, heads, tokens, head]`, keys `[n, heads, head, others]` and values
    /// `[n, heads, others, head]` to `[n, heads, tokens, head]`.
    pub fn attended(
        &mut self,
        queries: &Value,
        keys: &Value,
        values: &Value,
        head: usize,
    ) -> Value {
        let scale = self.graph.number((1.0 / (head as f64).sqrt()) as f32);
        let queries = self.graph.pair("Mul", queries, &scale);
        let products = self.graph.pair("MatMul", &queries, keys);
        let weights = self.graph.softmax(&products);
        self.graph.pair("MatMul", &weights, values)
    }

    pub fn relu(&mut self, x: &Map) -> Map {
        Map { value: self.graph.relu(&x.value), ..x.clone() }
    }

    pub fn gelu(&mut self, x: &Map) -> Map {
        Map { value: self.gelu_of(&x.value), ..x.clone() }
    }

    /// `x / 2 * (1 + erf(x / √2))`.
    pub fn gelu_of(&mut self, x: &Value) -> Value {
        let graph = &mut *self.graph;
        let [root, one, half] =
            [std::f32::consts::FRAC_1_SQRT_2, 1.0, 0.5].map(|number| graph.number(number));
        let scaled = graph.pair("Mul", x, &root);
        let error = graph.node("Erf", &[&scaled], &[]);
        let share = graph.pair("Add", &error, &one);
        let part = graph.pair("Mul", x, &share);
        graph.pair("Mul", &part, &half)
    }

    /// The sum of two maps of the same shape.
    pub fn sum(&mut self, one: &Map, other: &Map) -> Map {
        Map { value: self.graph.pair("Add", &one.value, &other.value), ..one.clone() }
    }

    /// The means of the channels as maps of one place.
    pub fn pooled(&mut self, x: &Map) -> Map {
        let value = self.graph.node("GlobalAveragePool", &[&x.value], &[]);
        Map { value, side: 1, ..x.clone() }
    }

    /// Maps to tokens `[n, places, channels]`.
    pub fn tokens(&mut self, x: &Map) -> Value {
        let flat = self.graph.reshape(&x.value, &[0, x.channels as i64, -1]);
        self.graph.transpose(&flat, &[0, 2, 1])
    }

    /// Tokens `[n, places, channels]` to maps of the shape of `like`.
    pub fn maps(&mut self, tokens: &Value, like: &Map) -> Map {
        let flat = self.graph.transpose(tokens, &[0, 2, 1]);
        let side = like.side as i64;
        let value = self.graph.reshape(&flat, &[0, like.channels as i64, side, side]);
        Map { value, ..like.clone() }
    }
}
