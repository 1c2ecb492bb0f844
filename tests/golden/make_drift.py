"""Writes drift.json: recent photos among those that are furthest off, and series with what is said of them.

    python make_drift.py [DIRECTORY]

Chances are SciPy's hypergeometric distribution, every number of furthest photos is tried by counting, and
a series is followed by keeping plain lists. Limits are as docs/likeness.md states them.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.stats import hypergeom

RECENT, FEWEST, MOST_USUAL = 100, 10, 1000


def furthest(usual, recent):
    """The clearest count: of equal numbers the usual one is further off."""
    marked = sorted([(-x, 0) for x in usual] + [(-x, 1) for x in recent])
    best, among = None, 0
    for place, (_, is_recent) in enumerate(marked, start=1):
        among += is_recent
        is_looked_at = among <= 40 and (among == 1 or place <= max(15, 0.12 * len(marked)))
        if not is_recent or not is_looked_at:
            continue
        chance = hypergeom.sf(among - 1, len(marked), len(recent), place)
        if best is None or chance < best[2]:
            best = (place, among, chance)
    return best


def follow(usual, series):
    """Photo (from 1) and whether drift is noticed or gone."""
    usual, recent, said, noticed, taken_in = list(usual), [], [], False, 0
    for number, x in enumerate(series, start=1):
        if len(recent) == RECENT:
            oldest = recent.pop(0)
            if not noticed and len(usual) < MOST_USUAL:
                usual.append(oldest)
                taken_in += 1
        recent.append(x)
        if len(recent) < FEWEST:
            continue
        chance = furthest(usual, recent)[2]
        limit = 1 / 12000 if taken_in else 1 / 600
        if not noticed and chance < limit:
            noticed = True
            said.append([number, "noticed"])
        elif noticed and chance > 0.05:
            noticed = False
            said.append([number, "gone"])
    return said


def numbers(rng, *parts):
    """Normal numbers of these counts and means, with few digits, so that some are equal."""
    return np.concatenate([rng.normal(mean, 1, count) for count, mean in parts]).round(2).tolist()


def main():
    rng = np.random.default_rng(1934)
    cases = []
    for held_out, parts in [
        (20, [(10, 0)]), (90, [(90, 0), (10, 3)]), (144, [(40, 0)]), (200, [(100, 0.3)]),
        (1000, [(95, 0), (5, 4)]), (30, [(100, 5)]), (20, [(1, 9)]),
    ]:
        usual, recent = numbers(rng, (held_out, 0)), numbers(rng, *parts)
        place, among, chance = furthest(usual, recent)
        cases.append(
            {"usual": usual, "recent": recent, "furthest": place, "among": among, "chance": chance}
        )
    series = []
    for held_out, parts in [
        (90, [(12, 3), (300, 0)]), (144, [(250, 0), (60, 1.5), (250, 0)]), (200, [(400, 0)]),
        (950, [(300, 0), (20, 3), (300, 0)]),
    ]:
        usual, stream = numbers(rng, (held_out, 0)), numbers(rng, *parts)
        series.append({"usual": usual, "series": stream, "said": follow(usual, stream)})
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "drift.json").write_text(json.dumps({"furthest": cases, "series": series}) + "\n")


if __name__ == "__main__":
    main()
