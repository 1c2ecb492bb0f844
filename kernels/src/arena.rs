//! Where each map lies in the memory of one picture.

use super::format::Format;
use super::graph::{BLOCK, Graph, Map, View};
use super::numbers::Line;

/// Words of a [`Line`]: maps begin at a multiple of it.
const LINE_WORDS: usize = size_of::<Line>() / size_of::<u32>();

/// Words of 32 bits, aligned for vector registers.
pub(super) struct Words(Vec<Line>);

impl Words {
    /// At least this many words, all 0.
    pub fn zeros(words: usize) -> Words {
        Words(vec![Line([0; LINE_WORDS]); words.div_ceil(LINE_WORDS)])
    }

    /// The memory that they take.
    pub fn bytes(&self) -> usize {
        self.0.len() * size_of::<Line>()
    }

    /// How many words.
    pub fn len(&self) -> usize {
        self.0.len() * LINE_WORDS
    }

    pub fn word(&self, at: usize) -> u32 {
        self.0[at / LINE_WORDS].0[at % LINE_WORDS]
    }

    pub fn word_mut(&mut self, at: usize) -> &mut u32 {
        &mut self.0[at / LINE_WORDS].0[at % LINE_WORDS]
    }

    pub fn as_ptr(&self) -> *const u32 {
        self.0.as_ptr().cast()
    }

    pub fn as_mut_ptr(&mut self) -> *mut u32 {
        self.0.as_mut_ptr().cast()
    }
}

/// A map in the arena; all distances in words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layout {
    /// Offset in the arena.
    pub start: usize,
    pub blocks: usize,
    pub height: usize,
    pub width: usize,
    /// Columns of zeros on each side.
    pub halo: usize,
    /// Words of one pixel of one block.
    pub pixel: usize,
}

impl Layout {
    fn new(map: &Map, format: Format) -> Layout {
        // The picture has one short block: red, green, blue and a zero.
        let channels = if map.channels == 3 { 4 } else { BLOCK };
        Layout {
            start: 0,
            blocks: map.channels.div_ceil(BLOCK),
            height: map.height,
            width: map.width,
            halo: map.halo,
            pixel: channels / format.channels_per_word(),
        }
    }

    /// Words from one row to the next, halo included.
    pub fn row(&self) -> usize {
        (self.width + 2 * self.halo) * self.pixel
    }

    /// Words from one block to the next.
    pub fn block(&self) -> usize {
        self.height * self.row()
    }

    /// The first pixel, past the halo, of the block that `channel` begins.
    pub fn at(&self, channel: usize) -> usize {
        self.start + channel / BLOCK * self.block() + self.halo * self.pixel
    }

    /// The words of a view of this map, halo included.
    pub fn words(&self, view: View) -> std::ops::Range<usize> {
        let first = self.start + view.first / BLOCK * self.block();
        first..first + view.channels.div_ceil(BLOCK) * self.block()
    }

    fn end(&self) -> usize {
        (self.start + self.blocks * self.block()).next_multiple_of(LINE_WORDS)
    }
}

/// The layout of every map, and the words of the whole arena. Two maps share memory when one is
/// written only after the other was read for the last time.
pub(super) fn assign(graph: &Graph, format: Format) -> (Vec<Layout>, usize) {
    let mut layouts: Vec<Layout> = graph.maps.iter().map(|map| Layout::new(map, format)).collect();
    let lives: Vec<(usize, usize)> = (0..layouts.len()).map(|map| life(graph, map)).collect();
    let mut order: Vec<usize> = (0..layouts.len()).collect();
    order.sort_by_key(|&map| lives[map].0);
    let mut placed: Vec<usize> = Vec::new();
    for map in order {
        let (born, dies) = lives[map];
        let overlaps = |other: &&usize| lives[**other].0 <= dies && born <= lives[**other].1;
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .filter(overlaps)
            .map(|&other| (layouts[other].start, layouts[other].end()))
            .collect();
        taken.sort_unstable();
        let size = layouts[map].end();
        let mut start = 0;
        for (from, to) in taken {
            if start + size <= from {
                break;
            }
            start = start.max(to);
        }
        layouts[map].start = start;
        placed.push(map);
    }
    let words = layouts.iter().map(Layout::end).max().unwrap_or(0);
    (layouts, words)
}

/// The first and the last step that touch a map. The picture is there from the first step on.
fn life(graph: &Graph, map: usize) -> (usize, usize) {
    let touches = |(number, step): (usize, &super::graph::Step)| {
        let other = step.op.other_input().is_some_and(|view| view.map == map);
        (step.input.map == map || step.output.map == map || other).then_some(number)
    };
    let mut touching = graph.steps.iter().enumerate().filter_map(touches);
    let first = touching.next().unwrap_or(0);
    (if map == 0 { 0 } else { first }, touching.next_back().unwrap_or(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Activation, Conv};

    fn conv(inputs: usize, outputs: usize) -> Conv {
        let (weight, bias) = (vec![0.0; outputs * inputs * 9], vec![0.0; outputs]);
        let (name, activation) = ("conv".into(), Activation::Relu);
        Conv { name, kernel: [3, 3], stride: 2, padding: [0, 0], weight, bias, activation }
    }

    #[test]
    fn maps_that_live_at_the_same_time_never_share_memory() {
        let (mut graph, input) = Graph::new([63, 63], [(1.0, 0.0); 3]);
        let a = graph.conv(input, conv(3, 32), None);
        let b = graph.max_pool(a, 2, 0, None);
        let c = graph.conv(a, conv(32, 48), None);
        let d = graph.max_pool(b, 2, 0, None);
        graph.mean(c);
        graph.mean(d);
        let (layouts, words) = assign(&graph, Format::Bf16);
        for one in 0..layouts.len() {
            for other in 0..one {
                let ((born, dies), (b, d)) = (life(&graph, one), life(&graph, other));
                let apart = layouts[one].end() <= layouts[other].start
                    || layouts[other].end() <= layouts[one].start;
                assert!(apart || dies < b || d < born, "{one} and {other}");
            }
        }
        let all: usize = layouts.iter().map(|layout| layout.end() - layout.start).sum();
        assert!(words < all, "nothing is used again: {words} of {all}");
    }
}
