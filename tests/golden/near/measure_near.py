"""Plants near copies among photos, and says how many `retrain check` finds.

    python measure_near.py RETRAIN PHOTOS... [--seed N]

RETRAIN is the program, PHOTOS are folders with one folder for each category. In a temporary project 60
photos of each kind get a copy; pairs of near copies that were not planted count as wrong, also where
they are near copies. Needs Pillow.
"""

import argparse
import json
import random
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

KINDS = ["encoded anew", "resized", "cropped", "mirrored", "brighter or darker", "all of these"]
OF_EACH = 60


def crop(photo):
    share = random.uniform(0.02, 0.08)
    width, height = (round(side * (1 - share)) for side in photo.size)
    left, top = (random.randint(0, was - now) for was, now in zip(photo.size, (width, height)))
    return photo.crop((left, top, left + width, top + height))


def resize(photo):
    factor = random.uniform(0.5, 1.5)
    rule = random.choice([Image.BILINEAR, Image.BICUBIC, Image.LANCZOS])
    return photo.resize([round(side * factor) for side in photo.size], rule)


def copy(photo, kind):
    quality, everything = random.randint(75, 95), kind == KINDS[-1]
    if kind == "encoded anew" or everything:
        quality = random.randint(40, 90)
    if kind == "resized" or everything:
        photo = resize(photo)
    if kind == "cropped" or everything:
        photo = crop(photo)
    if kind == "mirrored" or (everything and random.random() < 0.5):
        photo = ImageOps.mirror(photo)
    if kind == "brighter or darker" or everything:
        photo = ImageEnhance.Brightness(photo).enhance(random.choice([0.8, 0.85, 0.9, 1.1, 1.15, 1.2]))
    return photo, quality


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("retrain", type=Path)
    arguments.add_argument("photos", nargs="+", type=Path)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory() as project:
        project = Path(project)
        for number, folder in enumerate(arguments.photos):
            for photo in sorted(folder.glob("*/*.jpg")):
                to = project / "photos" / photo.parent.name / f"{number}-{photo.name}"
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(photo, to)
        originals = sorted(project.glob("photos/*/*.jpg"))
        planted = {}
        for number, original in enumerate(random.sample(originals, OF_EACH * len(KINDS))):
            kind = KINDS[number % len(KINDS)]
            photo, quality = copy(Image.open(original).convert("RGB"), kind)
            path = original.parent / f"planted-{number}.jpg"
            photo.save(path, quality=quality)
            planted[frozenset(str(p.relative_to(project / "photos")) for p in (original, path))] = kind
        (project / "config.toml").touch()
        (project / "experiments").mkdir()
        (project / "experiments/near.toml").write_text('images = "photos"\n')
        command = [arguments.retrain.resolve(), "check", "experiments/near.toml", "--json"]
        answer = subprocess.run(command, cwd=project, capture_output=True, text=True)
        found = [frozenset((pair["file"], pair["of"])) for pair in json.loads(answer.stdout)["near_copies"]]
    right = Counter(planted[pair] for pair in found if pair in planted)
    for kind in KINDS:
        print(f"{kind}: {right[kind]} of {OF_EACH}")
    print(f"found {right.total()} of {len(planted)}: {100 * right.total() / len(planted):.1f}%")
    print(f"right {right.total()} of {len(found)}: {100 * right.total() / len(found):.1f}%")
    for pair in found:
        if pair not in planted:
            print("not planted:", *sorted(pair))


main()
