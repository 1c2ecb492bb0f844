"""Makes photos of 0.2, 2, 12 and 48 megapixels of real ones, for `--example stage`.

    python benches/photos.py FOLDER_OF_PHOTOS TO     (needs Pillow and NumPy)

Enlarged photos have no detail and are coded in far fewer bytes than a camera's, so fine noise is added:
0.25 to 0.35 bytes a pixel at quality 90.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

SIZES = {"0.2": (500, 375), "2": (1632, 1224), "12": (4032, 3024), "48": (8064, 6048)}
NOISE = 3.1  # levels, at full size; half as much again at half size


def enlarged(photo, size, noise, rng):
    pixels = np.asarray(photo.resize(size, Image.LANCZOS)).astype(np.float32)
    height, width, _ = pixels.shape
    grey = rng.standard_normal((height, width, 1), dtype=np.float32) * noise
    half = rng.standard_normal((height // 2 + 1, width // 2 + 1, 1), dtype=np.float32)
    grey += np.repeat(np.repeat(half, 2, 0), 2, 1)[:height, :width] * 1.5 * noise
    pixels += grey + rng.standard_normal(pixels.shape, dtype=np.float32) * 0.5
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


def main(photos, to):
    rng = np.random.default_rng(7)
    files = sorted(Path(photos).rglob("*.jpg"))
    fitting = [path for path in files if Image.open(path).size == SIZES["0.2"]]
    if len(fitting) < len(SIZES):
        sys.exit(f"{photos}: {len(fitting)} photos of 500 x 375 pixels; {len(SIZES)} are needed")
    Path(to).mkdir(parents=True, exist_ok=True)
    turned = Image.Exif()
    turned[0x112] = 6
    for number, (name, size) in enumerate(SIZES.items()):
        photo = Image.open(fitting[37 * number % len(fitting)]).convert("RGB")
        photo = enlarged(photo, size, 0 if name == "0.2" else NOISE, rng)

        def save(kind, **options):
            photo.save(f"{to}/{name}mp-{kind}", **{"quality": 90, **options})

        save("420.jpg", subsampling=2)
        save("444.jpg", subsampling=0)
        if name in ("2", "12"):
            save("turned.jpg", subsampling=2, exif=turned)
            save("progressive.jpg", subsampling=2, progressive=True)
        if name == "2":
            photo.save(f"{to}/2mp.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
