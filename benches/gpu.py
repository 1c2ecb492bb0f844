"""The parts of gpu.sh that are easier in Python: copies, agreement, rates, and PyTorch's speed."""

import array
import json
import math
import pathlib
import statistics
import sys
import time

# Largest error of a feature vector, relative to its length. f32: the sums of 48 layers in another
# order. bf16: its 8 bits, in every layer.
TOLERANCE = {"f32": 1e-4, "bf16": 3e-2}


def copies(source, target, count):
    """Copies of JPEGs that differ in a comment, so that each is another photo to the cache."""
    for file in sorted(pathlib.Path(source).rglob("*.jpg")):
        photo = file.read_bytes()
        folder = pathlib.Path(target) / file.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(int(count)):
            comment = b"\xff\xfe\x00\x06" + number.to_bytes(4, "big")
            (folder / f"{file.stem}-{number}.jpg").write_bytes(photo[:2] + comment + photo[2:])


def features(file):
    """The rows of `features` in a safetensors file."""
    data = pathlib.Path(file).read_bytes()
    header_len = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8 : 8 + header_len])["features"]
    start, end = (8 + header_len + at for at in entry["data_offsets"])
    numbers = array.array("f", data[start:end])
    rows, columns = entry["shape"]
    return [numbers[row * columns : (row + 1) * columns] for row in range(rows)]


def agree(expected, seen, precision):
    pairs = zip(features(expected), features(seen), strict=True)
    errors = [math.dist(a, b) / math.hypot(*a) for a, b in pairs]
    worst, tolerance = max(errors), TOLERANCE[precision]
    verdict = "agrees with" if worst <= tolerance else "DIFFERS from"
    print(
        f"cuda {precision} {verdict} the CPU's f32: {len(errors)} photos, error at most "
        f"{worst:.1e}, mean {statistics.mean(errors):.1e}, allowed {tolerance:.0e}"
    )
    return worst <= tolerance


def speed(events, busy, what):
    lines = pathlib.Path(events).read_text().splitlines()
    done = [event for event in map(json.loads, lines) if event.get("event") == "features"]
    # What was sampled before the GPU began and after it ended is not its idleness.
    samples = [int(line) for line in pathlib.Path(busy).read_text().split()]
    at_work = [n for n, sample in enumerate(samples) if sample > 0] or [0]
    samples = samples[at_work[0] : at_work[-1] + 1]
    rate = done[-1]["images_per_second"]
    print(f"| {what} | {rate:.0f} | {100 - statistics.mean(samples):.0f} % |")


def inception_v3():
    """The trunk of Inception v3 with batch normalisation folded in and random weights."""
    from torch import cat, nn

    class Conv(nn.Sequential):
        def __init__(self, i, o, kernel, stride=1, padding=0):
            super().__init__(nn.Conv2d(i, o, kernel, stride, padding), nn.ReLU(inplace=True))

    class Branches(nn.Module):
        def __init__(self, *branches):
            super().__init__()
            self.branches = nn.ModuleList(branches)

        def forward(self, x):
            return cat([branch(x) for branch in self.branches], 1)

    def chain(i, *steps):
        convs = []
        for o, kernel, *rest in steps:
            convs.append(Conv(i, o, kernel, *rest))
            i = o
        return nn.Sequential(*convs)

    def average(i, o):
        return nn.Sequential(nn.AvgPool2d(3, 1, 1), Conv(i, o, 1))

    wide, high = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))

    def a(i, pool):
        return Branches(
            chain(i, (64, 1)),
            chain(i, (48, 1), (64, 5, 1, 2)),
            chain(i, (64, 1), (96, 3, 1, 1), (96, 3, 1, 1)),
            average(i, pool),
        )

    def b(i):
        last = chain(i, (64, 1), (96, 3, 1, 1), (96, 3, 2))
        return Branches(chain(i, (384, 3, 2)), last, nn.MaxPool2d(3, 2))

    def c(c7):
        return Branches(
            chain(768, (192, 1)),
            chain(768, (c7, 1), (c7, *wide), (192, *high)),
            chain(768, (c7, 1), (c7, *high), (c7, *wide), (c7, *high), (192, *wide)),
            average(768, 192),
        )

    def d():
        last = chain(768, (192, 1), (192, *wide), (192, *high), (192, 3, 2))
        return Branches(chain(768, (192, 1), (320, 3, 2)), last, nn.MaxPool2d(3, 2))

    def e(i):
        def fork(i):
            return Branches(Conv(i, 384, (1, 3), 1, (0, 1)), Conv(i, 384, (3, 1), 1, (1, 0)))

        return Branches(
            chain(i, (320, 1)),
            nn.Sequential(chain(i, (384, 1)), fork(384)),
            nn.Sequential(chain(i, (448, 1), (384, 3, 1, 1)), fork(384)),
            average(i, 192),
        )

    stem = chain(3, (32, 3, 2), (32, 3), (64, 3, 1, 1))
    stem.append(nn.MaxPool2d(3, 2))
    stem.extend([Conv(64, 80, 1), Conv(80, 192, 3), nn.MaxPool2d(3, 2)])
    middle = [a(192, 32), a(256, 64), a(288, 64), b(288), c(128), c(160), c(160), c(192)]
    return nn.Sequential(stem, *middle, d(), e(1280), e(2048))


def torch_speed(batch=64, rounds=30):
    import torch

    torch.backends.cudnn.benchmark = True
    net = inception_v3().cuda().eval()
    for name, dtype in [("f32", torch.float32), ("bf16", torch.bfloat16)]:
        torch.backends.cudnn.allow_tf32 = False
        timed = net.to(dtype=dtype, memory_format=torch.channels_last)
        x = torch.rand(batch, 3, 299, 299, device="cuda", dtype=dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            for _ in range(5):
                assert timed(x).shape == (batch, 2048, 8, 8)
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(rounds):
                timed(x)
            torch.cuda.synchronize()
        rate = rounds * batch / (time.perf_counter() - start)
        print(f"| torch {torch.__version__}, channels last, pictures on the GPU, {name} | {rate:.0f} | |")


if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    tasks = {"copies": copies, "agree": agree, "speed": speed, "torch": torch_speed}
    sys.exit(tasks[task](*arguments) is False)
