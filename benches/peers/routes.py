"""The peers, each behind the same three questions.

`photo_a_thread` is a function of one picture that computes on the calling thread and may be called
from `threads` threads at once; `all_threads` is a function of a batch of fixed size that computes
on `threads` threads. Both take f32 [n, 3, 299, 299] and give [n, feature_len]; either may be None,
where a peer has no such way. `start_thread` prepares a thread before it calls the first.
"""

import threading
import time

import numpy as np

import machine


class NotOffered(Exception):
    pass


class OnnxRuntime:
    def __init__(self, model, threads):
        self.model, self.threads = model, threads

    def start_thread(self):
        pass

    def session(self, threads):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            self.model, options, providers=["CPUExecutionProvider"]
        )
        return lambda pixels: session.run(None, {"pixels": pixels})[0]

    def photo_a_thread(self):
        return self.session(1)

    def all_threads(self, batch):
        return self.session(self.threads)


class OpenVino:
    def __init__(self, model, threads, precision):
        if precision == "bf16" and not machine.has(*machine.BF16):
            raise NotOffered("no bf16 instructions on this CPU")
        self.model, self.threads, self.precision = model, threads, precision

    def start_thread(self):
        pass

    def compiled(self, batch, streams):
        import openvino

        model = openvino.Core().read_model(self.model)
        model.reshape([batch, 3, 299, 299])
        return openvino.Core().compile_model(model, "CPU", {
            "INFERENCE_PRECISION_HINT": self.precision,
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": streams,
        })

    def photo_a_thread(self):
        compiled, own = self.compiled(1, self.threads), threading.local()

        def run(pixels):
            if not hasattr(own, "request"):
                own.request = compiled.create_infer_request()
            return own.request.infer([pixels])[0].copy()

        return run

    def all_threads(self, batch):
        request = self.compiled(batch, 1).create_infer_request()
        return lambda pixels: request.infer([pixels])[0].copy()


class Torch:
    """As it comes, with batch normalisation folded and the faster of its two layouts."""

    def __init__(self, weights, taps, threads):
        import torch

        from inception import Trunk

        self.torch, self.threads = torch, threads
        torch.set_num_threads(threads)
        nets = [(Trunk(weights, taps).to(memory_format=layout), layout)
                for layout in (torch.contiguous_format, torch.channels_last)]
        self.net, self.layout = min(nets, key=lambda net: self.seconds(*net))

    def start_thread(self):
        # It counts for the thread that says so, and for what that thread starts.
        self.torch.set_num_threads(1)

    def call(self, net, layout, pixels):
        with self.torch.inference_mode():
            tensor = self.torch.from_numpy(pixels).contiguous(memory_format=layout)
            return net(tensor).numpy()

    def seconds(self, net, layout):
        pixels, times = np.zeros((2, 3, 299, 299), np.float32), []
        for _ in range(3):
            start = time.perf_counter()
            self.call(net, layout, pixels)
            times.append(time.perf_counter() - start)
        return min(times)

    def photo_a_thread(self):
        return lambda pixels: self.call(self.net, self.layout, pixels)

    def all_threads(self, batch):
        return self.photo_a_thread()


class TorchCompiled(Torch):
    """torch.compile with frozen weights. The number of threads is compiled in, so all of them work
    on each batch."""

    def __init__(self, weights, taps, threads):
        super().__init__(weights, taps, threads)
        from torch._inductor import config

        config.freezing = True

    def photo_a_thread(self):
        return None

    def all_threads(self, batch):
        compiled = self.torch.compile(self.net, dynamic=False)

        def run(pixels):
            with self.torch.no_grad():
                tensor = self.torch.from_numpy(pixels).contiguous(memory_format=self.layout)
                return compiled(tensor).numpy()

        return run


def make(route, folder, weights, taps, threads):
    """A route by its name; its model lies in `folder`."""
    match route:
        case "onnxruntime f32":
            return OnnxRuntime(folder / "trunk.onnx", threads)
        case "onnxruntime int8":
            return OnnxRuntime(folder / "onnxruntime-int8.onnx", threads)
        case "openvino f32":
            return OpenVino(folder / "trunk.onnx", threads, "f32")
        case "openvino bf16":
            return OpenVino(folder / "trunk.onnx", threads, "bf16")
        case "openvino int8":
            # What is not quantised stays f32.
            return OpenVino(folder / "openvino-int8.xml", threads, "f32")
        case "torch f32":
            return Torch(weights, taps, threads)
        case "torch.compile f32":
            return TorchCompiled(weights, taps, threads)
    raise NotOffered(f"there is no route {route}")


PEERS = [
    "onnxruntime f32", "openvino f32", "torch f32", "torch.compile f32",
    "openvino bf16",
    "onnxruntime int8", "openvino int8",
]
