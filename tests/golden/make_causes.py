"""Writes causes.json: Shapley values, and Student's t distribution.

    python make_causes.py [DIRECTORY]

The parts are means over all orders in which the causes come, each order gone through one by one:
nothing of the formula with weights for sets. The quantiles and chances are SciPy's.
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
from scipy.stats import t


def by_orders(values, causes):
    parts = np.zeros(causes)
    orders = list(itertools.permutations(range(causes)))
    for order in orders:
        mask = 0
        for cause in order:
            parts[cause] += values[mask | 1 << cause] - values[mask]
            mask |= 1 << cause
    return parts / len(orders)


def main():
    random = np.random.default_rng(20261129)
    games = []
    for causes in [1, 2, 3, 4, 5, 6]:
        values = random.integers(0, 200, 1 << causes) / 200
        games.append({"values": values.tolist(), "parts": by_orders(values, causes).tolist()})
    freedoms = [1, 2, 3, 4, 8, 9, 19, 39, 199, 2.5]
    reaches = [[f, t.ppf(0.975, f)] for f in freedoms]
    chances = [[x, f, 2 * t.sf(abs(x), f)] for f in freedoms for x in [0.0, 0.3, -1.0, 2.5, 7.0, 40.0]]
    found = {"games": games, "reaches": reaches, "chances": chances}
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "causes.json").write_text(json.dumps(found, indent=None) + "\n")


main()
