#!/usr/bin/env bash
# A Python environment in target/python with the packages of .ci/python-packages.txt, for tests that hold
# exports against the programs that they are for. Made anew only when the list has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

list=.ci/python-packages.txt
made=target/python/packages.txt
if ! cmp --silent "$list" "$made"; then
    rm -rf target/python
    python3 -m venv target/python
    target/python/bin/pip install --quiet --disable-pip-version-check --requirement "$list"
    cp "$list" "$made"
fi
