"""Writes class_weights.json: cross-entropy with class weights, by numpy (2.x), float64.

The loss is PyTorch's cross_entropy(weight=w): sum(w[label] * loss) / sum(w[label]).
The gradient is no formula but the complex step: imag(loss(z + ih)) / h with h = 1e-30, which is
exact to rounding. python class_weights.py [FOLDER]
"""

import json
import sys
from pathlib import Path

import numpy as np

STEP = 1e-30


def loss(logits, labels, weights):
    shifted = logits - logits.real.max(axis=1, keepdims=True)
    log_scores = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    each = -log_scores[np.arange(len(labels)), labels]
    return (weights[labels] * each).sum() / weights[labels].sum()


def gradient(logits, labels, weights):
    result = np.zeros(logits.shape)
    for place in np.ndindex(*logits.shape):
        moved = logits.astype(complex)
        moved[place] += 1j * STEP
        result[place] = loss(moved, labels, weights).imag / STEP
    return result


def main():
    rng = np.random.default_rng(20)
    cases = []
    for rows, weights in [(1, [2.0, 0.5]), (7, [1.0, 1.0, 1.0]), (12, [0.2, 3.0, 1.0, 7.5])]:
        weights = np.array(weights)
        logits = np.round(rng.normal(0, 3, (rows, len(weights))), 4)
        labels = rng.integers(0, len(weights), rows)
        cases.append({
            "weights": weights.tolist(),
            "logits": logits.tolist(),
            "labels": labels.tolist(),
            "loss": float(loss(logits, labels, weights)),
            "gradient": gradient(logits, labels, weights).tolist(),
        })
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "class_weights.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
