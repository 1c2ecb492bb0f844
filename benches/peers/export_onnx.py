"""Writes the trunk as ONNX: python export_onnx.py OUTPUT [--weights FILE] [--taps A,B]

Input "pixels" f32 [n, 3, 299, 299], 0 to 255; output "features" f32 [n, feature_len].
"""

import argparse

import onnx
import torch

from inception import BUILT_IN, SIDE, Trunk


def export(output, weights=BUILT_IN, taps=None):
    trunk = Trunk(weights, taps)
    example = torch.zeros(2, 3, SIDE, SIDE)
    batch = torch.export.Dim("n", min=1, max=1024)
    torch.onnx.export(
        trunk, (example,), str(output), input_names=["pixels"], output_names=["features"],
        dynamic_shapes={"x": {0: batch}}, dynamo=True, external_data=False, verbose=False,
    )
    onnx.checker.check_model(str(output))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("output")
    parser.add_argument("--weights", default=BUILT_IN)
    parser.add_argument("--taps", help="names of blocks with commas between")
    arguments = parser.parse_args()
    export(arguments.output, arguments.weights, arguments.taps and arguments.taps.split(","))


if __name__ == "__main__":
    main()
