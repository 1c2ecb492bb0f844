#!/bin/sh
# Ends what tests/slurm/up.sh has started in FOLDER, and nothing else: each by its pid file.
set -eu
folder=$1
[ -d "$folder" ] || exit 0
export SLURM_CONF="$folder/slurm.conf"
if [ -s "$folder/slurmctld.pid" ]; then
    scancel --signal=KILL --full --user="$(id -un)" 2>/dev/null || true
    scancel --user="$(id -un)" 2>/dev/null || true
    # The processes of jobs are no children of the daemons.
    for _ in $(seq 15); do
        [ -n "$(squeue --noheader 2>/dev/null || true)" ] || break
        sleep 0.2
    done
fi
for file in "$folder"/slurmd-*.pid "$folder/slurmctld.pid" "$folder/munge/pid"; do
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    case $(cat "/proc/$pid/comm" 2>/dev/null || true) in
    slurmd* | slurmctld* | munged*) kill -TERM "$pid" ;;
    *) continue ;;
    esac
    for _ in $(seq 20); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
done
