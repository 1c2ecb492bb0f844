"""Makes int8 models of an ONNX file, each by its maker's own tool, calibrated on real photos."""

from pathlib import Path

import numpy as np

import machine
import photos


def calibration_batches(files):
    for file in files:
        yield photos.pixels(file)[None]


def openvino_int8(source, output, files):
    """NNCF's post-training quantisation: symmetric weights per channel, activations per tensor."""
    import nncf
    import openvino

    parameters = nncf.AdvancedQuantizationParameters()
    if not machine.has("avx512_vnni", "avx_vnni"):
        # Without these instructions two products are added in 16 bits, which 8-bit weights overflow.
        parameters.overflow_fix = nncf.OverflowFix.ENABLE
    quantized = nncf.quantize(
        openvino.Core().read_model(source),
        nncf.Dataset(list(calibration_batches(files))),
        subset_size=len(files),
        target_device=nncf.TargetDevice.CPU,
        # All that enters a convolution has passed a ReLU or is a pixel.
        preset=nncf.QuantizationPreset.PERFORMANCE,
        fast_bias_correction=False,
        advanced_parameters=parameters,
    )
    openvino.save_model(quantized, output, compress_to_fp16=False)


def onnxruntime_int8(source, output, files):
    """ONNX Runtime's static quantisation with quantise and dequantise nodes, per channel."""
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.batches = calibration_batches(files)

        def get_next(self):
            pixels = next(self.batches, None)
            return None if pixels is None else {"pixels": pixels.astype(np.float32)}

    prepared = str(Path(output).with_suffix(".prepared.onnx"))
    quant_pre_process(str(source), prepared, skip_symbolic_shape=True)
    quantization.quantize_static(
        prepared,
        str(output),
        Reader(),
        quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
        # As its documentation says for processors without these instructions.
        reduce_range=not machine.has("avx512_vnni", "avx_vnni"),
        calibrate_method=quantization.CalibrationMethod.MinMax,
    )
    Path(prepared).unlink()
