"""Writes classify_image_graph_def.pb.skeleton and .json, and the graph's tensors of
oracle.safetensors, beside itself.

    python make_graph.py [DIRECTORY]

The whole file is left in DIRECTORY where one is given. Needs tensorflow, safetensors; see README.md.
"""

import os
import sys
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file, save

import skeleton

NAME = "classify_image_graph_def.pb"
LAST_POOL = "mixed_10/tower_2/pool"
FLOAT, INT, BYTE, STRING = tf.float32, tf.int32, tf.uint8, tf.string


class Graph:
    """A GraphDef that grows node by node, with the attributes that TensorFlow had in 2015."""

    def __init__(self, tensors):
        self.tensors = tensors
        self.graph = tf.compat.v1.GraphDef()
        self.pieces = []  # (name of the node, what stands in its tensor_content)

    def node(self, name, op, *inputs, **attributes):
        node = self.graph.node.add(name=name, op=op, input=inputs)
        for key, value in attributes.items():
            attribute = node.attr[key]
            if isinstance(value, tf.DType):
                attribute.type = value.as_datatype_enum
            elif isinstance(value, bool):
                attribute.b = value
            elif isinstance(value, int):
                attribute.i = value
            elif isinstance(value, float):
                attribute.f = value
            elif isinstance(value, str):
                attribute.s = value.encode()
            elif isinstance(value[0], str):
                attribute.list.s.extend(text.encode() for text in value)
            else:
                attribute.list.i.extend(value)
        return name

    def const(self, name, value, dtype, piece=None):
        self.node(name, "Const", dtype=dtype)
        proto = tf.make_tensor_proto(value, dtype=dtype)
        self.graph.node[-1].attr["value"].tensor.CopyFrom(proto)
        if piece:
            assert proto.tensor_content == skeleton.content(piece, self.tensors)
            self.pieces.append((name, piece))
        return name

    def weights(self, name, key, layout):
        tensor = self.tensors[key]
        value = skeleton.hwio(tensor) if layout == "hwio" else tensor
        return self.const(name, value, FLOAT, {"tensor": key, "layout": layout})

    def checked(self, name, of):
        """`of`, unless it has a number that is not finite."""
        self.node(f"{name}/CheckNumerics", "CheckNumerics", of, T=FLOAT, message=f"{name}: not finite")
        inputs = [of, f"^{name}/CheckNumerics"]
        place = [f"loc:@{of}"]
        return self.node(f"{name}/control_dependency", "Identity", *inputs, T=FLOAT, _class=place)

    def conv(self, name, of, key, stride=1, padding="SAME"):
        params = self.weights(f"{name}/conv2d_params", f"{key}.conv.weight", "hwio")
        step = {"strides": [1, stride, stride, 1], "padding": padding}
        conv = self.node(f"{name}/Conv2D", "Conv2D", of, params, T=FLOAT, use_cudnn_on_gpu=True, **step)
        norm = f"{name}/batchnorm"
        beta = self.weights(f"{norm}/beta", f"{key}.bn.bias", "vector")
        channels = len(self.tensors[f"{key}.bn.bias"])
        ones = np.ones(channels, np.float32)
        gamma = self.const(f"{norm}/gamma", ones, FLOAT, {"ones": channels})
        mean = self.weights(f"{norm}/moving_mean", f"{key}.bn.running_mean", "vector")
        variance = self.weights(f"{norm}/moving_variance", f"{key}.bn.running_var", "vector")
        inputs = [conv, mean, variance, beta, gamma]
        how = {"variance_epsilon": 0.001, "scale_after_normalization": False}
        self.node(norm, "BatchNormWithGlobalNormalization", *inputs, T=FLOAT, **how)
        return self.node(name, "Relu", self.checked(name, norm), T=FLOAT)

    def pool(self, name, op, of, side=3, stride=1, padding="SAME"):
        # MaxPool had no T then.
        types = {} if op == "MaxPool" else {"T": FLOAT}
        how = {"ksize": [1, side, side, 1], "strides": [1, stride, stride, 1], "padding": padding}
        return self.node(name, op, of, **how, **types)

    def join(self, name, *parts):
        dim = self.const(f"{name}/join/concat_dim", 3, INT)
        return self.node(f"{name}/join", "Concat", dim, *parts, N=len(parts), T=FLOAT)

    def chain(self, tower, of, keys, **last):
        """Convolutions conv, conv_1, ... one after the other; `last` is for the last."""
        for number, key in enumerate(keys):
            name = f"{tower}/conv_{number}" if number else f"{tower}/conv"
            of = self.conv(name, of, key, **(last if number == len(keys) - 1 else {}))
        return of

    def fork(self, tower, of, keys):
        """Two convolutions of the same input."""
        names = [f"{tower}/mixed/conv", f"{tower}/mixed/conv_1"]
        return [self.conv(name, of, key) for name, key in zip(names, keys)]

    def pooled(self, name, of, key, op="AvgPool"):
        pool = self.pool(f"{name}/tower_2/pool", op, of)
        return self.conv(f"{name}/tower_2/conv", pool, f"{key}.branch_pool")


def numbered(key, first, last):
    return [f"{key}_{number}" for number in range(first, last + 1)]


def build(tensors, last_pool="MaxPool"):
    g = Graph(tensors)
    jpeg = tf.io.encode_jpeg(np.zeros([1, 1, 3], np.uint8)).numpy()
    g.const("DecodeJpeg/contents", jpeg, STRING)
    g.node("DecodeJpeg", "DecodeJpeg", "DecodeJpeg/contents", channels=3)
    g.node("Cast", "Cast", "DecodeJpeg", SrcT=BYTE, DstT=FLOAT)
    g.const("ExpandDims/dim", 0, INT)
    g.node("ExpandDims", "ExpandDims", "Cast", "ExpandDims/dim", T=FLOAT)
    g.const("ResizeBilinear/size", [299, 299], INT)
    g.node("ResizeBilinear", "ResizeBilinear", "ExpandDims", "ResizeBilinear/size", T=FLOAT)
    g.const("Sub/y", 128.0, FLOAT)
    g.node("Sub", "Sub", "ResizeBilinear", "Sub/y", T=FLOAT)
    g.const("Mul/y", 0.0078125, FLOAT)
    x = g.node("Mul", "Mul", "Sub", "Mul/y", T=FLOAT)

    x = g.conv("conv", x, skeleton.STEM[0], stride=2, padding="VALID")
    x = g.conv("conv_1", x, skeleton.STEM[1], padding="VALID")
    x = g.conv("conv_2", x, skeleton.STEM[2])
    x = g.pool("pool", "MaxPool", g.checked("pool", x), stride=2, padding="VALID")
    x = g.conv("conv_3", x, skeleton.STEM[3], padding="VALID")
    x = g.conv("conv_4", x, skeleton.STEM[4], padding="VALID")
    x = g.pool("pool_1", "MaxPool", g.checked("pool_1", x), stride=2, padding="VALID")

    for name, key in [("mixed", "Mixed_5b"), ("mixed_1", "Mixed_5c"), ("mixed_2", "Mixed_5d")]:
        one = g.conv(f"{name}/conv", x, f"{key}.branch1x1")
        five = g.chain(f"{name}/tower", x, numbered(f"{key}.branch5x5", 1, 2))
        three = g.chain(f"{name}/tower_1", x, numbered(f"{key}.branch3x3dbl", 1, 3))
        x = g.join(name, one, five, three, g.pooled(name, x, key))

    name, key, half = "mixed_3", "Mixed_6a", {"stride": 2, "padding": "VALID"}
    three = g.conv(f"{name}/conv", x, f"{key}.branch3x3", **half)
    double = g.chain(f"{name}/tower", x, numbered(f"{key}.branch3x3dbl", 1, 3), **half)
    x = g.join(name, three, double, g.pool(f"{name}/pool", "MaxPool", x, **half))

    for number, letter in enumerate("bcde", start=4):
        name, key = f"mixed_{number}", f"Mixed_6{letter}"
        one = g.conv(f"{name}/conv", x, f"{key}.branch1x1")
        seven = g.chain(f"{name}/tower", x, numbered(f"{key}.branch7x7", 1, 3))
        double = g.chain(f"{name}/tower_1", x, numbered(f"{key}.branch7x7dbl", 1, 5))
        x = g.join(name, one, seven, double, g.pooled(name, x, key))

    name, key = "mixed_8", "Mixed_7a"
    three = g.chain(f"{name}/tower", x, numbered(f"{key}.branch3x3", 1, 2), **half)
    seven = g.chain(f"{name}/tower_1", x, numbered(f"{key}.branch7x7x3", 1, 4), **half)
    x = g.join(name, three, seven, g.pool(f"{name}/pool", "MaxPool", x, **half))

    for name, key, op in [("mixed_9", "Mixed_7b", "AvgPool"), ("mixed_10", "Mixed_7c", last_pool)]:
        one = g.conv(f"{name}/conv", x, f"{key}.branch1x1")
        three = g.conv(f"{name}/tower/conv", x, f"{key}.branch3x3_1")
        threes = g.fork(f"{name}/tower", three, [f"{key}.branch3x3_2a", f"{key}.branch3x3_2b"])
        double = g.chain(f"{name}/tower_1", x, numbered(f"{key}.branch3x3dbl", 1, 2))
        doubles = [f"{key}.branch3x3dbl_3a", f"{key}.branch3x3dbl_3b"]
        doubles = g.fork(f"{name}/tower_1", double, doubles)
        x = g.join(name, one, *threes, *doubles, g.pooled(name, x, key, op))

    x = g.pool("pool_3", "AvgPool", x, side=8, padding="VALID")
    g.const("pool_3/_reshape/shape", [1, 2048], INT)
    x = g.node("pool_3/_reshape", "Reshape", x, "pool_3/_reshape/shape", T=FLOAT)
    zeros = np.zeros([2048, 1008], np.float32)
    g.const("softmax/weights", zeros, FLOAT, {"zeros": zeros.size})
    g.const("softmax/biases", zeros[0], FLOAT, {"zeros": len(zeros[0])})
    how = {"transpose_a": False, "transpose_b": False}
    x = g.node("softmax/logits/MatMul", "MatMul", x, "softmax/weights", T=FLOAT, **how)
    x = g.node("softmax/logits", "BiasAdd", x, "softmax/biases", T=FLOAT)
    g.node("softmax", "Softmax", x, T=FLOAT)
    return g


def run(graph_def, feed, fetches):
    """Means over the maps of `fetches`, by their names, computed by TensorFlow."""
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=1, inter_op_parallelism_threads=1
        )
        with tf.compat.v1.Session(graph=graph, config=config) as session:
            maps = session.run([f"{fetch}:0" for fetch in fetches], feed)
    means = [one.mean(axis=(0, 1, 2), dtype=np.float64).astype(np.float32) for one in maps]
    return dict(zip(fetches, means))


def add_to_oracle(tensors):
    path = skeleton.HERE / "oracle.safetensors"
    there = load_file(path) if path.exists() else {}
    path.write_bytes(save({**there, **tensors}))


def places(whole, pieces, tensors):
    """Where the pieces lie in the file, which has its nodes in the order of `pieces`."""
    at = 0
    for name, piece in pieces:
        key = name.encode()
        # A node begins with its name, field 1; another node's input is field 3.
        at = whole.index(b"\x0a" + bytes([len(key)]) + key + b"\x12\x05Const", at)
        payload = skeleton.content(piece, tensors)
        at = whole.index(payload, at)
        yield at, piece
        at += len(payload)


def main():
    tensors = skeleton.weights()
    g = build(tensors)
    whole = g.graph.SerializeToString(deterministic=True)
    key = LAST_POOL.encode()
    op_at = whole.index(b"\x0a" + bytes([len(key)]) + key + b"\x12\x07MaxPool")
    op_at += 2 + len(key) + 2
    found = list(places(whole, g.pieces, tensors))
    skeleton.cut(NAME, whole, found, tensors, last_pool_op_at=op_at)
    if len(sys.argv) > 1:
        (Path(sys.argv[1]) / NAME).write_bytes(whole)

    read = tf.compat.v1.GraphDef.FromString(whole)
    feed, fetches = {"ExpandDims:0": skeleton.picture()}, ["mixed_5/join", "mixed_8/join", "pool_3"]
    oracle = {
        f"graph.{name.removesuffix('/join')}": means
        for name, means in run(read, feed, fetches).items()
    }
    average = build(tensors, "AvgPool").graph
    oracle["graph_average.pool_3"] = run(average, feed, ["pool_3"])["pool_3"]
    add_to_oracle(oracle)


if __name__ == "__main__":
    main()
