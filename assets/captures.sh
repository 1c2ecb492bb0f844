#!/usr/bin/env bash
# Takes the text pictures of the screens anew and puts them, with the lists of keys and fields, into
# the README: assets/captures.sh [retrain]. Needs tmux. Runs the demo in a temporary project.
set -euo pipefail
cd "$(dirname "$0")/.."
retrain=$(realpath "${1:-target/release/retrain}")
pictures=$PWD/assets/captures
mkdir -p "$pictures"
project=$(mktemp -d)
tmux() { command tmux -L "retrain-captures-$$" -f /dev/null "$@"; }
trap 'tmux kill-server 2>/dev/null || true; rm -rf "$project"' EXIT

# What the pane shows, without spaces at line ends and empty lines at the end.
take() { tmux capture-pane -p -t screen | sed -e 's/[[:space:]]*$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$pictures/$1.txt"; }
keys() { tmux send-keys -t screen "$@"; sleep 1; }

# Found by the shell, the program calls itself by its name.
mkdir "$project/bin" && cp "$retrain" "$project/bin/retrain"
export PATH="$project/bin:$PATH"
cd "$project"
retrain demo --plain >run.txt 2>news.txt
{ echo '$ retrain demo --plain'; grep -v -e '^features [0-9]*/' news.txt | sed '/^scan/d'; cat run.txt; } >"$pictures/run.txt"

tmux new-session -d -x 100 -y 30 -s screen "retrain"
sleep 2
take experiments
keys 2; take live
keys 4; keys j
for _ in 1 2 3 4; do keys i; done # to the renderer that a text can show
keys j; take images
keys m; take confusion
keys 1; keys e; keys Down Down Down Down Down; keys C-k; keys 'iterations = 0'; sleep 1; take editor
cd - >/dev/null

# Puts the standard input between the marks of NAME in the README.
splice() {
    awk -v name="$1" -v file=/dev/stdin '
        $0 == "<!-- end of " name " -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- " name " -->" { inside = 1; while ((getline line < file) > 0) print line }
    ' README.md >README.md.new
    mv README.md.new README.md
}
for name in run live images confusion editor; do
    { echo '```text'; cat "$pictures/$name.txt"; echo '```'; } | splice "$name"
done
"$retrain" keys | splice keys
"$retrain" fields --markdown | splice fields
