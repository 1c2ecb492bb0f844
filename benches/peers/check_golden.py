"""Holds the PyTorch trunk of inception.py to the oracles in tests/golden: exits with 1 on an error.

The oracles were made by other programs: PyTorch with the weights' own rules, torchvision
(padding counted) and pytorch-fid (padding excluded, maximum in the last block).
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

from inception import BUILT_IN, Trunk, layers, read_weights, variant_of

GOLDEN = Path(__file__).parents[2] / "tests" / "golden"
# f32 against f64; a wrong pool or input range is off by more than 0.1.
TOLERANCE = 1e-4


def picture(t):
    """Picture t of inception_features.safetensors by its formula: [3, 299, 299], 0 to 255."""
    c, y, x = np.meshgrid(*map(np.arange, (3, 299, 299)), indexing="ij")
    if t == 0:
        h = (((c * 299 + y) * 299 + x) * 2654435761 + 12345) % 2**32
        h ^= h >> 15
        h = h * 2246822519 % 2**32
        h ^= h >> 13
        return h >> 24
    if t == 1:
        def triangle(n):
            return np.where(n % 512 < 256, n % 512, 511 - n % 512)
        return (triangle(3 * y + x) + triangle(2 * x + 40 * c)) // 2
    inside = (y - 150) ** 2 + (x - 140) ** 2 < 6400
    board = np.where((y // 23 + x // 31) % 2 == 1, 200 - 40 * c, 30 + 50 * c)
    return np.where(inside, 255 - 60 * c, board)


def trunk(**changes):
    """The trunk of the built-in weights to its end, with these properties changed."""
    net = Trunk(taps=["Mixed_7c"])
    tensors, metadata = read_weights(BUILT_IN)
    variant = variant_of(tensors, metadata, ["Mixed_7c"])
    for name, value in changes.items():
        setattr(variant, name, value)
    net.blocks = torch.nn.ModuleList(block for _, block in layers((tensors, variant)))
    return net.eval().requires_grad_(False)


def main():
    pictures = np.stack([picture(t) for t in range(3)])
    assert [int(p.sum()) for p in pictures] == [34265068, 33735551, 36679245]
    pixels = torch.from_numpy(pictures).float()
    own = load_file(GOLDEN / "inception_features.safetensors")
    others = load_file(GOLDEN / "inception_variants.safetensors")
    signed = (1 / 127.5, -1.0)
    cases = [
        # The first oracle was fed pixel / 256.
        ("built-in", own["u8.pooled_f64"], {"input_range": (1 / 256, 0.0)}),
        ("torchvision", others["torchvision.pooled"],
         {"input_range": signed, "count_padding": True}),
        ("pytorch-fid", others["pytorch_fid.pooled"],
         {"input_range": signed, "last_pool_is_max": True}),
    ]
    failed = 0
    for name, expected, changes in cases:
        error = np.abs(trunk(**changes)(pixels).numpy() - expected).max()
        failed += error > TOLERANCE
        print(f"golden {name:12} largest difference {error:.1e}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
