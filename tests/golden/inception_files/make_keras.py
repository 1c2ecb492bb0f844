"""Writes the skeletons of three Keras files, with their .json, and the Keras tensors of
oracle.safetensors, beside itself.

    python make_keras.py [DIRECTORY]

The whole files are left in DIRECTORY where one is given. Needs tensorflow, keras, tf_keras, h5py,
safetensors; see README.md.
"""

import datetime
import os
import sys
import tempfile
import zipfile
from pathlib import Path
from unittest import mock

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import h5py
import keras
import numpy as np
import tensorflow as tf
import tf_keras
from keras.src.saving import saving_lib, serialization_lib
from tf_keras.src.saving.legacy import hdf5_format

import make_graph
import skeleton

LEGACY = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
WEIGHTS = "inception_v3.weights.h5"
WHOLE = "inception_v3.keras"

A = ["branch1x1", "branch5x5_1", "branch5x5_2", "branch3x3dbl_1", "branch3x3dbl_2"]
A += ["branch3x3dbl_3", "branch_pool"]
B = ["branch3x3", "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]
C = ["branch1x1", "branch7x7_1", "branch7x7_2", "branch7x7_3", "branch7x7dbl_1", "branch7x7dbl_2"]
C += ["branch7x7dbl_3", "branch7x7dbl_4", "branch7x7dbl_5", "branch_pool"]
D = ["branch3x3_1", "branch3x3_2", "branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3"]
D += ["branch7x7x3_4"]
E = ["branch1x1", "branch3x3_1", "branch3x3_2a", "branch3x3_2b", "branch3x3dbl_1"]
E += ["branch3x3dbl_2", "branch3x3dbl_3a", "branch3x3dbl_3b", "branch_pool"]
BLOCKS = {"5b": A, "5c": A, "5d": A, "6a": B, "6b": C, "6c": C, "6d": C, "6e": C}
BLOCKS |= {"7a": D, "7b": E, "7c": E}
# In the order in which keras.applications creates them.
KEYS = skeleton.STEM + [f"Mixed_{block}.{name}" for block, names in BLOCKS.items() for name in names]

KERNEL, NORM = ["conv.weight"], ["bn.bias", "bn.running_mean", "bn.running_var"]
KINDS = {"Conv2D": KERNEL, "BatchNormalization": NORM}


def number(name):
    """Of conv2d_7, 7; of conv2d, 0."""
    return int(name.rpartition("_")[2]) if name[-1].isdigit() else 0


def parts(layer, first):
    """The tensors of a layer, in the order in which Keras has them."""
    kind = KINDS.get(type(layer).__name__, [])
    return [f"{KEYS[number(layer.name) - first]}.{part}" for part in kind]


def fill(model, first, tensors):
    """`first` is the number of the first layer of a kind."""
    for layer in model.layers:
        values = [tensors[key] for key in parts(layer, first)]
        if values:
            layer.set_weights([skeleton.hwio(v) if v.ndim == 4 else v for v in values])


def piece(key):
    return {"tensor": key, "layout": "hwio" if key.endswith(".conv.weight") else "vector"}


def contiguous(dataset):
    assert dataset.dtype == "<f4" and dataset.chunks is None, dataset
    assert dataset.id.get_create_plist().get_layout() == h5py.h5d.CONTIGUOUS, dataset
    return dataset.id.get_offset()


def legacy(tensors, path):
    """As Keras 2 wrote it in 2017: layers numbered from 1 (today's first has no number), and lists of
    strings of fixed length (h5py wrote them so before its version 3)."""
    tf_keras.backend.clear_session()
    layers = tf_keras.layers
    spent = [layers.Conv2D(1, 1), layers.BatchNormalization(), layers.Activation("relu")]
    spent += [layers.MaxPooling2D(), layers.AveragePooling2D(), layers.Concatenate()]
    assert [layer.name for layer in spent[:2]] == ["conv2d", "batch_normalization"]
    model = tf_keras.applications.InceptionV3(weights=None, include_top=False)
    fill(model, 1, tensors)
    write = hdf5_format.save_attributes_to_hdf5_group

    def fixed(group, name, data):
        write(group, name, np.array(data))

    with mock.patch.object(hdf5_format, "save_attributes_to_hdf5_group", fixed):
        model.save_weights(path, save_format="h5")

    places = []
    with h5py.File(path) as file:
        for layer in model.layers:
            group = file[layer.name]
            for key, name in zip(parts(layer, 1), group.attrs["weight_names"], strict=True):
                places.append((contiguous(group[name]), piece(key)))
    skeleton.cut(LEGACY, path.read_bytes(), places, tensors)
    return model


def kept(model, file, start):
    """Where Keras 3 has put the tensors. Its groups are numbered in the order of model.layers, which
    is not that of the layers' names."""
    counts = dict.fromkeys(["conv2d", "batch_normalization"], 0)
    for layer in model.layers:
        keys = parts(layer, 0)
        if not keys:
            continue
        kind = "conv2d" if len(keys) == 1 else "batch_normalization"
        group = f"layers/{kind}_{counts[kind]}" if counts[kind] else f"layers/{kind}"
        counts[kind] += 1
        variables = file[group]["vars"]
        assert len(variables) == len(keys)
        for index, key in enumerate(keys):
            yield start + contiguous(variables[str(index)]), piece(key)


def keras_3(tensors, directory):
    keras.utils.clear_session()
    model = keras.applications.InceptionV3(weights=None, include_top=False, pooling="avg")
    fill(model, 0, tensors)

    path = directory / WEIGHTS
    model.save_weights(path)
    with h5py.File(path) as file:
        skeleton.cut(WEIGHTS, path.read_bytes(), list(kept(model, file, 0)), tensors)

    # The archive holds the time of saving, and where an object lay in memory: always the same here.
    day = datetime.datetime(2020, 1, 1)
    clock = mock.Mock(wraps=datetime.datetime, now=lambda: day)
    seen = {}
    number_of = {"id": lambda thing: seen.setdefault(id(thing), len(seen))}
    path = directory / WHOLE
    with (
        mock.patch.object(saving_lib.datetime, "datetime", clock),
        mock.patch("zipfile.time.localtime", lambda *_: day.timetuple()),
        mock.patch.dict(vars(serialization_lib), number_of),
    ):
        model.save(path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED, info
        info = archive.getinfo("model.weights.h5")
        with archive.open(info) as inner:
            start = path.read_bytes().index(b"\x89HDF\r\n\x1a\n", info.header_offset)
            assert start < info.header_offset + 100
            with h5py.File(inner) as file:
                places = list(kept(model, file, start))
    skeleton.cut(WHOLE, path.read_bytes(), places, tensors)
    return model


def run(model, package, given):
    """Means over mixed5 and mixed8, and over the last map."""
    outputs = [model.get_layer(name).output for name in ("mixed5", "mixed8", "mixed10")]
    maps = package.Model(model.input, outputs).predict(given, verbose=0)
    means = [one.mean(axis=(0, 1, 2), dtype=np.float64).astype(np.float32) for one in maps]
    if model.output.shape[1:] == (2048,):
        means[2] = model.predict(given, verbose=0)[0]
    return means


def apart(one, other):
    return np.linalg.norm(one - other) / np.linalg.norm(other)


def main():
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tensors = skeleton.weights()
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        old = legacy(tensors, directory / LEGACY)
        new = keras_3(tensors, directory)

    given = skeleton.picture() / np.float32(127.5) - np.float32(1)
    means = run(new, keras, given)
    fetches = ["mixed_5/join", "mixed_8/join", "pool_3"]
    average = make_graph.build(tensors, "AvgPool").graph
    graph = make_graph.run(average, {"Mul:0": given}, fetches).values()
    # The same network, with the same weights in the same places.
    for own, before, other in zip(means, run(old, tf_keras, given), graph, strict=True):
        print("apart", apart(own, before), apart(own, other))
        assert max(apart(own, before), apart(own, other)) < 1e-6
    names = ["keras.mixed5", "keras.mixed8", "keras.pool"]
    make_graph.add_to_oracle(dict(zip(names, means)))


if __name__ == "__main__":
    main()
