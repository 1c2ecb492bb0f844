//! The plan of one convolution: its calls, checked once, and its weights in the order of the calls.

use std::ops::Range;

use super::{ROW, TILE};
use crate::arena::{Layout, Order, SLACK, Words};
use crate::format::Format;
use crate::graph::{Activation, BLOCK, Conv, View};
use crate::numbers::Limits;
use crate::pack::{self, Packed};
use crate::quantize::StepScales;

/// Tiles of pixels in a strip, and of outputs in a pair.
const TOGETHER: usize = 2;

/// A convolution between two views with channels last, with its packed weights. A task is one call: a strip
/// of pixels and a pair of panels of outputs.
pub(crate) struct AmxPlan {
    pub kernel: [usize; 2],
    pub stride: usize,
    input: Layout,
    outputs: [usize; 2],
    /// Offset of the input pixel, perhaps a zero of the halo, that the first weight meets at the first
    /// output.
    corner: usize,
    /// Words that one row of the kernel meets at one pixel.
    row_words: usize,
    /// Rows of the kernel of a product, and rows above the map that it may begin with. Where inputs are
    /// copied, all rows are one.
    rows: usize,
    padding: usize,
    /// Chunks of each of the rows.
    chunks: usize,
    /// Pixels of a tile, half of those of a strip.
    pixels: usize,
    /// For each strip its part of `places`.
    strips: Vec<Range<usize>>,
    places: Vec<Place>,
    panels: usize,
    /// Offset of the first output, and words from one panel of it to the next.
    to: usize,
    panel: usize,
    /// `[pair][row][chunk][2 panels][word][16 outputs]`.
    weights: Words,
    multiply: Vec<f32>,
    add: Vec<f32>,
    pub limits: Limits,
}

/// Where the sums of one pixel go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// Their row in the two tiles of the strip: 0 to 15, 16 to 31.
    pub row: usize,
    /// Words from the first output pixel.
    pub offset: usize,
}

/// Where the inputs of a call lie.
#[derive(Clone, Copy)]
pub(crate) struct Inputs {
    /// The first word, in the arena; where inputs are copied, the first pixel of the strip.
    pub from: usize,
    /// Rows of the kernel that are left out before the first one of the product.
    pub skipped: usize,
    pub rows: usize,
}

impl AmxPlan {
    /// The layout and view are those of the input and of the output; `scales` matters to 8-bit integers
    /// only.
    pub fn new(
        conv: &Conv,
        finishes: bool,
        [(input, from), (output, to)]: [(Layout, View); 2],
        format: Format,
        scales: StepScales,
    ) -> AmxPlan {
        let [height, width] = conv.kernel;
        let row_words = (width - 1) * input.step() + from.channels / BLOCK * input.pixel;
        let is_copied = conv.stride > 1;
        let (rows, words, padding) = match is_copied {
            true => (1, height * row_words, 0),
            false => (height, row_words, conv.padding[0]),
        };
        let outputs = [output.height, output.width];
        // Where nothing is copied, the halo between two rows is seen as pixels.
        let pitch = if is_copied { output.width } else { input.pitch() };
        let total = (output.height - 1) * pitch + output.width;
        let strip_count = total.div_ceil(TOGETHER * ROW);
        // As even as can be: the fewer pixels, the less work is a product.
        let pixels = total.div_ceil(TOGETHER * strip_count);
        let (strips, places) = places(&output, pitch, strip_count, pixels);
        let Packed { weights, panel_words, multiply, add } =
            pack::weights(conv, finishes, None, input.pixel, format, scales);
        let panels = to.channels / BLOCK;
        let filled = |mut values: Vec<f32>| {
            values.resize(panels.next_multiple_of(TOGETHER) * BLOCK, 0.0);
            values
        };
        let mut plan = AmxPlan {
            kernel: conv.kernel,
            stride: conv.stride,
            input,
            outputs,
            corner: (input.at(from.first))
                .checked_sub(conv.padding[0] * input.row() + conv.padding[1] * input.step())
                .expect("the map has rows of zeros for the padding"),
            row_words,
            rows,
            padding,
            chunks: words.div_ceil(ROW),
            pixels,
            strips,
            places,
            panels,
            to: output.at(to.first),
            panel: output.block(),
            weights: Words::zeros(0),
            multiply: filled(multiply),
            add: filled(add),
            limits: if finishes { conv.activation } else { Activation::None }.limits(),
        };
        plan.weights = plan.in_order_of_calls(&weights, panel_words);
        plan.check(conv, [(&input, from), (&output, to)]);
        plan
    }

    fn pairs(&self) -> usize {
        self.panels.div_ceil(TOGETHER)
    }

    pub fn tasks(&self) -> usize {
        self.strips.len() * self.pairs()
    }

    /// The strip of the first of some tasks, and the pairs of them that belong to it: all pairs of a strip
    /// come one after the other, so that its inputs stay in the cache.
    #[inline(always)]
    pub fn strip_and_pairs(&self, tasks: Range<usize>) -> (usize, Range<usize>) {
        let (strip, pair) = (tasks.start / self.pairs(), tasks.start % self.pairs());
        (strip, pair..self.pairs().min(pair + tasks.len()))
    }

    /// Panels and pixels of a call.
    pub fn shape(&self) -> [usize; 2] {
        [TOGETHER, TOGETHER * self.pixels]
    }

    /// Pixels of a tile.
    pub fn pixels(&self) -> usize {
        self.pixels
    }

    pub fn chunks(&self) -> usize {
        self.chunks
    }

    /// Whether the inputs of a strip are copied before they are multiplied: where the stride leaves pixels
    /// out, rows do not join.
    #[inline(always)]
    pub fn is_copied(&self) -> bool {
        self.stride > 1
    }

    /// Words of memory for the copies of a strip.
    pub fn copy_words(&self) -> usize {
        if self.is_copied() { TOGETHER * self.pixels * self.chunks * ROW } else { 0 }
    }

    /// Words from one input pixel of a call to the next, and from one row of the kernel to the next.
    pub fn step_and_pitch(&self) -> (usize, usize) {
        match self.is_copied() {
            true => (self.chunks * ROW, 0),
            false => (self.input.step(), self.input.row()),
        }
    }

    /// Where the inputs of a strip lie. Rows of the kernel that lie above or below the map for all its
    /// pixels are left out.
    #[inline(always)]
    pub fn inputs(&self, strip: usize) -> Inputs {
        let first = strip * TOGETHER * self.pixels;
        if self.is_copied() {
            return Inputs { from: first, skipped: 0, rows: self.rows };
        }
        let row_of = |pixel: usize| (pixel / self.input.pitch()).min(self.outputs[0] - 1);
        let (top, bottom) = (row_of(first), row_of(first + TOGETHER * self.pixels - 1));
        let skipped = self.padding.saturating_sub(bottom);
        let end = self.rows.min(self.input.height + self.padding - top);
        let from = self.corner + first * self.input.step() + skipped * self.input.row();
        Inputs { from, skipped, rows: end - skipped }
    }

    /// The pixels of a strip and the pieces that are copied for each: calls `copy` with the offset in the
    /// arena, the offset in the copy, and the words.
    #[inline(always)]
    pub fn copies(&self, first: usize, mut copy: impl FnMut(usize, usize, usize)) {
        let [height, width] = self.outputs;
        let end = (first + TOGETHER * self.pixels).min(height * width);
        for pixel in first..end {
            let (y, x) = (pixel / width * self.stride, pixel % width * self.stride);
            for row in 0..self.kernel[0] {
                let from = self.corner + (y + row) * self.input.row() + x * self.input.step();
                let to = (pixel - first) * self.chunks * ROW + row * self.row_words;
                copy(from, to, self.row_words);
            }
        }
    }

    /// Weights of a pair, from a row of the kernel on.
    #[inline(always)]
    pub fn weights(&self, pair: usize, row: usize) -> *const u32 {
        let row = pair * self.rows + row;
        self.weights.as_ptr().wrapping_add(row * self.chunks * TOGETHER * TILE)
    }

    pub fn weight_bytes(&self) -> usize {
        self.weights.bytes()
    }

    /// The pixels of a strip whose sums are outputs.
    #[inline(always)]
    pub fn places(&self, strip: usize) -> &[Place] {
        &self.places[self.strips[strip].clone()]
    }

    /// The panels of a pair that there are.
    #[inline(always)]
    pub fn panels(&self, pair: usize) -> Range<usize> {
        TOGETHER * pair..(TOGETHER * pair + TOGETHER).min(self.panels)
    }

    /// Offset in the arena of a panel of the first output pixel.
    #[inline(always)]
    pub fn output(&self, panel: usize) -> usize {
        self.to + panel * self.panel
    }

    /// What the sums of a panel are multiplied by (8-bit integers only), and what is added.
    #[inline(always)]
    pub fn multiply_and_add(&self, panel: usize) -> [&[f32; BLOCK]; 2] {
        [&self.multiply, &self.add].map(|values| {
            values[panel * BLOCK..][..BLOCK].try_into().expect("there are as many as panels")
        })
    }

    /// The weights of [`pack::weights`], `[panel][block][kernel row][kernel column][word][16 outputs]`, in
    /// tiles. Whatever a chunk holds beyond them is 0.
    fn in_order_of_calls(&self, packed: &Words, panel_words: usize) -> Words {
        let (pixel, step) = (self.input.pixel, self.input.step());
        let [height, width] = self.kernel;
        let mut weights = Words::zeros(self.pairs() * self.rows * self.chunks * TOGETHER * TILE);
        for at in 0..self.panels * panel_words {
            let (panel, word, output) = (at / panel_words, at % panel_words / BLOCK, at % BLOCK);
            let (block, tap, within) =
                (word / (height * width * pixel), word / pixel % (height * width), word % pixel);
            let of_row = tap % width * step + block * pixel + within;
            let (row, of_row) = match self.is_copied() {
                true => (0, tap / width * self.row_words + of_row),
                false => (tap / width, of_row),
            };
            let chunk = (panel / TOGETHER * self.rows + row) * self.chunks + of_row / ROW;
            let tile = chunk * TOGETHER + panel % TOGETHER;
            *weights.word_mut(tile * TILE + of_row % ROW * ROW + output) = packed.word(at);
        }
        weights
    }

    /// A call checks nothing: everything that it reads and writes is checked here, once.
    fn check(&self, conv: &Conv, [(input, from), (output, to)]: [(&Layout, View); 2]) {
        let name = &conv.name;
        assert!(from.map != to.map, "{name}: a map into itself");
        assert!([input, output].iter().all(|map| map.order == Order::ChannelsLast), "{name}");
        assert!(input.halo >= conv.padding[1] && input.above >= conv.padding[0], "{name}");
        let readable = input.words(from);
        let is_readable = |first: usize, words: usize| {
            assert!(readable.start <= first && first + words <= readable.end, "{name}: reads");
        };
        for strip in 0..self.strips.len() {
            if self.is_copied() {
                self.copies(self.inputs(strip).from, |from, to, words| {
                    is_readable(from, words);
                    assert!(to + words <= self.copy_words(), "{name}: copies");
                });
                continue;
            }
            let Inputs { from, skipped, rows } = self.inputs(strip);
            assert!(rows > 0 && skipped + rows <= self.rows, "{name}: rows of the kernel");
            let last = (TOGETHER * self.pixels - 1) * input.step() + (rows - 1) * input.row();
            is_readable(from, last + self.chunks * ROW);
        }
        let weights = self.pairs() * self.rows * self.chunks * TOGETHER * TILE;
        assert!(weights <= self.weights.len(), "{name}: weights");
        assert!((1..=ROW).contains(&self.pixels) && self.pixels * TOGETHER <= SLACK, "{name}");
        let writable = output.words(to);
        for place in &self.places {
            assert!(place.row < TOGETHER * ROW, "{name}: sums");
            let last = self.output(self.panels - 1) + place.offset + output.pixel;
            assert!(writable.start <= self.to && last <= writable.end, "{name}: writes");
        }
    }
}

/// The places of the pixels of each strip, `pitch` pixels from row to row; what lies behind the last column
/// or row is no output and has none.
fn places(
    output: &Layout,
    pitch: usize,
    strips: usize,
    pixels: usize,
) -> (Vec<Range<usize>>, Vec<Place>) {
    let (mut ranges, mut places) = (Vec::with_capacity(strips), Vec::new());
    for strip in 0..strips {
        let first = places.len();
        for within in 0..TOGETHER * pixels {
            let at = strip * TOGETHER * pixels + within;
            let (y, x) = (at / pitch, at % pitch);
            if y < output.height && x < output.width {
                let row = within / pixels * ROW + within % pixels;
                places.push(Place { row, offset: y * output.row() + x * output.step() });
            }
        }
        ranges.push(first..places.len());
    }
    (ranges, places)
}
