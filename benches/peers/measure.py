"""Measures retrain's features against its peers, all in one run: rounds alternate over the routes.

    python measure.py --photos FOLDER --work FOLDER --server PATH --program PATH [...]

Every route is a process of its own that answers commands (server.py; retrain's is
examples/features_server.rs). Each round asks each route for three things: features from files,
and the trunk alone on ready pictures at batch 1 and at batch 8. Processor time is read from the
process's own clock, all threads, around each command. benches/peers/README.md says how to read the
table.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import export_onnx
import machine
import photos
import quantize
import routes
from inception import BUILT_IN, Trunk

HERE = Path(__file__).parent
PRECISIONS = ["f32", "bf16", "int8"]
# Between two routes, so that threads of the last one that wait by spinning have given up.
PAUSE_SECONDS = 0.3
TASKS = ["files", "trunk b1", "trunk b8"]


class Server:
    """A process that answers commands, one line each."""

    def __init__(self, command, errors, **environment):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env={**os.environ, **environment},
        )

    def ask(self, **command):
        """The answer, with the processor time that it took."""
        before = machine.cpu_seconds(self.process.pid)
        self.process.stdin.write(json.dumps(command, default=str) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args}: ended without an answer to {command['do']}")
        answer = json.loads(line)
        answer["cpu_seconds"] = machine.cpu_seconds(self.process.pid) - before
        return answer

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Route:
    """A program in one precision, and what was measured of it."""

    def __init__(self, name, server, who):
        self.name, self.server, self.who = name, server, who
        self.way = self.why_not = None
        self.rates = {task: [] for task in TASKS}  # images per second
        self.costs = {task: [] for task in TASKS}  # CPU milliseconds per image
        self.features = {}

    def load(self):
        """Leaves in `why_not` what keeps it from being measured."""
        answer = self.server.ask(do="load", **self.who)
        self.why_not = answer.get("not_offered") or answer.get("error")
        self.ways = answer.get("ways", ["a photo a thread"])
        # A program may fall back to another precision; it says so where it says what it is.
        self.precision = answer.get("arithmetic")

    def ask(self, task, setup, way=None):
        output = setup.work / "features.f32"
        if task == "files":
            # retrain has one way and is not asked.
            way = {"way": way or self.way} if "route" in self.who else {}
            question = {"do": "files", "files": setup.files, **way}
        else:
            question = {"do": "trunk", "pixels": setup.pixels, "batch": int(task[-1])}
        name = {key: self.who[key] for key in ("precision", "route") if key in self.who}
        answer = self.server.ask(**question, **name, threads=setup.threads, output=output)
        if "error" in answer:
            sys.exit(f"{self.name}, {task}: {answer['error']}")
        rows = np.fromfile(output, np.float32).reshape(answer["images"], -1)
        time.sleep(PAUSE_SECONDS)
        return answer, rows

    def warm_up(self, setup):
        """Each way of reading files twice, the faster is kept; the trunk once."""
        seconds = {
            way: min(self.ask("files", setup, way)[0]["wall_seconds"] for _ in range(2))
            for way in self.ways
        }
        self.way = min(seconds, key=seconds.get)
        for task in TASKS[1:]:
            self.ask(task, setup)

    def measure(self, setup):
        for task in TASKS:
            answer, self.features[task] = self.ask(task, setup)
            self.rates[task].append(answer["images"] / answer["wall_seconds"])
            self.costs[task].append(answer["cpu_seconds"] * 1000 / answer["images"])


class Setup:
    """What all routes are asked about."""

    def __init__(self, arguments):
        self.work = Path(arguments.work).absolute()
        self.work.mkdir(parents=True, exist_ok=True)
        self.threads = arguments.threads
        self.taps = arguments.taps.split(",") if arguments.taps else []
        self.weights = Path(arguments.weights).absolute()
        everything = photos.list_photos(arguments.photos)
        # Whole batches, so that no route computes for nothing.
        count = min(arguments.count, len(everything)) // 8 * 8
        if count == 0:
            sys.exit(f"{arguments.photos}: fewer than 8 photos")
        self.files = [path.absolute() for path in photos.spread(everything, count)]
        measured = set(self.files)
        others = [path for path in everything if path.absolute() not in measured]
        self.calibration = photos.spread(others or everything, arguments.calibration)
        self.shown = photos.spread(self.files, min(16, count))
        self.pixels = self.work / "pixels.f32"
        np.stack([photos.pixels(file) for file in self.shown]).tofile(self.pixels)

    def models(self):
        """ONNX and both int8 models, made where they are missing or of other taps or weights."""
        facts = f"{self.weights} {self.weights.stat().st_mtime} {self.taps} {len(self.calibration)}"
        stamp = self.work / "models.txt"
        if stamp.exists() and stamp.read_text() == facts:
            return
        trunk = self.work / "trunk.onnx"
        export_onnx.export(trunk, self.weights, self.taps)
        print(f"int8 models are calibrated on {len(self.calibration)} photos ...", flush=True)
        quantize.onnxruntime_int8(trunk, self.work / "onnxruntime-int8.onnx", self.calibration)
        quantize.openvino_int8(trunk, self.work / "openvino-int8.xml", self.calibration)
        stamp.write_text(facts)

    def reference(self):
        """PyTorch in f64, on the ready pictures and on the files as the peers read them."""
        import torch

        torch.set_num_threads(self.threads)
        net = Trunk(self.weights, self.taps).double()

        def features(files):
            rows = [net(torch.from_numpy(photos.pixels(file)[None]).double()) for file in files]
            return torch.cat(rows).numpy()

        trunk = features(self.shown)
        return {"files": features(self.files), "trunk b1": trunk, "trunk b8": trunk}


def all_routes(setup, arguments, errors):
    # As in retrain's own worker: photos are spread over threads, Candle starts none.
    environment = {"RAYON_NUM_THREADS": "1", "CANDLE_NUM_THREADS": "1"}
    own = Server([arguments.server], errors, **environment)
    weights = "built-in" if setup.weights == BUILT_IN.absolute() else str(setup.weights)
    found = []
    for precision in PRECISIONS:
        who = {"precision": precision, "taps": setup.taps, "weights": weights}
        found.append(Route(f"retrain {precision}", own, who))
    for name in [name for name in routes.PEERS if arguments.only in name]:
        server = Server([sys.executable, HERE / "server.py"], errors)
        who = {"route": name, "folder": setup.work, "weights": setup.weights,
               "taps": setup.taps, "threads": setup.threads}
        found.append(Route(name, server, who))
    return found


def median(values):
    return statistics.median(values) if values else float("nan")


def quartiles(values):
    """Half of the rounds lie between these."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def distances(features, reference):
    """Relative L2 error over all pictures, and the smallest cosine of one."""
    error = np.linalg.norm(features - reference) / np.linalg.norm(reference)
    norms = np.linalg.norm(features, axis=1) * np.linalg.norm(reference, axis=1)
    return error, ((features * reference).sum(1) / norms).min()


def print_tables(measured, reference):
    for task in TASKS:
        print(f"\n## {task}\n")
        print("| route | images/s | half of the rounds | CPU ms/image | error | 1 - cosine |")
        print("|---|---|---|---|---|---|")
        for route in measured:
            error, cosine = distances(route.features[task].astype(np.float64), reference[task])
            way = f" ({route.way})" if task == "files" and "route" in route.who else ""
            low, high = quartiles(route.rates[task])
            print(f"| {route.name}{way} | {median(route.rates[task]):.1f} | {low:.1f} to {high:.1f} "
                  f"| {median(route.costs[task]):.1f} | {error:.1e} | {1 - cosine:.1e} |")
    own = [route for route in measured if "precision" in route.who]
    peers = [route for route in measured if "route" in route.who]
    print("\n## images/s of retrain over the peer's, in the same round (median)\n")
    names = [f"{route.name}, {task}" for route in own for task in TASKS]
    print("| peer | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for peer in peers:
        cells = [
            f"{median([a / b for a, b in zip(route.rates[task], peer.rates[task])]):.2f}"
            for route in own for task in TASKS
        ]
        print(f"| {peer.name} | " + " | ".join(cells) + " |")


def print_machine(arguments, setup):
    print(f"{machine.model()}; {setup.threads} threads of {machine.usable_threads()}; "
          f"{machine.load()} at the start")
    own = machine.own_peak(arguments.program)
    print(f"peak by 'retrain kernels': {own}" if own else "peak: no command 'retrain kernels' here")
    print(f"PyTorch matrix product: {machine.matmul_peak(setup.threads):.0f} GFLOP/s in f32")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", required=True, help="folder of photos")
    parser.add_argument("--work", required=True, help="folder for models and features")
    parser.add_argument("--server", required=True, help="the built examples/features_server")
    parser.add_argument("--program", required=True, help="the built retrain")
    parser.add_argument("--weights", default=BUILT_IN)
    parser.add_argument("--taps", help="with commas between; left out: those of the weights")
    parser.add_argument("--threads", type=int, default=machine.usable_threads())
    parser.add_argument("--count", type=int, default=48, help="photos in each round")
    parser.add_argument("--calibration", type=int, default=128, help="photos for the int8 models")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="only peers with this in their name")
    arguments = parser.parse_args()

    setup = Setup(arguments)
    print_machine(arguments, setup)
    setup.models()
    reference = setup.reference()
    with open(setup.work / "errors.log", "w") as errors:
        offered = []
        for route in all_routes(setup, arguments, errors):
            route.load()
            if route.why_not:
                print(f"{route.name}: not offered: {route.why_not}")
            else:
                if route.precision:
                    print(f"{route.name}: computes in {route.precision}")
                route.warm_up(setup)
                offered.append(route)
        print(f"{len(setup.files)} photos, taps {setup.taps or 'of the weights'}, "
              f"{arguments.rounds} rounds; {machine.load()} before them", flush=True)
        for round_number in range(arguments.rounds):
            # Who comes after whom changes from round to round.
            turn = round_number % len(offered)
            for route in offered[turn:] + offered[:turn]:
                route.measure(setup)
        print_tables(offered, reference)
        for server in {route.server for route in offered}:
            server.end()
    print(f"\n{machine.load()} at the end")


if __name__ == "__main__":
    main()
