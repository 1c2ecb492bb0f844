"""Times `retrain run`, cold and warm, against whole_job.py, alternating, and compares accuracies.

    python compare_whole_job.py --program PATH --photos FOLDER --work FOLDER [--rounds N]

Cold: the feature cache is empty; warm: it holds the features of the cold run just before. Times are
of whole processes, from start to end. The script's time without its imports stands beside it.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import machine
from inception import BUILT_IN

HERE = Path(__file__).parent
ACCURACY = re.compile(r"Final test accuracy = ([\d.]+)% \(N=(\d+)")
STAGES = re.compile(r"features ([\d.]+) s, training ([\d.]+) s")
EXPERIMENT = """images = {images}
iterations = {iterations}
learning_rate = 0.01

[split]
by = "base27"
validation_percent = 20
test_percent = 20
"""


def timed(command, folder=None):
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr[-2000:]}")
    found = ACCURACY.search(done.stdout)
    if not found:
        sys.exit(f"{command}: no final test accuracy in\n{done.stdout[-2000:]}")
    return seconds, found.group(0), done.stdout


class Retrain:
    """A project folder of its own, with the same experiment."""

    def __init__(self, program, folder, photos, iterations, precision):
        self.name = f"retrain {precision}"
        self.command = [program, "run", "experiments/job.toml"]
        self.command += ["--set", f"network.precision={precision}"]
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "experiments").mkdir(parents=True)
        (folder / "config.toml").write_text("")
        text = EXPERIMENT.format(images=json.dumps(str(photos)), iterations=iterations)
        (folder / "experiments/job.toml").write_text(text)

    def cold(self):
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        return timed(self.command, self.folder)

    def warm(self):
        return timed(self.command, self.folder)


def compare(arguments, iterations):
    program, photos = Path(arguments.program).absolute(), Path(arguments.photos).absolute()
    own = [
        Retrain(program, Path(arguments.work).absolute() / f"job-{p}", photos, iterations, p)
        for p in arguments.precisions.split(",")
    ]
    script = [
        sys.executable, HERE / "whole_job.py", photos,
        "--iterations", str(iterations), "--weights", BUILT_IN,
    ]
    times, said, inside = {}, {}, []
    # A round before them fills the system's caches of files; a trial does without.
    warm_ups = 1 if arguments.rounds > 1 else 0
    for round_number in range(warm_ups + arguments.rounds):
        measured = {}
        for retrain in own:
            measured[f"{retrain.name}, cold"] = retrain.cold()
            measured[f"{retrain.name}, warm"] = retrain.warm()
        measured["PyTorch script"] = timed(script)
        if round_number < warm_ups:
            continue
        for name, (seconds, accuracy, stdout) in measured.items():
            times.setdefault(name, []).append(seconds)
            said[name] = accuracy
            if found := STAGES.search(stdout):
                inside.append(float(found.group(1)) + float(found.group(2)))
    print_table(iterations, times, said, inside)


def print_table(iterations, times, said, inside):
    print(f"\n## whole job, {iterations} iterations\n")
    print("| what | seconds (median) | least to most | script's time over it | says |")
    print("|---|---|---|---|---|")
    script = times["PyTorch script"]
    for name, seconds in times.items():
        ratio = statistics.median(theirs / own for theirs, own in zip(script, seconds))
        print(f"| {name} | {statistics.median(seconds):.2f} "
              f"| {min(seconds):.2f} to {max(seconds):.2f} | {ratio:.1f} | {said[name]} |")
    print(f"\nThe script without its imports: {statistics.median(inside):.2f} s; "
          f"{machine.load()} at the end")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, help="the built retrain")
    parser.add_argument("--photos", required=True, help="folder with one folder a category")
    parser.add_argument("--work", required=True, help="folder for the projects that are made")
    parser.add_argument("--iterations", default="400,4000")
    parser.add_argument("--precisions", default="f32,auto")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{machine.model()}; {machine.load()} at the start")
    for iterations in arguments.iterations.split(","):
        compare(arguments, int(iterations))


if __name__ == "__main__":
    main()
