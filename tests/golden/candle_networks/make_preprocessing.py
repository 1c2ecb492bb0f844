"""Writes src/nets/candle_networks/published.csv; see the README. Needs timm and torch.

    python make_preprocessing.py
"""

import csv
from pathlib import Path

import timm
from networks import CAN

COLUMNS = "name side crop_pct crop_mode interpolation mean std licence".split()


def numbers(values):
    return " ".join(str(float(value)) for value in values)


def rows():
    wanted = {*CAN, "inception_v3"}
    for name in timm.list_models(pretrained=True):
        if name.split(".")[0] not in wanted:
            continue
        cfg = timm.get_pretrained_cfg(name)
        channels, rows, columns = cfg.input_size
        assert channels == 3 and rows == columns, name
        yield [
            name, rows, cfg.crop_pct, cfg.crop_mode, cfg.interpolation,
            numbers(cfg.mean), numbers(cfg.std), cfg.license or "",
        ]


def main():
    path = Path(__file__).parents[3] / "src/nets/candle_networks/published.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        out.writerows(sorted(rows()))


if __name__ == "__main__":
    main()
