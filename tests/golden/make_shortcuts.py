"""How well columns tell categories apart, by scikit-learn's RidgeClassifier: writes shortcuts.json.

python make_shortcuts.py; made with scikit-learn 1.9.1 and NumPy 2.4.6.
"""

import collections
import json
import pathlib

import numpy as np
from sklearn.linear_model import RidgeClassifier

RANGES, PARTS = 8, 10


def indicators(column):
    if isinstance(column[0], str):
        counts = collections.Counter(column)
        kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))[:RANGES]
        return np.array([[value == kind for kind in kinds] for value in column], float)
    values = np.array(column)
    ordered = np.sort(values)
    edges = np.unique([ordered[i * len(values) // RANGES] for i in range(1, RANGES)])
    return np.eye(len(edges) + 1)[np.searchsorted(edges, values, side="right")]


def told(columns, labels, categories):
    table = np.hstack([indicators(column) for column in columns])
    sizes, parts = collections.Counter(), []
    for label in labels:
        parts.append(sizes[label] % PARTS)
        sizes[label] += 1
    weights = np.array([len(labels) / (categories * sizes[label]) for label in labels])
    parts, labels = np.array(parts), np.array(labels)
    predicted = np.zeros_like(labels)
    for part in range(PARTS):
        known = parts != part
        head = RidgeClassifier(alpha=1.0, solver="cholesky")
        head.fit(table[known], labels[known], sample_weight=weights[known])
        predicted[~known] = head.predict(table[~known])
    every = range(categories)
    return {
        "right": [int((predicted[labels == c] == c).sum()) for c in every],
        "taken": [int((predicted[labels != c] == c).sum()) for c in every],
    }


def case(seed, sizes, strength):
    """Two measures and two names, the first of each bound to the category by `strength`."""
    rng = np.random.default_rng(seed)
    categories = len(sizes)
    labels = rng.permutation(np.repeat(np.arange(categories), sizes)).tolist()
    bound = [label if rng.random() < strength else int(rng.integers(categories)) for label in labels]
    columns = [
        [round(float(b + rng.normal()), 4) for b in bound],
        [float(rng.integers(3)) for _ in labels],
        [f"camera {b + int(rng.integers(2))}" for b in bound],
        [f"name {int(rng.integers(12))}" for _ in labels],
    ]
    return {"labels": labels, "categories": categories, "columns": columns, **told(columns, labels, categories)}


cases = [
    case(1, [40, 40, 40], 0.0),
    case(2, [30, 12, 55], 0.6),
    case(3, [25, 25], 1.0),
    case(4, [20, 20, 20, 20, 20], 0.8),
]
path = pathlib.Path(__file__).with_name("shortcuts.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print([(c["right"], c["taken"]) for c in cases])
