//! Where each map lies in the memory of one picture.

use std::ops::Range;

use super::format::Format;
use super::graph::{BLOCK, Graph, Map, View};
use super::numbers::Line;

/// Words of a [`Line`]: maps begin at a multiple of it.
pub(super) const LINE_WORDS: usize = size_of::<Line>() / size_of::<u32>();

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

/// In which order the channels of a map lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `[block][row][halo, columns, halo][16 channels]`.
    Blocks,
    /// `[row][halo, columns][channels]`: the halo on the right of a row is the one on the left of the
    /// next. Rows of zeros lie above and below, and a last halo behind all.
    ChannelsLast,
}

/// Pixels behind the end of a map with channels last that may be read, for outputs that are thrown away.
pub(super) const SLACK: usize = 32;

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
    /// Rows of zeros above, and as many below; none in blocks.
    pub above: usize,
    /// Words of one pixel of one block.
    pub pixel: usize,
    pub order: Order,
}

impl Layout {
    pub(super) fn new(map: &Map, format: Format, order: Order) -> Layout {
        // The picture has one short block: red, green, blue and a zero.
        let (channels, order) = if map.channels == 3 { (4, Order::Blocks) } else { (BLOCK, order) };
        Layout {
            start: 0,
            blocks: map.channels.div_ceil(BLOCK),
            height: map.height,
            width: map.width,
            halo: map.halo,
            above: if order == Order::Blocks { 0 } else { map.above },
            pixel: channels / format.channels_per_word(),
            order,
        }
    }

    /// Words from one pixel to the next of its row.
    pub fn step(&self) -> usize {
        match self.order {
            Order::Blocks => self.pixel,
            Order::ChannelsLast => self.blocks * self.pixel,
        }
    }

    /// Pixels from one row to the next, halo included.
    pub fn pitch(&self) -> usize {
        match self.order {
            Order::Blocks => self.width + 2 * self.halo,
            Order::ChannelsLast => self.width + self.halo,
        }
    }

    /// Words from one row to the next.
    pub fn row(&self) -> usize {
        self.pitch() * self.step()
    }

    /// Words from one block to the next.
    pub fn block(&self) -> usize {
        match self.order {
            Order::Blocks => self.height * self.row(),
            Order::ChannelsLast => self.pixel,
        }
    }

    /// The first pixel, past the halo, of the block that `channel` begins.
    pub fn at(&self, channel: usize) -> usize {
        let pixels = self.above * self.pitch() + self.halo;
        self.start + channel / BLOCK * self.block() + pixels * self.step()
    }

    /// The words of a view of this map, halo included; with channels last, those of the whole map.
    pub fn words(&self, view: View) -> Range<usize> {
        if self.order == Order::ChannelsLast {
            return self.start..self.end();
        }
        let first = self.start + view.first / BLOCK * self.block();
        first..first + view.channels.div_ceil(BLOCK) * self.block()
    }

    /// With channels last: behind the last row's halo.
    pub fn last_halo(&self) -> usize {
        self.start + (self.height + 2 * self.above) * self.row() + self.halo * self.step()
    }

    /// Whether there are zeros to be written before the map is.
    pub fn has_borders(&self, format: Format) -> bool {
        // What follows a map with channels last may be read where weights are 0, and NaN, which another
        // picture may have left there, times 0 is NaN.
        let is_read_beyond = self.order == Order::ChannelsLast && format == Format::Bf16;
        self.halo > 0 || self.above > 0 || is_read_beyond
    }

    /// Parts of the borders, of which [`border`](Self::border) gives each.
    pub fn borders(&self) -> usize {
        match self.order {
            Order::Blocks => self.blocks * self.height,
            Order::ChannelsLast => self.height + 2 * self.above + 1,
        }
    }

    /// Words that hold zeros: in blocks, on both sides of a row of one block; with channels last, before a
    /// row, in all of it, or behind the last one.
    pub fn border(&self, number: usize) -> [Range<usize>; 2] {
        let (row, halo) = (self.start + number * self.row(), self.halo * self.step());
        let end = row + self.row();
        match self.order {
            Order::Blocks => [row..row + halo, end - halo..end],
            Order::ChannelsLast if number == self.height + 2 * self.above => {
                [row..row + halo + LINE_WORDS, end..end]
            }
            Order::ChannelsLast => match (self.above..self.above + self.height).contains(&number) {
                true => [row..row + halo, end..end],
                false => [row..end, end..end],
            },
        }
    }

    pub fn end(&self) -> usize {
        let end = match self.order {
            Order::Blocks => self.start + self.blocks * self.block(),
            Order::ChannelsLast => self.last_halo() + SLACK * self.step() + LINE_WORDS,
        };
        end.next_multiple_of(LINE_WORDS)
    }
}

/// The layout of every map, and the words of the whole arena. Two maps share memory when one is
/// written only after the other was read for the last time.
pub(super) fn assign(graph: &Graph, format: Format, order: Order) -> (Vec<Layout>, usize) {
    let mut layouts: Vec<Layout> =
        graph.maps.iter().map(|map| Layout::new(map, format, order)).collect();
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
        for order in [Order::Blocks, Order::ChannelsLast] {
            let (layouts, words) = assign(&graph, Format::Bf16, order);
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

    #[test]
    fn pixels_and_borders_are_all_words_of_a_map_and_share_none() {
        let map = Map { channels: 48, height: 5, width: 7, halo: 3, above: 2, signed: false };
        for order in [Order::Blocks, Order::ChannelsLast] {
            let layout = Layout { start: 64, ..Layout::new(&map, Format::Bf16, order) };
            let mut uses = vec![0; layout.end()];
            for number in 0..layout.borders() {
                layout.border(number).into_iter().flatten().for_each(|word| uses[word] += 1);
            }
            for (block, y, x) in (0..3)
                .flat_map(|block| (0..5).flat_map(move |y| (0..7).map(move |x| (block, y, x))))
            {
                let at = layout.at(16 * block) + y * layout.row() + x * layout.step();
                (at..at + layout.pixel).for_each(|word| uses[word] += 1);
            }
            // With channels last some words behind them are read and not used.
            let end = match order {
                Order::Blocks => layout.start + layout.blocks * layout.block(),
                Order::ChannelsLast => layout.last_halo() + LINE_WORDS,
            };
            assert!(uses[..64].iter().all(|uses| *uses == 0), "{order:?}");
            assert!(uses[64..end].iter().all(|uses| *uses == 1), "{order:?}: {uses:?}");
            assert!(uses[end..].iter().all(|uses| *uses == 0), "{order:?}");
        }
    }
}
