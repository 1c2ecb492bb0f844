"""Writes kinds.json: clusters, prediction strength, chance, principal components, by scikit-learn and SciPy.

    python make_kinds.py [DIRECTORY]

`k_means`: KMeans from given centres (n_init=1, Lloyd). `strength`: least_kept_together by pairs, one by
one. `wrong`: fisher_exact, one-sided. `alike`: the exact probability over all subsets of a pool. `map`:
PCA of the features of make_likeness.py, prepared as docs/likeness.md says. `contrast`: NumPy's Cholesky
factor and PCA, of places of three categories.
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
from make_likeness import feature, roots, unit
from scipy.stats import fisher_exact
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

N, D = 120, 150


def k_means(rng):
    cases = []
    for n, width, k in [(40, 2, 3), (60, 5, 4), (30, 3, 2)]:
        points = np.round(rng.normal(size=(n, width)) + 2 * rng.integers(0, 2, (n, 1)), 4)
        centres = points[rng.permutation(n)[:k]]
        found = KMeans(k, init=centres, n_init=1, algorithm="lloyd", tol=0, max_iter=300).fit(points)
        cases.append({
            "points": points.tolist(),
            "centres": centres.tolist(),
            "labels": found.labels_.tolist(),
            "squares": found.inertia_,
        })
    return cases


def strength(rng):
    cases = []
    for n, k in [(12, 2), (20, 3), (9, 3)]:
        first, second = rng.integers(0, k, n), rng.integers(0, k, n)
        shares = []
        for cluster in range(k):
            pairs = list(itertools.combinations(np.flatnonzero(first == cluster), 2))
            kept = sum(second[a] == second[b] for a, b in pairs)
            shares.append(kept / len(pairs) if pairs else 0.0)
        cases.append({
            "k": k,
            "first": first.tolist(),
            "second": second.tolist(),
            "least": min(shares),
        })
    return cases


def wrong():
    cases = []
    for in_part, part, everything, of_all in [
        (3, 5, 20, 6), (0, 4, 30, 5), (9, 12, 60, 15), (2, 50, 400, 31), (7, 9, 9, 7), (40, 90, 5000, 700),
    ]:
        table = [[in_part, part - in_part], [of_all - in_part, everything - part - of_all + in_part]]
        p = fisher_exact(table, alternative="greater").pvalue
        cases.append({"of": [in_part, part, everything, of_all], "p": p})
    return cases


def alike(rng):
    cases = []
    for n, size, lift in [(10, 3, 0.0), (12, 4, 0.7), (9, 3, 1.5)]:
        rows = rng.normal(size=(n, 4))
        rows[:size, 0] += lift
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)

        def mean_cosine(members):
            return np.mean([rows[a] @ rows[b] for a, b in itertools.combinations(members, 2)])

        seen = mean_cosine(range(size))
        drawn = [mean_cosine(some) for some in itertools.combinations(range(n), size)]
        cases.append({
            "rows": rows.tolist(),
            "size": size,
            "mean_cosine": seen,
            "p": float(np.mean([one >= seen - 1e-12 for one in drawn])),
        })
    return cases


def prepared():
    rows = roots(np.array([feature(row) for row in range(N)]).astype(np.float32).astype(float))
    scale = rows.std(0)
    return unit(rows / (scale + 0.3 * scale.mean()))


def contrast(rng):
    width = 5
    places = np.vstack([
        rng.normal(size=(14, width)) * [4, 1, 1, 1, 1],
        rng.normal(size=(11, width)) * [1, 3, 1, 1, 1] + 2,
        rng.normal(size=(9, width)) * [1, 1, 2, 1, 1] - 1,
    ])
    labels = np.repeat([0, 1, 2], [14, 11, 9])
    others = np.vstack([places[labels == c] - places[labels == c].mean(0) for c in (1, 2)])
    products = others.T @ others
    products += np.trace(products) / width * np.eye(width)
    own = places[labels == 0]
    own = (own - own.mean(0)) @ np.linalg.inv(np.linalg.cholesky(products)).T
    own = unit(own)
    model = PCA(width, svd_solver="full").fit(own)
    return {
        "places": places.tolist(),
        "labels": labels.tolist(),
        "contrast": model.transform(own).tolist(),
    }


def main():
    rng = np.random.default_rng(2001)
    rows = prepared()
    pca = PCA(2, svd_solver="full").fit(rows)
    golden = {
        "k_means": k_means(rng),
        "strength": strength(rng),
        "wrong": wrong(),
        "alike": alike(rng),
        "contrast": contrast(rng),
        "map": {
            "n": N,
            "d": D,
            "explained": pca.explained_variance_ratio_.tolist(),
            "places": pca.transform(rows).tolist(),
        },
    }
    text = json.dumps(golden, default=float)
    rounded = json.loads(text, parse_float=lambda number: round(float(number), 12))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    parts = ",\n".join(f'"{name}": {json.dumps(part)}' for name, part in rounded.items())
    (folder / "kinds.json").write_text(f"{{\n{parts}\n}}\n")


if __name__ == "__main__":
    main()
