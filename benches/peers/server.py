"""A peer's side of the measurement: computes features on request and says how long it took.

It understands the commands of examples/features_server.rs; `load` names a route in place of a
precision, and `files` has a `way`:

"a photo a thread"      each thread reads, decodes, resizes and computes one photo after another,
                        as retrain does
"batches of 8"          as many threads decode ahead, all threads compute batch after batch
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import photos
import routes

BATCH = 8


class Peer:
    def __init__(self, route, threads):
        self.threads = threads
        self.route = route
        self.one = route.photo_a_thread()
        self.batched = {}
        self.pool = ThreadPoolExecutor(threads, initializer=route.start_thread)

    def all_threads(self, batch):
        if batch not in self.batched:
            self.batched[batch] = self.route.all_threads(batch)
        return self.batched[batch]

    def ways(self):
        return (["a photo a thread"] if self.one else []) + [f"batches of {BATCH}"]

    def files(self, files, way):
        """Features in the order of the files."""
        if way == "a photo a thread":
            rows = self.pool.map(lambda file: self.one(photos.pixels(file)[None])[0], files)
            return np.stack(list(rows))
        run, rows, waiting = self.all_threads(BATCH), [], []
        for pixels in self.pool.map(photos.pixels, files):
            waiting.append(pixels)
            if len(waiting) == BATCH:
                rows.append(run(np.stack(waiting)))
                waiting.clear()
        if waiting:
            # Models are made for a fixed batch: the last one is filled up.
            filled = waiting + [waiting[-1]] * (BATCH - len(waiting))
            rows.append(run(np.stack(filled))[: len(waiting)])
        return np.concatenate(rows)

    def trunk(self, pixels, batch):
        run = self.all_threads(batch)
        return np.concatenate([run(part) for part in np.split(pixels, len(pixels) // batch)])


def answer(command, peers):
    match command.pop("do"):
        case "load":
            start = time.perf_counter()
            route = routes.make(
                command["route"], Path(command["folder"]), command["weights"],
                command["taps"], command["threads"],
            )
            peer = peers[command["route"]] = Peer(route, command["threads"])
            return {"seconds": time.perf_counter() - start, "ways": peer.ways()}
        case "files":
            peer, files = peers[command["route"]], command["files"]
            start = time.perf_counter()
            features = peer.files(files, command["way"])
        case "trunk":
            peer, batch = peers[command["route"]], command["batch"]
            pixels = np.fromfile(command["pixels"], np.float32).reshape(-1, 3, 299, 299)
            start = time.perf_counter()
            features = peer.trunk(pixels, batch)
    seconds = time.perf_counter() - start
    features.astype(np.float32).tofile(command["output"])
    return {"wall_seconds": seconds, "images": len(features)}


def main():
    # Libraries print to stdout what they like; the answers keep the true one for themselves.
    answers, sys.stdout = sys.stdout, sys.stderr
    peers = {}
    for line in sys.stdin:
        try:
            said = answer(json.loads(line), peers)
        except routes.NotOffered as err:
            said = {"not_offered": str(err)}
        except Exception as err:
            said = {"error": f"{type(err).__name__}: {err}"}
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    main()
