#!/usr/bin/env bash
# Checks and measures a program built with `--features cuda` on a machine with a GPU:
#
#   benches/gpu.sh path/to/retrain [COPIES]
#
# Needs no Rust and no internet: the driver, and a Python with PyTorch for CUDA 13, whose libraries
# the program uses and whose convolutions it is measured against. Photos are the demo's, COPIES of
# each (default 16). Exit code: 0 all agreed, 1 features differ or a run failed, 3 no GPU or no
# PyTorch.
set -euo pipefail
program=$(realpath "${1:?usage: gpu.sh path/to/retrain [COPIES]}")
copies=${2:-16}
beside=$(realpath "$(dirname "$0")")

gpu=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>&1) || {
    echo "no GPU: ${gpu:-nvidia-smi answers nothing}" >&2
    exit 3
}
wheels=$(python3 -c '
import pathlib, torch
assert torch.cuda.is_available(), "torch sees no GPU"
print(pathlib.Path(torch.__file__).parents[1])' 2>&1) || {
    echo "no PyTorch that can use the GPU: ${wheels##*$'\n'}" >&2
    exit 3
}
export LD_LIBRARY_PATH="$wheels/nvidia/cu13/lib:$wheels/nvidia/cudnn/lib:${LD_LIBRARY_PATH-}"

project=$(mktemp -d)
sampler=
trap 'rm -rf "$project"; [ -z "$sampler" ] || kill "$sampler" 2>/dev/null || true' EXIT
cd "$project"
: >config.toml

# The demo's photos, drawn by a run on the GPU: the whole job once.
"$program" demo --plain 2>demo.err >demo.out || { cat demo.err >&2 && exit 1; }
grep -h -e '^network' -e 'Final test accuracy' demo.err demo.out
"$program" show last | grep -e device: -e arithmetic:
python3 "$beside/gpu.py" copies data/demo photos "$copies"

# experiment NAME IMAGES DEVICE PRECISION
experiment() {
    cat >"experiments/$1.toml" <<S
images = "$2"
iterations = 1
[split]
by = "seed"
[network]
taps = ["Mixed_7c"]
device = "$3"
precision = "$4"
S
}
experiment cpu-f32 data/demo cpu f32
for precision in f32 bf16; do
    experiment "agree-$precision" data/demo cuda:0 "$precision"
    experiment "speed-$precision" photos cuda:0 "$precision"
done

failed=0
"$program" features experiments/cpu-f32.toml -o cpu-f32.safetensors
for precision in f32 bf16; do
    "$program" features "experiments/agree-$precision.toml" -o "$precision.safetensors"
    python3 "$beside/gpu.py" agree cpu-f32.safetensors "$precision.safetensors" "$precision" ||
        failed=1
done

echo
echo "$gpu; $(nproc) cores; $(find photos -type f | wc -l) photos, whole network to Mixed_7c"
echo "| what | images/s | GPU idle |"
echo "|---|---|---|"
for precision in f32 bf16; do
    nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits -lms 100 >busy.txt &
    sampler=$!
    "$program" run "experiments/speed-$precision.toml" >run.out 2>run.err || failed=1
    kill "$sampler"
    wait "$sampler" 2>/dev/null || true
    sampler=
    run=$(find runs -mindepth 1 -maxdepth 1 -name "*speed-$precision" | tail -1)
    python3 "$beside/gpu.py" speed "$run/events.jsonl" busy.txt "retrain, photos to features, $precision"
done
python3 "$beside/gpu.py" torch
exit "$failed"
