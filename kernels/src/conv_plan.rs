//! The plan of one convolution: which tiles it is cut into, checked once.

use std::ops::Range;

use super::arena::{Layout, Words};
use super::format::Format;
use super::functions::Functions;
use super::graph::{Activation, BLOCK, Conv, InputRange, View};
use super::numbers::Limits;
use super::pack::{self, Packed};
use super::quantize::StepScales;
use super::tile::{Tile, TileFn};

/// Bytes of input in a chunk. All panels are computed for one chunk before the next is begun, so
/// that the chunk stays in the second-level cache, which holds 256 KiB at least.
const CHUNK: usize = 128 << 10;

/// A convolution between two views, with its packed weights.
pub(super) struct ConvPlan {
    pub kernel: [usize; 2],
    pub stride: usize,
    padding: [usize; 2],
    input: Layout,
    output: Layout,
    /// Offsets of the first pixel of the two views.
    from: usize,
    to: usize,
    blocks: usize,
    /// Rows of the output; 1 where the whole map is treated as one row.
    rows: usize,
    /// Panels, and pixels of a row, that one tile computes together.
    pub groups: Vec<Range<usize>>,
    pub spans: Vec<Range<usize>>,
    /// The tile function for each group and span.
    tiles: Vec<TileFn>,
    /// Tiles of one group of panels that make a chunk.
    chunk: usize,
    weights: Words,
    panel_words: usize,
    multiply: Vec<f32>,
    add: Vec<f32>,
    limits: Limits,
}

impl ConvPlan {
    /// The layout and view are those of the input and of the output; `input_range` is that of the
    /// picture, when it is the input; `scales` matters to 8-bit integers only.
    pub fn new(
        conv: &Conv,
        finishes: bool,
        input_range: Option<InputRange>,
        [(input, from), (output, to)]: [(Layout, View); 2],
        (format, functions): (Format, Functions),
        scales: StepScales,
    ) -> ConvPlan {
        // A 1x1 convolution between maps without halo does not see where a row ends.
        let flat = conv.kernel == [1, 1] && conv.stride == 1 && input.halo == 0 && output.halo == 0;
        let (rows, width) = match flat {
            true => (1, output.height * output.width),
            false => (output.height, output.width),
        };
        let (panels, words) = (to.channels / BLOCK, conv.stride * input.pixel);
        let shape = best_shape(functions.shapes, width, panels);
        let (groups, spans) = (split(panels, shape.0), split(width, shape.1));
        let tile = |group: &Range<usize>, span: &Range<usize>| {
            let tile = (functions.tile)(span.len(), group.len(), words);
            tile.unwrap_or_else(|| panic!("no tile of {span:?} x {group:?}, {words} words"))
        };
        let tiles = groups
            .iter()
            .flat_map(|group| spans.iter().map(move |span| tile(group, span)))
            .collect();
        let Packed { weights, panel_words, multiply, add } =
            pack::weights(conv, finishes, input_range, input.pixel, format, scales);
        let plan = ConvPlan {
            kernel: conv.kernel,
            stride: conv.stride,
            padding: conv.padding,
            input,
            output,
            from: input.at(from.first),
            to: output.at(to.first),
            blocks: from.channels.div_ceil(BLOCK),
            rows,
            tiles,
            chunk: {
                let input_bytes = 4 * from.channels.div_ceil(BLOCK) * input.block();
                (rows * spans.len() * CHUNK / input_bytes).clamp(1, rows * spans.len())
            },
            groups,
            spans,
            weights,
            panel_words,
            multiply,
            add,
            limits: if finishes { conv.activation } else { Activation::None }.limits(),
        };
        plan.check(input.words(from), output.words(to));
        plan
    }

    /// Calls of the tile function that make up the convolution, in any order.
    pub fn calls(&self) -> usize {
        self.groups.len() * self.rows * self.spans.len()
    }

    /// What the tile functions of some calls work on, one after the other: offsets in the arena and the
    /// weights.
    #[inline(always)]
    pub fn each(&self, calls: Range<usize>, mut call: impl FnMut(TileFn, &Tile)) {
        let mut place = self.place(calls.start);
        for _ in calls {
            let (function, tile) = self.tile(&place);
            call(function, &tile);
            self.go_on(&mut place);
        }
    }

    /// The tile function of a place, and what it works on.
    #[inline(always)]
    fn tile(&self, place: &Place) -> (TileFn, Tile) {
        let Place { group, row, span, .. } = *place;
        let ([kernel_height, kernel_width], words) = (self.kernel, self.input.pixel);
        // Rows of the kernel that lie outside the map are left out.
        let skipped = self.padding[0].saturating_sub(row * self.stride);
        let top = (row * self.stride + skipped) - self.padding[0];
        let kernel_rows = (kernel_height - skipped).min(self.input.height - top);
        let (panel, pixel) = (self.groups[group].start, self.spans[span].start);
        let row_words = kernel_width * words;
        let tile = Tile {
            input: self.from + top * self.input.row() + pixel * self.stride * words
                - self.padding[1] * words,
            weights: panel * self.panel_words + skipped * row_words * BLOCK,
            channel: panel * BLOCK,
            output: self.to
                + panel * self.output.block()
                + row * self.output.row()
                + pixel * self.output.step(),
            blocks: self.blocks,
            input_block: self.input.block(),
            input_row: self.input.row(),
            row_words,
            rows: kernel_rows,
            weights_block: kernel_height * row_words * BLOCK,
            weights_panel: self.panel_words,
            output_block: self.output.block(),
            output_step: self.output.step(),
            limits: self.limits,
        };
        (self.tiles[group * self.spans.len() + span], tile)
    }

    /// The place of a call. All groups of a chunk come before the next chunk.
    fn place(&self, number: usize) -> Place {
        let spans = self.spans.len();
        let (chunk, within) =
            (number / (self.chunk * self.groups.len()), number % (self.chunk * self.groups.len()));
        let first = chunk * self.chunk;
        let len = self.chunk.min(self.rows * spans - first);
        let tile = first + within % len;
        let (group, row, span) = (within / len, tile / spans, tile % spans);
        Place { first: (first / spans, first % spans), rest: len - within % len, group, row, span }
    }

    /// To the place of the next call, without a division, which takes as long as a small tile.
    #[inline(always)]
    fn go_on(&self, place: &mut Place) {
        place.rest -= 1;
        place.span += 1;
        if place.span == self.spans.len() {
            place.span = 0;
            place.row += 1;
        }
        if place.rest == 0 {
            place.group += 1;
            if place.group == self.groups.len() {
                place.group = 0;
                place.first = (place.row, place.span);
            }
            (place.row, place.span) = place.first;
            let tile = place.row * self.spans.len() + place.span;
            place.rest = self.chunk.min(self.rows * self.spans.len() - tile);
        }
    }

    pub fn weights(&self) -> *const u32 {
        self.weights.as_ptr()
    }

    pub fn weight_bytes(&self) -> usize {
        self.weights.bytes()
    }

    /// What sums are multiplied by (8-bit integers only), and what is added: one for each channel.
    pub fn multiply_and_add(&self) -> (*const f32, *const f32) {
        (self.multiply.as_ptr(), self.add.as_ptr())
    }

    /// The tile functions check nothing: every call that there will be is checked here, once.
    fn check(&self, readable: Range<usize>, writable: Range<usize>) {
        let inside = |part: Range<usize>, whole: &Range<usize>| {
            assert!(whole.start <= part.start && part.end <= whole.end, "{part:?} of {whole:?}");
        };
        let channels = self.multiply.len();
        assert!(self.add.len() == channels);
        let mut place = self.place(0);
        for number in 0..self.calls() {
            // Those who begin anywhere come to the same places.
            assert_eq!(place, self.place(number));
            let (_, tile) = self.tile(&place);
            let Place { group, span, .. } = place;
            let (panels, pixels) = (self.groups[group].len(), self.spans[span].len());
            let last_row = tile.input
                + (tile.blocks - 1) * tile.input_block
                + (tile.rows - 1) * tile.input_row;
            let last_pixel = last_row + (pixels - 1) * self.stride * self.input.pixel;
            inside(tile.input..last_pixel + tile.row_words, &readable);
            let weights = tile.weights
                + (panels - 1) * tile.weights_panel
                + (tile.blocks - 1) * tile.weights_block
                + tile.rows * tile.row_words * BLOCK;
            inside(tile.weights..weights, &(0..self.weights.len()));
            inside(tile.channel..tile.channel + panels * BLOCK, &(0..channels));
            let last = tile.output + (panels - 1) * tile.output_block;
            let last = last + (pixels - 1) * self.output.step();
            inside(tile.output..last + self.output.pixel, &writable);
            self.go_on(&mut place);
        }
    }
}

/// One call of a tile function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Row and span of the first tile of the chunk.
    first: (usize, usize),
    /// Tiles of the group that follow in the chunk, with this one.
    rest: usize,
    group: usize,
    row: usize,
    span: usize,
}

/// The shape (panels, pixels) of tiles with the least work for a row of `width` pixels and `panels`
/// panels: multiplications, and a share of the loads that go with them.
fn best_shape(shapes: &[(usize, usize)], width: usize, panels: usize) -> (usize, usize) {
    let cost = |&&(n, m): &&(usize, usize)| -> f64 {
        let tile = |m: usize, n: usize| (m * n) as f64 + 0.25 * (m + n) as f64 + 1.0;
        let spans = split(width, m);
        let groups = split(panels, n);
        groups.iter().flat_map(|group| spans.iter().map(|s| tile(s.len(), group.len()))).sum()
    };
    *shapes.iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).expect("an engine has shapes")
}

/// Cuts `total` into the fewest parts of at most `largest`, as even as can be: no small rest.
fn split(total: usize, largest: usize) -> Vec<Range<usize>> {
    let parts = total.div_ceil(largest);
    (0..parts).map(|part| part * total / parts..(part + 1) * total / parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Rounding;
    use crate::plain;
    #[cfg(target_arch = "x86_64")]
    use crate::x86;

    #[test]
    fn every_convolution_finds_its_tiles_on_every_processor() {
        let int8 = plain::functions(Format::Int8(Rounding::Full));
        let mut all = vec![(plain::functions(Format::F32), 16), (int8, 4)];
        #[cfg(target_arch = "x86_64")]
        all.extend(x86::ALL);
        for (functions, words) in all {
            for (width, panels) in (1..60).flat_map(|w| (1..30).map(move |n| (w, n))) {
                let (n, m) = best_shape(functions.shapes, width, panels);
                for (group, span) in split(panels, n)
                    .iter()
                    .flat_map(|g| split(width, m).into_iter().map(move |s| (g, s)))
                {
                    for step in [words, 2 * words, words / 2] {
                        let tile = (functions.tile)(span.len(), group.len(), step);
                        assert!(tile.is_some(), "{} x {}, {step}", group.len(), span.len());
                    }
                }
            }
        }
    }
}
