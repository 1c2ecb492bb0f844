//! The likeness as nodes of an ONNX graph.

use super::measure::Measure;
use super::verdict::Likeness;
use crate::onnx::{Attribute, Graph, Type, Value};

impl Likeness {
    /// From features `[n, feature_len]` to the share of one's own photos that are less like the training
    /// photos, f32 `[n]`, and whether it is none of them, bool `[n]`.
    pub fn nodes(&self, graph: &mut Graph, features: &Value) -> (Value, Value) {
        let (distance, minus_gap) = self.measure.nodes(graph, features);
        let [mean, deviation, gap, gap_deviation] = self.usual.map(|number| graph.number(number));
        let unlike = graph.pair("Sub", &distance, &mean);
        let unlike = graph.pair("Div", &unlike, &deviation);
        let less_sure = graph.pair("Sub", &minus_gap, &gap);
        let less_sure = graph.pair("Div", &less_sure, &gap_deviation);
        let weight = graph.number(super::verdict::GAP_WEIGHT as f32);
        let less_sure = graph.pair("Mul", &less_sure, &weight);
        let unlike = graph.pair("Add", &unlike, &less_sure); // [n, 1]

        let own = graph.numbers(&[1, self.held_out.len()], &self.held_out);
        let is_nearer = graph.pair("Less", &own, &unlike);
        let nearer = graph.cast(&is_nearer, Type::F32);
        let less_like_than = mean_of_each(graph, &nearer);
        let less_like_than = graph.reshape(&less_like_than, &[-1]);
        let one = graph.number(1.0);
        let likeness = graph.pair("Sub", &one, &less_like_than);
        let threshold = graph.number(self.threshold());
        let is_none = graph.pair("Greater", &unlike, &threshold);
        (likeness, graph.reshape(&is_none, &[-1]))
    }
}

impl Measure {
    /// The two measures, `[n, 1]` each.
    fn nodes(&self, graph: &mut Graph, features: &Value) -> (Value, Value) {
        let (d, q) = (self.mean.len(), self.directions());
        let k = self.centres.len() / q;
        let magnitude = graph.node("Abs", &[features], &[]);
        let root = graph.node("Sqrt", &[&magnitude], &[]);
        let sign = graph.node("Sign", &[features], &[]);
        let roots = graph.pair("Mul", &root, &sign);
        let roots = unit_rows(graph, &roots);
        let scale = graph.numbers(&[d], &self.scale);
        let scaled = graph.pair("Div", &roots, &scale);
        let scaled = unit_rows(graph, &scaled);
        let mean = graph.numbers(&[d], &self.mean);
        let centred = graph.pair("Sub", &scaled, &mean);
        let length = squares(graph, &centred);
        let place = times_rows(graph, &centred, &self.basis, [q, d]); // [n, q]
        let inside = squares(graph, &place);
        let rest = graph.pair("Sub", &length, &inside);
        let rest = graph.relu(&rest);
        let weight = graph.number(self.rest_weight);
        let rest = graph.pair("Mul", &rest, &weight);

        let whitened = times_rows(graph, &place, &self.whitening, [q, q]);
        let whitened = graph.reshape(&whitened, &[-1, 1, q as i64]);
        let centres = graph.numbers(&[1, k, q], &self.centres);
        let apart = graph.pair("Sub", &whitened, &centres); // [n, k, q]
        let apart = graph.pair("Mul", &apart, &apart);
        let apart = graph.sum_kept(&apart, 2);
        let apart = graph.reshape(&apart, &[-1, k as i64]);
        let nearest = reduce(graph, "ReduceMin", &apart);
        let distance = graph.pair("Add", &nearest, &rest);
        let distance = graph.node("Sqrt", &[&distance], &[]);
        (distance, self.minus_gap(graph, &place))
    }

    /// Of places `[n, q]`.
    fn minus_gap(&self, graph: &mut Graph, place: &Value) -> Value {
        let q = self.directions();
        let k = self.centres.len() / q;
        let rows = self.response.chunks_exact(q + 1);
        let weights: Vec<f32> = rows.clone().flat_map(|row| &row[..q]).copied().collect();
        let constants: Vec<f32> = rows.map(|row| row[q]).collect();
        let response = times_rows(graph, place, &weights, [k, q]);
        let constants = graph.numbers(&[k], &constants);
        let response = graph.pair("Add", &response, &constants);
        let best = reduce(graph, "ReduceMax", &response);
        if k == 1 {
            return graph.pair("Sub", &best, &best);
        }
        let both = graph.largest(&response, 2);
        let second = reduce(graph, "ReduceMin", &both);
        graph.pair("Sub", &second, &best)
    }
}

/// `x` `[n, d]` times the transposed `rows` `[m, d]`.
fn times_rows(graph: &mut Graph, x: &Value, rows: &[f32], [m, d]: [usize; 2]) -> Value {
    let rows = graph.numbers(&[m, d], rows);
    graph.node("Gemm", &[x, &rows], &[("transB", Attribute::Int(1))])
}

/// The sum of each row's squares, `[n, 1]`.
fn squares(graph: &mut Graph, rows: &Value) -> Value {
    let squared = graph.pair("Mul", rows, rows);
    graph.sum_kept(&squared, 1)
}

/// A row of zeros stays one.
fn unit_rows(graph: &mut Graph, rows: &Value) -> Value {
    let length = squares(graph, rows);
    let length = graph.node("Sqrt", &[&length], &[]);
    let least = graph.number(f32::MIN_POSITIVE);
    let length = graph.pair("Max", &length, &least);
    graph.pair("Div", rows, &length)
}

fn reduce(graph: &mut Graph, operator: &str, rows: &Value) -> Value {
    graph.node(operator, &[rows], &[("axes", Attribute::Ints(vec![1]))])
}

fn mean_of_each(graph: &mut Graph, rows: &Value) -> Value {
    reduce(graph, "ReduceMean", rows)
}
