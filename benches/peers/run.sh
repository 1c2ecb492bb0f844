#!/usr/bin/env bash
# Measures retrain against its peers on this machine, in one go; README.md beside it says more.
#
#   benches/peers/run.sh [--photos FOLDER] [--folder FOLDER] [--quick] [STEP...]
#
# --photos  one folder a category; left out: the photos that `retrain demo` draws
# --folder  for the Python environment, models and results; left out: target/peers
# --quick   few photos, few rounds: to see that it works, not for figures
# STEP      golden, features, whole-trunk, whole-job; left out: all of them
set -euo pipefail
export PYTHONUNBUFFERED=1

repository=$(cd "$(dirname "$0")/../.." && pwd)
here=$repository/benches/peers
folder=$repository/target/peers
photos=
quick=
steps=()
while [ $# -gt 0 ]; do
    case $1 in
        --photos) photos=$(realpath "$2"); shift ;;
        --folder) mkdir -p "$2"; folder=$(realpath "$2"); shift ;;
        --quick) quick=yes ;;
        golden | features | whole-trunk | whole-job) steps+=("$1") ;;
        *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
    shift
done
[ ${#steps[@]} -gt 0 ] || steps=(golden features whole-trunk whole-job)

environment=$folder/venv
python=$environment/bin/python
if ! cmp -s "$here/requirements.txt" "$environment/requirements.txt"; then
    mkdir -p "$folder"
    python3 -m venv "$environment"
    "$python" -m pip install --quiet -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$environment/"
fi

# Both in one call: built one by one, they make the dependencies twice, with different features.
cargo build --release --manifest-path "$repository/Cargo.toml" \
    --bin retrain --example features_server
target=${CARGO_TARGET_DIR:-$repository/target}/release
program=$target/retrain

if [ -z "$photos" ]; then
    mkdir -p "$folder/demo"
    touch "$folder/demo/config.toml"
    (cd "$folder/demo" && "$program" demo --plain >/dev/null)
    photos=$folder/demo/data/demo
fi

if [ -n "$quick" ]; then
    features=(--count 8 --rounds 2 --calibration 16)
    whole_trunk=("${features[@]}" --only f32)
    job=(--rounds 1 --iterations 400)
else
    features=(--count 48 --rounds 9 --calibration 128)
    whole_trunk=(--count 48 --rounds 5 --calibration 128)
    job=(--rounds 5 --iterations 400,4000)
fi

measure() {
    "$python" "$here/measure.py" --photos "$photos" --program "$program" \
        --server "$target/examples/features_server" "$@"
}

for step in "${steps[@]}"; do
    printf '\n# %s\n\n' "$step"
    case $step in
        golden) "$python" "$here/check_golden.py" ;;
        features) measure --work "$folder/features" "${features[@]}" ;;
        whole-trunk)
            measure --work "$folder/whole-trunk" --taps Mixed_7c "${whole_trunk[@]}" ;;
        whole-job)
            "$python" "$here/compare_whole_job.py" --photos "$photos" --program "$program" \
                --work "$folder/whole-job" "${job[@]}" ;;
    esac
done 2>&1 | tee "$folder/figures.md"
