"""Writes folds.json: how evenly scikit-learn shares out photos to folds.

    python make_folds.py [DIRECTORY]

A case has a number of folds and, for each category, the sizes of the groups of photos that must stay
together. Expected are the numbers of photos of each category in each fold: of StratifiedKFold where
every group is one photo, else of StratifiedGroupKFold. Both shuffle with the seed 0. Which photo comes
into which fold is a matter of the shuffle; the sizes are not. Needs scikit-learn.
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

CASES = [
    (5, [[1] * 36] * 5),
    (5, [[1] * 37, [1] * 41, [1] * 20]),
    (10, [[1] * 12, [1] * 103]),
    (3, [[1] * 5, [1] * 7, [1] * 4]),
    (2, [[1] * 9, [1] * 9, [1] * 9]),
    (20, [[1] * 90, [1] * 31]),
    (5, [[3] * 12, [1] * 30]),
    (4, [[5, 4, 3, 2, 2, 1, 1, 1, 1], [2] * 11]),
    (3, [[10, 1, 1, 1, 1, 1], [4, 4, 4, 3]]),
    (5, [[1] * 20 + [2] * 10 + [6] * 2, [1] * 50 + [8]]),
]


def sizes(folds, categories):
    labels, groups = [], []
    for category, of in enumerate(categories):
        for size in of:
            name = groups[-1] + 1 if groups else 0
            labels += [category] * size
            groups += [name] * size
    alone = all(size == 1 for of in categories for size in of)
    if alone:
        splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
        tested = [test for _, test in splitter.split(labels, labels)]
    else:
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
        tested = [test for _, test in splitter.split(labels, labels, groups)]
    labels = np.array(labels)
    return [[int((labels[test] == category).sum()) for test in tested]
            for category in range(len(categories))]


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    cases = [{"folds": folds, "groups": groups, "photos": sizes(folds, groups)}
             for folds, groups in CASES]
    made = {"made_by": f"scikit-learn {sklearn.__version__}", "cases": cases}
    (folder / "folds.json").write_text(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
