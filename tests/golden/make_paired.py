"""Writes paired.json: the 95% score interval of the difference of two paired proportions.

    python make_paired.py [DIRECTORY]

Of N photos, `only_first` were right with the first head only and `only_second` with the second only.
For each difference d that is tried, the likeliest chances under that difference are found by
maximising the likelihood numerically, not by the formula that Tango (1998) solves it with; the
interval is where the score statistic is at most the quantile of the normal distribution. Needs
SciPy.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm

CASES = [
    (9, 13, 99), (0, 0, 36), (0, 1, 36), (3, 0, 20), (1, 1, 2), (0, 5, 5), (5, 0, 5), (20, 31, 1000),
    (400, 300, 5000), (2, 9, 60), (0, 12, 400), (7, 7, 33), (1, 0, 1), (12, 2, 14),
]


def chance_only_first(d, only_first, only_second, n):
    """The likeliest chance that only the first is right, where only the second is by d more often."""
    low, high = max(0.0, -d), (1 - d) / 2
    rest = n - only_first - only_second

    def loss(q):
        terms = [(only_first, q), (only_second, q + d), (rest, 1 - 2 * q - d)]
        return -sum(count * np.log(max(chance, 1e-300)) for count, chance in terms if count)

    if high <= low:
        return low
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-14})
    return min([low, high, float(found.x)], key=loss)


def score(d, only_first, only_second, n):
    q = chance_only_first(d, only_first, only_second, n)
    variance = n * max(2 * q + d * (1 - d), 0.0)
    distance = only_second - only_first - n * d
    return 0.0 if distance == 0 else distance / np.sqrt(max(variance, 1e-300))


def interval(only_first, only_second, n):
    z = norm.ppf(0.975)
    seen = (only_second - only_first) / n
    edge = 1 - 1e-12

    def end(target, limit):
        f = lambda d: score(d, only_first, only_second, n) - target
        if (f(limit) > 0) == (f(seen) > 0) or seen == limit:
            return limit
        return brentq(f, seen, limit, xtol=1e-13)

    return end(z, -edge), end(-z, edge)


def main():
    cases = []
    for only_first, only_second, n in CASES:
        low, high = interval(only_first, only_second, n)
        cases.append({"only_first": only_first, "only_second": only_second, "images": n,
                      "low": round(low, 7), "high": round(high, 7)})
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    lines = ",\n".join(" " + json.dumps(case) for case in cases)
    (folder / "paired.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
