#!/usr/bin/env bash
# Puts ONNX Runtime for web pages into target/node, for tests of exported models in Node. What is there
# already stays.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -e target/node/ready ] || {
    mkdir -p target/node
    npm install --silent --no-audit --no-fund --prefix target/node onnxruntime-web@1.30.0
    touch target/node/ready
}
