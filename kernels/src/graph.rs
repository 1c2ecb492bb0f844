//! What is to be computed: convolutions and pools over maps.

/// Channels in a block of a map, and in a panel of outputs.
pub(super) const BLOCK: usize = 16;

/// A network of convolutions and pools on one RGB picture. Its result is the means of chosen maps
/// over their pixels, one after the other.
pub struct Graph {
    pub(super) maps: Vec<Map>,
    pub(super) steps: Vec<Step>,
    pub(super) feature_len: usize,
    pub(super) input_range: InputRange,
    /// Height and width of the picture; the first map may have more rows and columns.
    pub(super) picture: [usize; 2],
}

/// Factor and offset of red, green and blue, which bring pixel values 0 to 255 to what the network
/// takes: `value * factor + offset`.
pub type InputRange = [(f32, f32); 3];

/// `[channels, height, width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Map {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Zero columns on each side: the largest horizontal padding of the convolutions that read it.
    pub halo: usize,
    /// The same above and below: the largest vertical padding.
    pub above: usize,
    /// Whether its values may be below 0.
    pub signed: bool,
}

/// Some channels of a map, in whole blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub(super) map: usize,
    pub(super) first: usize,
    pub(super) channels: usize,
}

/// What a convolution does to its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// What is below 0 becomes 0.
    Relu,
    /// What is below 0 becomes 0, what is above 6 becomes 6.
    Relu6,
}

impl Activation {
    /// The least and the largest value that it gives.
    pub(super) fn limits(self) -> (f32, f32) {
        match self {
            Activation::None => (f32::NEG_INFINITY, f32::INFINITY),
            Activation::Relu => (0.0, f32::INFINITY),
            Activation::Relu6 => (0.0, 6.0),
        }
    }
}

/// A convolution with a bias.
pub struct Conv {
    /// As the network calls it.
    pub name: String,
    /// Height and width.
    pub kernel: [usize; 2],
    /// In height and width alike.
    pub stride: usize,
    /// Zeros before and after, in height and width.
    pub padding: [usize; 2],
    /// `[out, in, height, width]`.
    pub weight: Vec<f32>,
    /// `[out]`.
    pub bias: Vec<f32>,
    /// Behind the bias.
    pub activation: Activation,
}

/// A convolution of each channel by itself, with a bias and ReLU6.
pub struct Depthwise {
    /// As the network calls it.
    pub name: String,
    /// In height and width alike.
    pub kernel: usize,
    /// In height and width alike.
    pub stride: usize,
    /// Zeros before the first row and column; behind the last as many as the output needs.
    pub padding: usize,
    /// `[channels, height, width]`.
    pub weight: Vec<f32>,
    /// `[channels]`.
    pub bias: Vec<f32>,
}

/// What the average of a window divides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Average {
    /// Nine, at the border too.
    CountPadding,
    /// The pixels that are there.
    ExcludePadding,
}

pub(super) struct Step {
    pub op: Op,
    pub input: View,
    pub output: View,
}

pub(super) enum Op {
    Conv {
        conv: Conv,
        /// False where bias and activation wait for the average pool that follows.
        finishes: bool,
    },
    Depthwise(Depthwise),
    /// The sum with another map of this shape.
    Add {
        other: View,
    },
    /// 3x3; the padding never wins, because everything that is pooled comes from a ReLU.
    MaxPool {
        stride: usize,
        padding: usize,
    },
    /// 3x3, stride 1, padded; then the bias of the convolution before it, and ReLU.
    AveragePool {
        average: Average,
        bias: Vec<f32>,
    },
    /// The mean of each channel goes to the features, from this place on.
    Mean {
        first: usize,
    },
}

impl Graph {
    /// A graph that has only its input `[3, height, width]`, pixel values from 0 to 255, which
    /// convolutions see in `input_range`.
    pub fn new([height, width]: [usize; 2], input_range: InputRange) -> (Graph, View) {
        Graph::with_margin([height, width], 0, input_range)
    }

    /// As [`Graph::new`], for a first convolution that pads: `margin` rows and columns of the zeros
    /// that it is to see lie behind the picture's last ones.
    pub fn with_margin(
        picture: [usize; 2],
        margin: usize,
        input_range: InputRange,
    ) -> (Graph, View) {
        let [height, width] = picture.map(|side| side + margin);
        let map = Map { channels: 3, height, width, halo: 0, above: 0, signed: true };
        let (maps, steps) = (vec![map], Vec::new());
        let graph = Graph { maps, steps, feature_len: 0, input_range, picture };
        (graph, View { map: 0, first: 0, channels: 3 })
    }

    /// How many maps there are, the picture among them.
    pub fn map_count(&self) -> usize {
        self.maps.len()
    }

    /// Numbers in the result.
    pub fn feature_len(&self) -> usize {
        self.feature_len
    }

    /// A map to be filled in slices, `[channels, height, width]`.
    ///
    /// # Panics
    /// When `channels` is no multiple of 16.
    pub fn map(&mut self, [channels, height, width]: [usize; 3]) -> View {
        assert!(
            channels.is_multiple_of(BLOCK) && channels > 0,
            "{channels} channels are not whole blocks"
        );
        self.maps.push(Map { channels, height, width, halo: 0, above: 0, signed: false });
        View { map: self.maps.len() - 1, first: 0, channels }
    }

    /// Height and width of a view.
    pub fn size(&self, view: View) -> [usize; 2] {
        [self.maps[view.map].height, self.maps[view.map].width]
    }

    /// Height and width of what a window of `kernel` leaves of a view.
    pub fn size_after(
        &self,
        view: View,
        kernel: [usize; 2],
        stride: usize,
        padding: [usize; 2],
    ) -> [usize; 2] {
        let size = self.size(view);
        [0, 1].map(|axis| {
            let padded = size[axis] + 2 * padding[axis];
            assert!(padded >= kernel[axis], "a map is smaller than the window");
            (padded - kernel[axis]) / stride + 1
        })
    }

    /// A convolution with its activation, into `output` or a map of its own.
    ///
    /// # Panics
    /// When shapes do not fit, when the first convolution pads (its zeros would not be the picture's),
    /// and when one pads whose input may be below 0 (8-bit integers store no 0 for it).
    pub fn conv(&mut self, input: View, conv: Conv, output: Option<View>) -> View {
        self.push_conv(input, conv, true, output)
    }

    /// A convolution of each channel by itself and ReLU6, into a map of its own of that height and
    /// width.
    ///
    /// # Panics
    /// When shapes do not fit, or values of the input may be below 0.
    pub fn depthwise(
        &mut self,
        input: View,
        depthwise: Depthwise,
        [height, width]: [usize; 2],
    ) -> View {
        let Depthwise { name, kernel, stride, padding, weight, bias } = &depthwise;
        let channels = input.channels;
        let fits = weight.len() == channels * kernel * kernel && bias.len() == channels;
        assert!(fits && padding < kernel, "{name}: weights of another shape");
        assert!(!self.maps[input.map].signed, "{name}: its input may be below 0");
        // Every window holds a pixel of the map.
        let last = |out: usize| (out - 1) * stride;
        let size = self.size(input);
        let ends = [height, width].iter().zip(size).all(|(out, side)| last(*out) < side + padding);
        assert!(ends, "{name}: there are no such windows");
        let output = self.map([channels, height, width]);
        self.push(Op::Depthwise(depthwise), input, output)
    }

    /// The sum of two maps, into one of its own.
    ///
    /// # Panics
    /// When their shapes differ.
    pub fn add(&mut self, one: View, other: View) -> View {
        let [height, width] = self.size(one);
        assert!(one.channels == other.channels && self.size(other) == [height, width]);
        let output = self.map([one.channels, height, width]);
        self.maps[output.map].signed = true;
        self.push(Op::Add { other }, one, output)
    }

    /// The average pool 3x3 of stride 1, a 1x1 convolution and ReLU, into `output`.
    pub fn average_pool_conv(
        &mut self,
        input: View,
        conv: Conv,
        average: Average,
        output: View,
    ) -> View {
        assert!(conv.kernel == [1, 1] && conv.stride == 1, "only 1x1 can trade places with a pool");
        let bias = conv.bias.clone();
        let projected = self.push_conv(input, conv, false, None);
        self.push(Op::AveragePool { average, bias }, projected, output)
    }

    /// The largest of 3x3 pixels of a map whose values are not negative, into `output` or a map of
    /// its own.
    pub fn max_pool(
        &mut self,
        input: View,
        stride: usize,
        padding: usize,
        output: Option<View>,
    ) -> View {
        let [height, width] = self.size_after(input, [3, 3], stride, [padding; 2]);
        let output = output.unwrap_or_else(|| self.map([input.channels, height, width]));
        assert!(self.size(output) == [height, width] && output.channels == input.channels);
        self.push(Op::MaxPool { stride, padding }, input, output)
    }

    /// Appends the mean of each channel to the features.
    pub fn mean(&mut self, input: View) {
        self.push(Op::Mean { first: self.feature_len }, input, input);
        self.feature_len += input.channels;
    }

    fn push_conv(&mut self, input: View, conv: Conv, finishes: bool, output: Option<View>) -> View {
        let [kernel_height, kernel_width] = conv.kernel;
        let out = conv.bias.len();
        let weights = out * input.channels * kernel_height * kernel_width;
        assert!(conv.weight.len() == weights, "{}: weights of another shape", conv.name);
        assert!(input.map > 0 || conv.padding == [0, 0], "{}: the picture is padded", conv.name);
        let padding = conv.padding;
        let may_pad = input.map == 0 || !self.maps[input.map].signed;
        assert!(may_pad || padding == [0, 0], "{}: zeros among values below 0", conv.name);
        assert!(padding[0] < kernel_height && padding[1] < kernel_width, "{}: padding", conv.name);
        let [height, width] = self.size_after(input, conv.kernel, conv.stride, padding);
        let output = output.unwrap_or_else(|| self.map([out, height, width]));
        assert!(self.size(output) == [height, width] && output.channels == out, "{}", conv.name);
        let map = &mut self.maps[input.map];
        map.above = map.above.max(padding[0]);
        map.halo = map.halo.max(padding[1]);
        self.maps[output.map].signed |= !finishes || conv.activation == Activation::None;
        self.push(Op::Conv { conv, finishes }, input, output)
    }

    fn push(&mut self, op: Op, input: View, output: View) -> View {
        self.steps.push(Step { op, input, output });
        output
    }
}

impl Op {
    /// What is read beside the input.
    pub fn other_input(&self) -> Option<View> {
        match self {
            Op::Add { other } => Some(*other),
            _ => None,
        }
    }
}

impl View {
    /// How many channels it has.
    pub fn channels(self) -> usize {
        self.channels
    }

    /// `channels` of this view's channels, from `first` on.
    ///
    /// # Panics
    /// When they are not whole blocks of it.
    pub fn slice(self, first: usize, channels: usize) -> View {
        assert!([first, channels].iter().all(|n| n.is_multiple_of(BLOCK)), "not whole blocks");
        assert!(first + channels <= self.channels, "not in the view");
        View { first: self.first + first, channels, ..self }
    }
}

impl Step {
    /// Multiplications of one picture, those of padding included.
    pub fn multiplications(&self, maps: &[Map]) -> usize {
        match &self.op {
            Op::Conv { conv, .. } => {
                conv.weight.len() * maps[self.output.map].height * maps[self.output.map].width
            }
            Op::Depthwise(depthwise) => {
                depthwise.weight.len() * maps[self.output.map].height * maps[self.output.map].width
            }
            _ => 0,
        }
    }
}
