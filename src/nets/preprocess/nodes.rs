//! The same preprocessing as nodes of an ONNX graph, for pictures of any size: what depends on the size
//! is computed in the graph.

use super::{Crop, Preprocess};
use crate::nets::settings::Resize;
use crate::onnx::{Attribute, Graph, Type, Value};

/// One axis of the pictures, as [`super::resize::Axis`]; whole numbers, known when a picture comes.
struct Axis {
    length: Value,
    scaled: Value,
    /// The places that are kept, `[side]`.
    kept: Value,
}

impl Preprocess {
    /// RGB pictures in u8, `[n, rows, columns, 3]`, to what the first layer of the network takes, f32
    /// `[n, 3, side, side]`, normalised.
    ///
    /// The rules without a filter give the numbers of [`Preprocess::picture`] to the bit; those with one
    /// the same up to the rounding of f32.
    pub fn nodes(&self, graph: &mut Graph, pictures: &Value) -> Value {
        let [rows, columns] = self.axes_of(graph, pictures);
        let pixels = match self.resize {
            Resize::Legacy | Resize::HalfPixel => {
                let is_legacy = self.resize == Resize::Legacy;
                let [rows, columns] = [rows, columns].map(|axis| between(graph, &axis, is_legacy));
                interpolated(graph, pictures, &rows, &columns)
            }
            Resize::Antialias | Resize::Bicubic => {
                let is_cubic = self.resize == Resize::Bicubic;
                let [rows, columns] = [rows, columns].map(|axis| filter(graph, &axis, is_cubic));
                self.filtered(graph, pictures, &rows, &columns)
            }
        };
        let ranges = self.input_range();
        let factors = graph.numbers(&[1, 3, 1, 1], &ranges.map(|(factor, _)| factor));
        let offsets = graph.numbers(&[1, 3, 1, 1], &ranges.map(|(_, offset)| offset));
        let scaled = graph.pair("Mul", &pixels, &factors);
        graph.pair("Add", &scaled, &offsets)
    }

    /// Rows and columns.
    fn axes_of(&self, graph: &mut Graph, pictures: &Value) -> [Axis; 2] {
        let shape = graph.node("Shape", &[pictures], &[]);
        let lengths = [1, 2].map(|axis| {
            let place = graph.integer(axis);
            graph.node("Gather", &[&shape, &place], &[("axis", Attribute::Int(0))])
        });
        let shorter = graph.pair("Min", &lengths[0], &lengths[1]);
        let side = graph.integer(self.side as i64);
        lengths.map(|length| match self.crop {
            Crop::Squash => {
                let zero = graph.integer(0);
                let kept = range(graph, &zero, &side);
                Axis { length, scaled: side.clone(), kept }
            }
            Crop::Centre { shorter_side } => {
                let to = graph.integer(shorter_side as i64);
                let product = graph.pair("Mul", &length, &to);
                let scaled = graph.pair("Div", &product, &shorter);
                let over = graph.pair("Sub", &scaled, &side);
                let first = half_rounded(graph, &over);
                let end = graph.pair("Add", &first, &side);
                let kept = range(graph, &first, &end);
                Axis { length, scaled, kept }
            }
        })
    }

    /// By the weights of [`filter`], `[side, rows]` and `[side, columns]`: down first.
    fn filtered(
        &self,
        graph: &mut Graph,
        pictures: &Value,
        rows: &Value,
        columns: &Value,
    ) -> Value {
        let values = graph.cast(pictures, Type::F32);
        let lines = graph.reshape(&values, &[0, 0, -1]); // [n, rows, columns * 3]
        let lines = graph.pair("MatMul", rows, &lines); // [n, side, columns * 3]
        let side = self.side as i64;
        let squeezed = graph.reshape(&lines, &[0, side, -1, 3]);
        let pixels = graph.pair("MatMul", columns, &squeezed); // [n, side, side, 3]
        graph.transpose(&pixels, &[0, 3, 1, 2])
    }
}

/// `from`, `from + 1` and so on, below `end`.
fn range(graph: &mut Graph, from: &Value, end: &Value) -> Value {
    let one = graph.integer(1);
    graph.node("Range", &[from, end, &one], &[])
}

/// As [`super::half_rounded`].
fn half_rounded(graph: &mut Graph, n: &Value) -> Value {
    let [two, three, four] = [2, 3, 4].map(|integer| graph.integer(integer));
    let half = graph.pair("Div", n, &two);
    let quarter = graph.pair("Div", n, &four);
    let whole = graph.pair("Mul", &quarter, &four);
    let rest = graph.pair("Sub", n, &whole);
    let is_three = graph.pair("Div", &rest, &three);
    graph.pair("Add", &half, &is_three)
}

/// For each place that is kept the two places next to it, and the share of the second.
struct Between {
    low: Value,
    high: Value,
    share: Value,
}

/// In the order of the operations of `resize.rs`, so that every rounding is the same.
fn between(graph: &mut Graph, axis: &Axis, is_legacy: bool) -> Between {
    let length = graph.cast(&axis.length, Type::F32);
    let scaled = graph.cast(&axis.scaled, Type::F32);
    let scale = graph.pair("Div", &length, &scaled);
    let kept = graph.cast(&axis.kept, Type::F32);
    let source = if is_legacy {
        graph.pair("Mul", &kept, &scale)
    } else {
        let half = graph.number(0.5);
        let centre = graph.pair("Add", &kept, &half);
        let centre = graph.pair("Mul", &centre, &scale);
        let source = graph.pair("Sub", &centre, &half);
        graph.relu(&source)
    };
    let one = graph.integer(1);
    let last = graph.pair("Sub", &axis.length, &one);
    let floor = graph.node("Floor", &[&source], &[]);
    let floor = graph.cast(&floor, Type::I64);
    let low = graph.pair("Min", &floor, &last);
    let next = graph.pair("Add", &low, &one);
    let high = graph.pair("Min", &next, &last);
    let start = graph.cast(&low, Type::F32);
    let share = graph.pair("Sub", &source, &start);
    Between { low, high, share }
}

/// Four pixels for each one: across, then down.
fn interpolated(graph: &mut Graph, pictures: &Value, rows: &Between, columns: &Between) -> Value {
    let across_share = graph.reshape(&columns.share, &[-1, 1]);
    let down_share = graph.reshape(&rows.share, &[-1, 1, 1]);
    let [top, bottom] = [&rows.low, &rows.high].map(|places| {
        let line = graph.node("Gather", &[pictures, places], &[("axis", Attribute::Int(1))]);
        let [left, right] = [&columns.low, &columns.high].map(|places| {
            let pixel = graph.node("Gather", &[&line, places], &[("axis", Attribute::Int(2))]);
            graph.cast(&pixel, Type::F32)
        });
        mixed(graph, &left, &right, &across_share)
    });
    let pixels = mixed(graph, &top, &bottom, &down_share); // [n, side, side, 3]
    graph.transpose(&pixels, &[0, 3, 1, 2])
}

fn mixed(graph: &mut Graph, from: &Value, to: &Value, share: &Value) -> Value {
    let difference = graph.pair("Sub", to, from);
    let part = graph.pair("Mul", &difference, share);
    graph.pair("Add", from, &part)
}

/// The weight of every source place for each place that is kept, `[side, length]`.
///
/// The distance of source place i from that of place o, in filter widths, is
/// `|(2i + 1) scaled - (2o + 1) length| / (2 max(length, scaled))`: a fraction of whole numbers, so that
/// nothing is lost to the rounding of f32 in large pictures.
fn filter(graph: &mut Graph, axis: &Axis, is_cubic: bool) -> Value {
    let zero = graph.integer(0);
    let source = range(graph, &zero, &axis.length);
    let source = twice_the_middle(graph, &source);
    let source = graph.pair("Mul", &source, &axis.scaled); // [length]
    let kept = twice_the_middle(graph, &axis.kept);
    let kept = graph.pair("Mul", &kept, &axis.length);
    let kept = graph.reshape(&kept, &[-1, 1]); // [side, 1]
    let difference = graph.pair("Sub", &source, &kept);
    let difference = graph.cast(&difference, Type::F32);
    let distance = graph.node("Abs", &[&difference], &[]);
    let longer = graph.pair("Max", &axis.length, &axis.scaled);
    let width = graph.pair("Add", &longer, &longer);
    let width = graph.cast(&width, Type::F32);
    let distance = graph.pair("Div", &distance, &width);
    let weight = if is_cubic { cubic(graph, &distance) } else { below(graph, 1.0, &distance) };
    let sum = graph.sum_kept(&weight, 1);
    graph.pair("Div", &weight, &sum)
}

/// `2 n + 1`.
fn twice_the_middle(graph: &mut Graph, n: &Value) -> Value {
    let one = graph.integer(1);
    let twice = graph.pair("Add", n, n);
    graph.pair("Add", &twice, &one)
}

/// `reach - x`, or 0 where that is below 0.
fn below(graph: &mut Graph, reach: f32, x: &Value) -> Value {
    let reach = graph.number(reach);
    let left = graph.pair("Sub", &reach, x);
    graph.relu(&left)
}

/// Keys' cubic filter with a = -0.5, of `x` of 0 or more. With `t = max(2 - x, 0)` and
/// `u = max(1 - x, 0)` both of its pieces are `t² (t - 1) / 2 + u² (1 - 2u)`.
fn cubic(graph: &mut Graph, x: &Value) -> Value {
    let [half, one] = [0.5, 1.0].map(|number| graph.number(number));
    let t = below(graph, 2.0, x);
    let squared = graph.pair("Mul", &t, &t);
    let less = graph.pair("Sub", &t, &one);
    let outer = graph.pair("Mul", &squared, &less);
    let outer = graph.pair("Mul", &outer, &half);
    let u = below(graph, 1.0, x);
    let squared = graph.pair("Mul", &u, &u);
    let twice = graph.pair("Add", &u, &u);
    let left = graph.pair("Sub", &one, &twice);
    let inner = graph.pair("Mul", &squared, &left);
    graph.pair("Add", &outer, &inner)
}
