"""Writes likeness.json: how far photos are from training photos, and the gap between two categories.

    python make_likeness.py [DIRECTORY]

NumPy, in float64 and with all eigenvectors, from the formulas that docs/likeness.md states; the
program has the features from the same integers, works in float32 and iterates for its eigenvectors.
"""

import json
import sys
from pathlib import Path

import numpy as np

N, D, CATEGORIES, DIRECTIONS = 260, 150, 3, 64
NEW = [1000, 1001, 1002, 1003, 1004, 1005, 0, 1]


def number(row, column):
    """A random number from 0 to 1, by integers that any language has."""
    v = (row * 2654435761 + column * 2246822519 + 374761393) % 2**32
    v ^= v >> 15
    v = v * 2246822519 % 2**32
    v ^= v >> 13
    return v / 2**32


def feature(row):
    """Later numbers vary less; some are negative; each category is high in numbers of its own."""
    values = [(number(row, j) - 0.1) / (1 + j / 10) for j in range(D)]
    for j in range(row % CATEGORIES, D, 7):
        values[j] += 0.05 if row < 1003 else 0.3
    return values


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def roots(rows):
    return unit(np.sign(rows) * np.sqrt(np.abs(rows)))


def main():
    training = roots(np.array([feature(row) for row in range(N)]))
    labels = np.arange(N) % CATEGORIES
    scale = training.std(0)
    scale = scale + 0.3 * scale.mean()
    scaled = unit(training / scale)
    mean = scaled.mean(0)
    centred = scaled - mean
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    basis, variances = directions[:DIRECTIONS], singular[:DIRECTIONS] ** 2

    new = unit(roots(np.array([feature(row) for row in NEW])) / scale) - mean
    places, new_places = centred @ basis.T, new @ basis.T
    centres = np.stack([places[labels == c].mean(0) for c in range(CATEGORIES)])
    freedom = N - CATEGORIES
    within = places - centres[labels]
    full = centred - np.stack([centred[labels == c].mean(0) for c in range(CATEGORIES)])[labels]
    added = 0.006 * (full**2).sum() / freedom
    covariance = within.T @ within / freedom + added * np.eye(DIRECTIONS)
    rest = (new**2).sum(1) - (new_places**2).sum(1)
    inverse = np.linalg.inv(covariance)
    gaps = new_places[:, None, :] - centres[None]
    distances = np.sqrt(np.einsum("nkq,qr,nkr->nk", gaps, inverse, gaps).min(1) + rest / added)
    targets = np.eye(CATEGORIES)[labels] - np.bincount(labels) / N
    total = (centred**2).sum()
    weights = (targets.T @ places) / (variances + 0.006 * total)
    responses = np.sort(new_places @ weights.T + np.bincount(labels) / N, axis=1)
    photos = [
        {"row": row, "distance": distance, "gap": gap}
        for row, distance, gap in zip(NEW, distances, responses[:, -1] - responses[:, -2])
    ]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    text = json.dumps({"n": N, "d": D, "categories": CATEGORIES, "photos": photos}, indent=1)
    (folder / "likeness.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
