#!/usr/bin/env bash
# Puts the programs in place that ONNX files are tried in: ONNX Runtime for Python in a virtual
# environment, and for web pages. Into the folder that is named; what is there already stays.
set -euo pipefail
folder=$1
mkdir -p "$folder"

if [ ! -e "$folder/venv/ready" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
        onnxruntime==1.32.0 numpy==2.4.6 pillow==13.0.0
    touch "$folder/venv/ready"
fi
if [ ! -e "$folder/node_modules/ready" ]; then
    npm install --silent --no-audit --no-fund --prefix "$folder" onnxruntime-web@1.30.0
    touch "$folder/node_modules/ready"
fi
