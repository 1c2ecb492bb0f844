"""From a photo's file to the pixels that the network takes, by the rule of network.resize =
"antialias": squashed to a square by a triangle filter, in floating point, without rounding."""

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch.nn import functional

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")


def list_photos(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in ENDINGS)


def spread(photos, count):
    """So many of the photos, evenly over all of them, and so over the categories."""
    count = min(count, len(photos))
    return [photos[i * len(photos) // count] for i in range(count)]


def pixels(path, side=299):
    """Reads, decodes and resizes one photo: f32 [3, side, side], 0 to 255."""
    image = Image.open(io.BytesIO(Path(path).read_bytes()))
    image = ImageOps.exif_transpose(image).convert("RGB")
    planes = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()
    square = functional.interpolate(planes, (side, side), mode="bilinear", antialias=True)
    return square[0].numpy()
