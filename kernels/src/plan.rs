//! A graph cut into steps for one engine.

use super::add::AddPlan;
use super::amx::plan::AmxPlan;
use super::arena::{self, Layout};
use super::conv_plan::ConvPlan;
use super::depthwise::DepthwisePlan;
use super::engine::Engine;
use super::format::Format;
use super::functions::Functions;
use super::graph::{Graph, InputRange, Op, View};
use super::pool_plan::{PoolKind, PoolPlan};
use super::quantize::{Scales, StepScales};

/// A graph made ready for one engine: what is done to a picture, step by step, and where in memory.
/// It holds the weights.
pub struct Plan {
    pub(super) engine: Engine,
    pub(super) functions: Functions,
    pub(super) picture: Layout,
    picture_size: [usize; 2],
    pub(super) input_range: InputRange,
    pub(super) steps: Vec<Step>,
    pub(super) arena_words: usize,
    pub(super) feature_len: usize,
    maps: usize,
}

/// One step and the map that it writes.
pub(super) struct Step {
    pub work: Work,
    pub summary: StepSummary,
    /// The map that is written, and the part of it.
    pub output_map: usize,
    pub output: (Layout, View),
}

/// What a step does.
pub(super) enum Work {
    /// Copies the picture to the first map.
    Pack,
    /// Writes the zeros on both sides of a map that convolutions pad.
    ClearHalo,
    Conv(Box<ConvPlan>),
    Amx(Box<AmxPlan>),
    Depthwise(Box<DepthwisePlan>),
    Add(AddPlan),
    Pool(PoolPlan),
}

/// What a step does, to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSummary {
    /// What kind of step.
    pub kind: StepKind,
    /// A convolution's own name, or the kind of the pool.
    pub name: String,
    /// `[channels, height, width]` of what is read.
    pub input: [usize; 3],
    /// `[channels, height, width]` of what is written.
    pub output: [usize; 3],
    /// Multiplications of one picture, those of padding included.
    pub multiplications: usize,
}

/// Which kind of step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A convolution.
    Conv {
        /// Height and width of the kernel.
        kernel: [usize; 2],
        /// In height and width alike.
        stride: usize,
        /// The largest tile, `[panels, pixels]`.
        tile: [usize; 2],
    },
    /// A convolution of each channel by itself.
    Depthwise {
        /// In height and width alike.
        kernel: usize,
        /// In height and width alike.
        stride: usize,
    },
    /// A pool, a sum, or the preparation of a map.
    Other,
}

impl Plan {
    /// The plan of a graph for one engine; 8-bit integers need the scales of its maps.
    ///
    /// # Panics
    /// When 8-bit integers get no scales.
    pub fn new(graph: &Graph, engine: Engine, scales: Option<&Scales>) -> Plan {
        Plan::by(graph, engine, engine.functions(), scales)
    }

    /// As [`Plan::new`], by other functions than those of the engine.
    pub(super) fn by(
        graph: &Graph,
        engine: Engine,
        functions: Functions,
        scales: Option<&Scales>,
    ) -> Plan {
        let (layouts, arena_words) = arena::assign(graph, engine.format(), functions.order());
        let picture = layouts[0];
        let mut plan = Plan {
            engine,
            functions,
            picture,
            picture_size: graph.picture,
            input_range: graph.input_range,
            steps: Vec::new(),
            arena_words,
            feature_len: graph.feature_len,
            maps: layouts.len(),
        };
        let whole = View { map: 0, first: 0, channels: 3 };
        plan.push(graph, &layouts, Work::Pack, "picture", (whole, whole), 0);
        let mut cleared = vec![false; layouts.len()];
        for step in &graph.steps {
            let output = step.output.map;
            if layouts[output].has_borders(engine.format())
                && !std::mem::replace(&mut cleared[output], true)
            {
                let map = graph.maps[output];
                let all = View { map: output, first: 0, channels: map.channels };
                plan.push(graph, &layouts, Work::ClearHalo, "halo", (all, all), 0);
            }
            let scales = |input: View| match (engine.format(), scales) {
                (Format::Int8(_), None) => panic!("8-bit integers need the scales of the maps"),
                (Format::Int8(_), Some(scales)) => scales.of_step(graph, [input.map, output]),
                _ => StepScales::NONE,
            };
            let (name, work) =
                plan_step(graph, step, &layouts, (engine.format(), functions), &scales);
            let multiplications = step.multiplications(&graph.maps);
            plan.push(graph, &layouts, work, name, (step.input, step.output), multiplications);
        }
        plan
    }

    fn push(
        &mut self,
        graph: &Graph,
        layouts: &[Layout],
        work: Work,
        name: &str,
        (input, output): (View, View),
        multiplications: usize,
    ) {
        let shape = |view: View| {
            let [height, width] = graph.size(view);
            [view.channels, height, width]
        };
        let means = matches!(&work, Work::Pool(pool) if pool.kind == PoolKind::Mean);
        let kind = match &work {
            Work::Conv(conv) => {
                let longest = |parts: &[std::ops::Range<usize>]| {
                    parts.iter().map(std::ops::Range::len).max().unwrap_or(0)
                };
                let tile = [longest(&conv.groups), longest(&conv.spans)];
                StepKind::Conv { kernel: conv.kernel, stride: conv.stride, tile }
            }
            Work::Amx(conv) => {
                StepKind::Conv { kernel: conv.kernel, stride: conv.stride, tile: conv.shape() }
            }
            Work::Depthwise(plan) => {
                StepKind::Depthwise { kernel: plan.kernel, stride: plan.stride }
            }
            _ => StepKind::Other,
        };
        let summary = StepSummary {
            kind,
            name: name.to_owned(),
            input: shape(input),
            output: if means { [output.channels, 1, 1] } else { shape(output) },
            multiplications,
        };
        let output_map = output.map;
        self.steps.push(Step { work, summary, output_map, output: (layouts[output_map], output) });
    }

    /// The engine that the plan was made for.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Numbers in the result of one picture.
    pub fn feature_len(&self) -> usize {
        self.feature_len
    }

    /// Height and width of the picture.
    pub fn picture_size(&self) -> [usize; 2] {
        self.picture_size
    }

    /// Every step, in the order in which they are done.
    pub fn steps(&self) -> impl Iterator<Item = &StepSummary> {
        self.steps.iter().map(|step| &step.summary)
    }

    /// Bytes of memory for the maps of one picture.
    pub fn arena_bytes(&self) -> usize {
        4 * self.arena_words
    }

    /// Bytes of all packed weights.
    pub fn weight_bytes(&self) -> usize {
        let bytes = |step: &Step| match &step.work {
            Work::Conv(conv) => conv.weight_bytes(),
            Work::Amx(conv) => conv.weight_bytes(),
            Work::Depthwise(depthwise) => depthwise.weight_bytes(),
            _ => 0,
        };
        self.steps.iter().map(bytes).sum()
    }

    pub(super) fn map_count(&self) -> usize {
        self.maps
    }
}

fn plan_step<'a>(
    graph: &'a Graph,
    step: &'a super::graph::Step,
    layouts: &[Layout],
    (format, functions): (Format, Functions),
    scales_from: &dyn Fn(View) -> StepScales,
) -> (&'a str, Work) {
    let scales = scales_from(step.input);
    let ends = [step.input, step.output].map(|view| (layouts[view.map], view));
    let pool = |kind, window, bias| Work::Pool(PoolPlan::new(kind, window, bias, ends, scales));
    match &step.op {
        Op::Conv { conv, finishes } => {
            // The few channels of the picture would fill little of a tile.
            if functions.amx.is_some() && step.input.map > 0 {
                let plan = AmxPlan::new(conv, *finishes, ends, format, scales);
                return (&conv.name, Work::Amx(Box::new(plan)));
            }
            let range = (step.input.map == 0).then_some(graph.input_range);
            let plan = ConvPlan::new(conv, *finishes, range, ends, (format, functions), scales);
            (&conv.name, Work::Conv(Box::new(plan)))
        }
        Op::Depthwise(depthwise) => {
            let plan = DepthwisePlan::new(depthwise, ends, format, scales);
            (&depthwise.name, Work::Depthwise(Box::new(plan)))
        }
        Op::Add { other } => {
            let inputs = [ends[0], (layouts[other.map], *other)];
            let scales = [scales, scales_from(*other)];
            ("add", Work::Add(AddPlan::new(inputs, ends[1], scales)))
        }
        Op::MaxPool { stride, padding } => {
            ("max pool", pool(PoolKind::Max, (*stride, *padding), Vec::new()))
        }
        Op::AveragePool { average, bias } => {
            ("average pool", pool(PoolKind::Average(*average), (1, 1), bias.clone()))
        }
        Op::Mean { first } => ("mean", Work::Pool(PoolPlan::mean(ends[0], *first, scales))),
    }
}

impl Step {
    /// Number of parts that can be done in any order and at the same time.
    pub fn tasks(&self) -> usize {
        let layout = self.output.0;
        match &self.work {
            Work::Pack => layout.height,
            Work::ClearHalo => layout.borders(),
            Work::Conv(conv) => conv.calls(),
            Work::Amx(conv) => conv.tasks(),
            Work::Depthwise(depthwise) => depthwise.tasks(),
            Work::Add(add) => add.tasks(),
            Work::Pool(pool) => pool.tasks(),
        }
    }
}
