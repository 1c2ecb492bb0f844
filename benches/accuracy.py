#!/usr/bin/env python3
"""How accurate are networks and precisions? Trains on one folder of photos with several splits,
networks and precisions, and compares each with the first, split by split.

    benches/accuracy.py PHOTOS --work FOLDER [--program PATH] [--networks inception_v3,...]
                        [--precisions f32,bf16,int8] [--seeds 10] [--set FIELD=VALUE ...]

Needs the built program and nothing else. FOLDER becomes a project whose feature cache is kept: the
features of a precision are computed once, and a second call goes on from there.
"""

import argparse
import csv
import itertools
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
EXPERIMENT = """images = {images}

[split]
by = "seed"
validation_percent = 20
test_percent = 20
"""


def make_project(folder, photos):
    (folder / "experiments").mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").touch()
    text = EXPERIMENT.format(images=json.dumps(str(photos)))
    (folder / "experiments" / "accuracy.toml").write_text(text)


def offered(program, wanted):
    """Those of the wanted precisions that the program knows."""
    fields = json.loads(subprocess.check_output([program, "fields", "--json"]))
    setting = next(field for field in fields if field["key"] == "network.precision")
    known = [choice["value"] for choice in setting["choices"]]
    for precision in wanted:
        if precision not in known:
            print(f"{precision}: not offered by this program")
    return [precision for precision in wanted if precision in known]


def run_folders(folder):
    """Beside them lie the files of the queue."""
    return {path for path in (folder / "runs").glob("*") if path.is_dir()}


def run(program, folder, settings):
    """Runs the experiment and returns its run folder, or None with the reason on stderr."""
    command = [program, "run", "experiments/accuracy.toml"]
    command += [part for setting in settings for part in ("--set", setting)]
    before = run_folders(folder)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{' '.join(settings)}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    (made,) = run_folders(folder) - before
    return made


def test_photos(run_folder):
    """File to (true, predicted) category of each test photo."""
    with open(run_folder / "scores.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == "test"]
    return {row["file"]: (row["category"], row["predicted"]) for row in rows}


def accuracy(photos):
    return 100 * sum(true == predicted for true, predicted in photos.values()) / len(photos)


def agreement(photos, others):
    """Percent of the photos that both put in the same category; the sets must be the same."""
    if photos.keys() != others.keys():
        sys.exit("two precisions tested different photos: one could not read some")
    same = sum(photos[file][1] == others[file][1] for file in photos)
    return 100 * same / len(photos)


def interval(differences, test_share, train_share):
    """Half the 95% interval of the mean of paired differences. Splits of the same photos overlap, so
    that the usual standard error is too small: Nadeau and Bengio's correction (2003)."""
    if len(differences) < 2:
        return math.nan
    factor = math.sqrt(1 / len(differences) + test_share / train_share)
    return 1.96 * statistics.stdev(differences) * factor


def report(results):
    """`results`: what was varied to the test photos of each seed; the first is compared with."""
    first, base = next(iter(results.items()))
    print(f"| network, precision | test accuracy, mean % (sd over splits) "
          f"| minus {first}, points, 95% interval | same category, % |")
    print("|---|---|---|---|")
    for name, by_seed in results.items():
        accuracies = [accuracy(photos) for photos in by_seed.values()]
        deviation = statistics.stdev(accuracies) if len(accuracies) > 1 else math.nan
        line = f"| {name} | {statistics.mean(accuracies):.2f} ({deviation:.2f}) "
        if name != first:
            seeds = [seed for seed in by_seed if seed in base]
            differences = [accuracy(by_seed[s]) - accuracy(base[s]) for s in seeds]
            same = [agreement(by_seed[s], base[s]) for s in seeds]
            line += f"| {statistics.mean(differences):+.2f} ± {interval(differences, 20, 60):.2f} "
            line += f"| {statistics.mean(same):.2f} |"
        else:
            line += "| | |"
        print(line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", help="folder with one folder a category")
    parser.add_argument("--work", required=True, help="project folder for cache and runs")
    parser.add_argument("--program", default=REPOSITORY / "target" / "release" / "retrain")
    parser.add_argument("--networks", default="inception_v3")
    parser.add_argument("--precisions", default="f32,bf16,int8")
    parser.add_argument("--seeds", type=int, default=10, help="splits 0, 1, ...")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    arguments = parser.parse_args()
    program, folder = Path(arguments.program).resolve(), Path(arguments.work).resolve()
    make_project(folder, Path(arguments.photos).resolve())
    precisions = offered(program, arguments.precisions.split(","))
    results = {}
    for network, precision in itertools.product(arguments.networks.split(","), precisions):
        chosen = [f"network.backbone={network}", f"network.precision={precision}"]
        for seed in range(arguments.seeds):
            settings = [f"split.seed={seed}", *chosen, *arguments.set]
            if made := run(program, folder, settings):
                results.setdefault(f"{network} {precision}", {})[seed] = test_photos(made)
            elif seed == 0:
                # It is not the split's fault, and the others would fail alike.
                break
    if not results:
        sys.exit("no run was made")
    n = len(next(iter(next(iter(results.values())).values())))
    print(f"{arguments.seeds} splits, {n} test photos in each\n")
    report(results)


if __name__ == "__main__":
    main()
