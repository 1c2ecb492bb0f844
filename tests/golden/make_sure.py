"""Writes sure.json: bounds of Clopper and Pearson, temperatures and scores with other shares.

    python make_sure.py [DIRECTORY]

Bounds are quantiles of SciPy's beta distribution. A temperature is where SciPy's bounded
minimisation finds the least cross-entropy of log(scores) / T; scores are softmaxes of random numbers
that favour the true category, too steep or too flat.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import beta

COUNTS = [
    (0, 1), (1, 1), (0, 20), (36, 36), (35, 36), (57, 60), (271, 300), (1260, 1300), (99000, 100000)
]


def bound(right, n, tail):
    low = 0.0 if right == 0 else beta.ppf(tail, right, n - right + 1)
    return {"right": right, "n": n, "tail": tail, "low": low}


def calibrated(rng, n, categories, steepness):
    truth = rng.integers(0, categories, n)
    logits = rng.normal(size=(n, categories))
    logits[np.arange(n), truth] += 1.5
    scores = np.exp(log_softmax(steepness * logits, axis=1)).astype(np.float32)
    logs = np.log(scores.astype(np.float64))

    def loss(temperature):
        return -log_softmax(logs / temperature, axis=1)[np.arange(n), truth].mean()

    found = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-12})
    return {
        "truth": truth.tolist(),
        "scores": [[float(score) for score in row] for row in scores],
        "temperature": found.x,
        "loss": found.fun,
        "loss_before": loss(1.0),
    }


def main():
    rng = np.random.default_rng(1934)
    golden = {
        "bounds": [bound(*counts, tail) for counts in COUNTS for tail in (0.025, 0.0125)],
        "temperatures": [calibrated(rng, 40, 3, 4.0), calibrated(rng, 60, 5, 0.6)],
    }
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "sure.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
