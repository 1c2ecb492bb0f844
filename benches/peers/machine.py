"""What this machine is and can do."""

import os
import subprocess
import time
from pathlib import Path


def flags():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return set(line.split(":")[1].split())
    return set()


def has(*names):
    """Whether the processor has one of these instructions."""
    return bool(flags().intersection(names))


BF16 = ("avx512_bf16", "amx_bf16")


def model():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    known = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", *BF16, "amx_int8")
    return f"{names[0] if names else 'unknown'}: {' '.join(f for f in known if f in flags())}"


def load():
    return "load average " + " ".join(f"{average:.1f}" for average in os.getloadavg())


def usable_threads():
    return len(os.sched_getaffinity(0))


def cpu_seconds(pid):
    """Processor time of all threads of a process, from the process's own clock (see
    clock_getcpuclockid): nanoseconds, where /proc counts hundredths of a second."""
    return time.clock_gettime((~pid << 3) | 2)


def matmul_peak(threads):
    """GFLOP/s of PyTorch's f32 matrix product, the best of ten."""
    import torch

    torch.set_num_threads(threads)
    side = 1536
    a, b = torch.rand(side, side), torch.rand(side, side)
    best = 0.0
    for _ in range(10):
        start = time.perf_counter()
        a @ b
        best = max(best, 2 * side**3 / (time.perf_counter() - start) / 1e9)
    return best


def own_peak(program):
    """What `retrain kernels` prints, or None where there is no such command."""
    try:
        done = subprocess.run([program, "kernels"], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
