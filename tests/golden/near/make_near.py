"""Draws the photos beside it and writes hashes.json: their perceptual hashes by `imagehash`.

    python make_near.py

For each drawn photo: `hash` and `mirrored`, the hashes of the photo and of its mirror image, in
hexadecimal, and `thumbnail`, the 32 by 32 grey values that they were made of, row by row. The
copies beside `original.jpg` are it, encoded anew, shrunk, cropped by 7%, mirrored, and brighter; the
others are other photos. Needs Pillow, NumPy and imagehash.
"""

import json
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

HERE = Path(__file__).parent


def draw(seed, size=(180, 132)):
    random = np.random.default_rng(seed)
    width, height = size
    sky, ground = random.integers(60, 230, 3), random.integers(20, 140, 3)
    fade = np.linspace(0, 1, height)[:, None, None]
    picture = Image.fromarray((sky * (1 - fade) + ground * fade + np.zeros((height, width, 3))).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y, radius = random.integers(0, width), random.integers(0, height), random.integers(6, 40)
        box = (x - radius, y - radius * 0.7, x + radius, y + radius * 0.7)
        colour = tuple(int(c) for c in random.integers(0, 256, 3))
        (pen.ellipse if random.random() < 0.6 else pen.rectangle)(box, fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(1))


def main():
    original = draw(1)
    width, height = original.size
    photos = {
        "original": original,
        "encoded-anew": original,
        "shrunk": original.resize((117, 86), Image.BICUBIC),
        "cropped": original.crop((9, 2, width - 4, height - 7)),
        "mirrored": ImageOps.mirror(original),
        "brighter": ImageEnhance.Brightness(original).enhance(1.15),
        "other-1": draw(2),
        "other-2": draw(3, (132, 180)),
        "other-3": draw(4),
    }
    entries = {}
    for name, photo in photos.items():
        path = HERE / f"{name}.jpg"
        photo.save(path, quality=50 if name == "encoded-anew" else 88)
        read = Image.open(path)
        entries[name] = {
            "hash": str(imagehash.phash(read)),
            "mirrored": str(imagehash.phash(ImageOps.mirror(read))),
            "thumbnail": list(read.convert("L").resize((32, 32), Image.LANCZOS).getdata()),
        }
    text = ",\n".join(f'"{name}": {json.dumps(entry)}' for name, entry in entries.items())
    (HERE / "hashes.json").write_text("{\n" + text + "\n}\n")


main()
