"""The whole job of `retrain run` as a script in PyTorch and torchvision: photos from files to the
final test accuracy. python whole_job.py PHOTOS [--iterations N]

Like most such scripts it makes its features anew each time. Not like most, its trunk has batch
normalisation folded and the layout that suits convolutions.
"""

import argparse
import hashlib
import os
import time
from pathlib import Path

import torch
from torch import nn
from torchvision import datasets
from torchvision.transforms import v2

from inception import BUILT_IN, SIDE, Trunk

BUCKETS = 2**27 - 1


def set_of(path, validation, test):
    """By the hash of the file's name, as split.by = "base27"."""
    digest = hashlib.sha1(Path(path).name.split("_nohash_")[0].encode()).digest()
    percent = (int.from_bytes(digest) % (BUCKETS + 1)) * (100 / BUCKETS)
    if percent < validation:
        return "validation"
    return "test" if percent < validation + test else "training"


def make_features(folder, threads, weights):
    squash = v2.Compose([
        v2.PILToTensor(), v2.ToDtype(torch.float32), v2.Resize((SIDE, SIDE), antialias=True),
    ])
    photos = datasets.ImageFolder(folder, squash)
    loader = torch.utils.data.DataLoader(photos, batch_size=16, num_workers=threads)
    trunk = Trunk(weights).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        rows = [trunk(pixels.contiguous(memory_format=torch.channels_last)) for pixels, _ in loader]
    return photos, torch.cat(rows)


def train(features, labels, sets, categories, iterations, rate, batch_size):
    x, y = ({name: values[sets[name]] for name in sets} for values in (features, labels))
    mean, deviation = x["training"].mean(0), x["training"].std(0, correction=0)
    deviation[deviation <= 1e-7 * mean.abs()] = 1
    x = {name: (values - mean) / deviation for name, values in x.items()}
    head = nn.Linear(features.shape[1], categories)
    nn.init.trunc_normal_(head.weight, std=0.001, a=-0.002, b=0.002)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.SGD(head.parameters(), lr=rate)
    rows = [(y["training"] == category).nonzero()[:, 0] for category in range(categories)]

    def accuracy(name):
        with torch.no_grad():
            return (head(x[name]).argmax(1) == y[name]).float().mean().item()

    for step in range(1, iterations + 1):
        # For each place a category, then a photo of it, as retrain.py drew its batches.
        counts = torch.bincount(torch.randint(categories, (batch_size,)), minlength=categories)
        batch = torch.cat([r[torch.randint(len(r), (n,))] for r, n in zip(rows, counts.tolist())])
        loss = nn.functional.cross_entropy(head(x["training"][batch]), y["training"][batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            validation = accuracy("validation")
            if step % (iterations // 10) == 0:
                print(f"step {step}: loss {loss.item():.4f}, validation {validation:.1%}")
    return accuracy("test"), len(sets["test"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("photos")
    parser.add_argument("--iterations", type=int, default=4000)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--percent", type=float, default=20, help="of photos in each smaller set")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--weights", default=BUILT_IN)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(arguments.threads)
    start = time.perf_counter()
    photos, features = make_features(arguments.photos, arguments.threads, arguments.weights)
    between = time.perf_counter()
    names = [set_of(path, arguments.percent, arguments.percent) for path, _ in photos.samples]
    sets = {
        name: torch.tensor([i for i, other in enumerate(names) if other == name])
        for name in ("training", "validation", "test")
    }
    # Products of 100 rows are too small to share: the head is faster on one thread.
    torch.set_num_threads(1)
    accuracy, n = train(
        features, torch.tensor(photos.targets), sets, len(photos.classes),
        arguments.iterations, arguments.learning_rate, batch_size=100,
    )
    end = time.perf_counter()
    print(f"features {between - start:.2f} s, training {end - between:.2f} s")
    print(f"Final test accuracy = {100 * accuracy:.1f}% (N={n})")


if __name__ == "__main__":
    main()
