"""Writes wrong_labels.json: labels that confident learning takes for wrong, by cleanlab (2.9).

    python make_wrong_labels.py [DIRECTORY]

Scores are softmaxes of random numbers that favour a true category, rounded; labels are the true
categories but for some that are changed. `issues` are the places that
find_label_issues(filter_by="confident_learning") names, the least trusted first; `quality` is
get_label_quality_scores(method="normalized_margin") of each photo.
"""

import json
import sys
from pathlib import Path

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

CASES = [(60, 3, 1.5, 0.1), (80, 5, 1.0, 0.05), (40, 2, 0.7, 0.2)]


def main():
    rng = np.random.default_rng(2021)
    cases = []
    for n, categories, lift, flipped in CASES:
        truth = rng.integers(0, categories, n)
        logits = rng.normal(size=(n, categories))
        logits[np.arange(n), truth] += lift
        scores = np.exp(2 * logits) / np.exp(2 * logits).sum(axis=1, keepdims=True)
        scores = np.round(scores, 4)
        scores[:, -1] = np.round(1 - scores[:, :-1].sum(axis=1), 4)
        labels = truth.copy()
        changed = rng.random(n) < flipped
        labels[changed] = (labels[changed] + 1) % categories
        issues = find_label_issues(
            labels,
            scores,
            filter_by="confident_learning",
            return_indices_ranked_by="normalized_margin",
        )
        quality = get_label_quality_scores(labels, scores, method="normalized_margin")
        cases.append({
            "labels": labels.tolist(),
            "scores": scores.tolist(),
            "issues": issues.tolist(),
            "quality": np.round(quality, 12).tolist(),
        })
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    lines = ",\n".join(json.dumps(case) for case in cases)
    (folder / "wrong_labels.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
