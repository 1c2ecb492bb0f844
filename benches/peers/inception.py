"""Inception v3 without its classifiers in PyTorch, from any weights file that retrain reads.

The layers are those of src/nets/inception_v3/layers.rs; what published weights differ in is decided
as in src/nets/inception_v3/variant.rs: an argument, else the file's metadata, else its tensors, else assumed.
Batch normalisation is folded into the convolutions, and the input range into the first one, so that
a peer computes nothing that retrain does not: pixel values 0 to 255 in, pooled features out.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional

BUILT_IN = Path(__file__).parents[2] / "assets" / "inception_v3-nsfwjs.u8.safetensors"
SIDE = 299
# (factor, offset) of pixel * factor + offset
INPUT_RANGES = {"[0,1]": (1 / 255, 0.0), "[-1,1]": (1 / 127.5, -1.0)}


@dataclass
class Variant:
    count_padding: bool
    last_pool_is_max: bool
    input_range: tuple[float, float]
    epsilon: float
    taps: list[str]


def read_weights(path):
    """Tensors by name in f32, and the file's metadata."""
    if str(path).endswith((".pth", ".pt")):
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {name: value.float() for name, value in state.items()}, {}
    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
        stored = {name: file.get_tensor(name) for name in file.keys()}
    tensors = {}
    for name, value in stored.items():
        if name.endswith(".scale_min"):
            continue
        value = value.float()
        if name + ".scale_min" in stored:
            scale, low = stored[name + ".scale_min"]
            value = value * scale + low
        tensors[name] = value
    return tensors, metadata


def variant_of(tensors, metadata, taps=None):
    classes = tensors["fc.weight"].shape[0] if "fc.weight" in tensors else None
    is_fid = classes == 1008
    padding = metadata.get("avg_pool_count_include_pad", "false" if is_fid else "true")
    last_pool = metadata.get("last_block_pool", "max" if is_fid else "avg")
    # A remark may follow the range.
    input_range = metadata.get("input_range", "[-1,1]").split("]")[0].replace(" ", "") + "]"
    if not taps:
        moderation = metadata.get("source", "").startswith("npm nsfwjs")
        default = "Mixed_6c,Mixed_7a" if moderation else "Mixed_7c"
        taps = [tap.strip() for tap in metadata.get("taps", default).split(",")]
    return Variant(
        count_padding=padding == "true",
        last_pool_is_max=last_pool == "max",
        input_range=INPUT_RANGES[input_range],
        epsilon=float(metadata.get("bn_eps", "1e-3")),
        taps=list(taps),
    )


class Conv(nn.Module):
    """A convolution with its batch normalisation folded in, and ReLU."""

    def __init__(self, net, name, kernel, stride=1, padded=True):
        super().__init__()
        tensors, variant = net
        weight = tensors[f"{name}.conv.weight"].double()  # [out, in, height, width]
        bias, mean, variance = (
            tensors[f"{name}.bn.{part}"].double() for part in ("bias", "running_mean", "running_var")
        )
        gamma = tensors.get(f"{name}.bn.weight", torch.ones_like(bias)).double()
        factor = gamma / (variance + variant.epsilon).sqrt()
        weight, bias = weight * factor[:, None, None, None], bias - mean * factor
        if name == "Conv2d_1a_3x3":
            # It has no padding, so the input range folds into it exactly.
            scale, offset = variant.input_range
            weight, bias = weight * scale, bias + offset * weight.sum((1, 2, 3))
        padding = [side // 2 for side in kernel] if padded else 0
        self.conv = nn.Conv2d(weight.shape[1], weight.shape[0], kernel, stride, padding)
        self.conv.weight.data, self.conv.bias.data = weight.float(), bias.float()

    def forward(self, x):
        return functional.relu(self.conv(x), inplace=True)


class Branches(nn.Module):
    """Branches of the same input, concatenated."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*branch) for branch in branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Trunk(nn.Module):
    """[n, 3, 299, 299] pixel values to features [n, feature_len]."""

    def __init__(self, weights=BUILT_IN, taps=None):
        super().__init__()
        tensors, metadata = read_weights(weights)
        self.variant = variant_of(tensors, metadata, taps)
        blocks = layers((tensors, self.variant))
        names = [name for name, _ in blocks]
        last = max(names.index(tap) for tap in self.variant.taps)
        self.names = names[: last + 1]
        self.blocks = nn.ModuleList(block for _, block in blocks[: last + 1])
        self.eval().requires_grad_(False)

    def forward(self, x):
        pooled = {}
        for name, block in zip(self.names, self.blocks):
            x = block(x)
            if name in self.variant.taps:
                pooled[name] = x.mean((2, 3))
        return torch.cat([pooled[tap] for tap in self.variant.taps], 1)


def layers(net):
    """(name, module) of every block, first to last; Source: arXiv:1512.00567, table 1."""
    average = nn.AvgPool2d(3, 1, 1, count_include_pad=net[1].count_padding)
    last = nn.MaxPool2d(3, 1, 1) if net[1].last_pool_is_max else average

    def stem(name, kernel, stride=1, padded=False):
        return name, Conv(net, name, kernel, stride, padded)

    def max_pool(name):
        return name, nn.MaxPool2d(3, 2)

    def block(name, make, *arguments):
        def conv(part, *kernel):
            return Conv(net, f"{name}.{part}", kernel)

        def valid(part):
            return Conv(net, f"{name}.{part}", (3, 3), 2, padded=False)

        return name, Branches(*make(conv, valid, *arguments))

    return [
        stem("Conv2d_1a_3x3", (3, 3), 2),
        stem("Conv2d_2a_3x3", (3, 3)),
        stem("Conv2d_2b_3x3", (3, 3), padded=True),
        max_pool("MaxPool_3a_3x3"),
        stem("Conv2d_3b_1x1", (1, 1)),
        stem("Conv2d_4a_3x3", (3, 3)),
        max_pool("MaxPool_5a_3x3"),
        *(block(f"Mixed_{name}", inception_a, average) for name in ("5b", "5c", "5d")),
        block("Mixed_6a", inception_b),
        *(block(f"Mixed_{name}", inception_c, average) for name in ("6b", "6c", "6d", "6e")),
        block("Mixed_7a", inception_d),
        block("Mixed_7b", inception_e, average),
        block("Mixed_7c", inception_e, last),
    ]


# The channels of each convolution come with its weights.


def inception_a(conv, valid, average):
    return (
        [conv("branch1x1", 1, 1)],
        [conv("branch5x5_1", 1, 1), conv("branch5x5_2", 5, 5)],
        [conv("branch3x3dbl_1", 1, 1), conv("branch3x3dbl_2", 3, 3), conv("branch3x3dbl_3", 3, 3)],
        [average, conv("branch_pool", 1, 1)],
    )


def inception_b(conv, valid):
    return (
        [valid("branch3x3")],
        [conv("branch3x3dbl_1", 1, 1), conv("branch3x3dbl_2", 3, 3), valid("branch3x3dbl_3")],
        [nn.MaxPool2d(3, 2)],
    )


def inception_c(conv, valid, average):
    return (
        [conv("branch1x1", 1, 1)],
        [conv("branch7x7_1", 1, 1), conv("branch7x7_2", 1, 7), conv("branch7x7_3", 7, 1)],
        [
            conv("branch7x7dbl_1", 1, 1),
            conv("branch7x7dbl_2", 7, 1),
            conv("branch7x7dbl_3", 1, 7),
            conv("branch7x7dbl_4", 7, 1),
            conv("branch7x7dbl_5", 1, 7),
        ],
        [average, conv("branch_pool", 1, 1)],
    )


def inception_d(conv, valid):
    return (
        [conv("branch3x3_1", 1, 1), valid("branch3x3_2")],
        [
            conv("branch7x7x3_1", 1, 1),
            conv("branch7x7x3_2", 1, 7),
            conv("branch7x7x3_3", 7, 1),
            valid("branch7x7x3_4"),
        ],
        [nn.MaxPool2d(3, 2)],
    )


def inception_e(conv, valid, pool):
    return (
        [conv("branch1x1", 1, 1)],
        [
            conv("branch3x3_1", 1, 1),
            Branches([conv("branch3x3_2a", 1, 3)], [conv("branch3x3_2b", 3, 1)]),
        ],
        [
            conv("branch3x3dbl_1", 1, 1),
            conv("branch3x3dbl_2", 3, 3),
            Branches([conv("branch3x3dbl_3a", 1, 3)], [conv("branch3x3dbl_3b", 3, 1)]),
        ],
        [pool, conv("branch_pool", 1, 1)],
    )
