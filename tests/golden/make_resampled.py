"""Writes resampled.json: means over random splits by the corrected resampled t-test.

    python make_resampled.py [DIRECTORY]

The interval and the chance are those of SciPy's t distribution with the scale that Nadeau and Bengio
(2003) give; without the correction they are compared with SciPy's own one-sample t-test first.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats


def case(numbers, test_to_training):
    numbers = np.array(numbers)
    n, mean, deviation = len(numbers), numbers.mean(), numbers.std(ddof=1)
    scale = deviation * np.sqrt(1 / n + test_to_training)
    distribution = stats.t(df=n - 1, loc=0, scale=scale)
    if test_to_training == 0:
        plain = stats.ttest_1samp(numbers, 0)
        assert abs(plain.pvalue - 2 * distribution.sf(abs(mean))) < 1e-12
    return {
        "numbers": numbers.tolist(), "test_to_training": test_to_training, "mean": mean,
        "deviation": deviation, "reach": distribution.ppf(0.975),
        "p_value": 2 * distribution.sf(abs(mean)),
    }


def main():
    random = np.random.default_rng(20261129)
    cases = []
    for n in [2, 3, 5, 10, 40]:
        for test_to_training in [0.0, 0.125, 0.25, 1.0]:
            cases.append(case(random.normal(0.02, 0.03, n).round(4), test_to_training))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    lines = ",\n".join(" " + json.dumps(one) for one in cases)
    (folder / "resampled.json").write_text(f"[\n{lines}\n]\n")


main()
