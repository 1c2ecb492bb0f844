"""Writes small_keras2.h5.gz and small_keras3.h5.gz beside itself: a small network's weights in the
two layouts of Keras, as seeds for a fuzz test.

    python make_small_keras.py

Needs tensorflow, keras, tf_keras, h5py and numpy; see README.md.
"""

import gzip
import os
import tempfile
from pathlib import Path
from unittest import mock

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import h5py
import keras
import numpy as np
import tf_keras
from tf_keras.src.saving.legacy import hdf5_format

HERE = Path(__file__).parent
MOST_BYTES = 4096


def network(package):
    """An input and five layers; the second batch normalisation has a gamma, as the first, like all
    of Inception v3, has not."""
    layers = package.layers
    given = package.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, use_bias=False, name="conv2d")(given)
    x = layers.BatchNormalization(scale=False, name="batch_normalization")(x)
    x = layers.Conv2D(6, (1, 3), use_bias=False, name="conv2d_1")(x)
    x = layers.BatchNormalization(name="batch_normalization_1")(x)
    x = layers.Dense(3, name="dense")(x)
    model = package.Model(given, x)
    for index, layer in enumerate(model.layers):
        layer.set_weights([numbers(value.shape, index) for value in layer.get_weights()])
    return model


def numbers(shape, start):
    """Of few different bytes."""
    count = int(np.prod(shape))
    return ((np.arange(start, start + count) % 16 + 1) / 16).astype("<f4").reshape(shape)


def keras_2(path):
    """With lists of strings of fixed length, as h5py wrote them before its version 3."""
    write = hdf5_format.save_attributes_to_hdf5_group

    def fixed(group, name, data):
        write(group, name, np.array(data))

    with mock.patch.object(hdf5_format, "save_attributes_to_hdf5_group", fixed):
        network(tf_keras).save_weights(path, save_format="h5")


def keras_3(path):
    network(keras).save_weights(path)


def tensors(path):
    """What h5py reads from the file."""
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(note)
    return found


def main():
    with tempfile.TemporaryDirectory() as directory:
        for name, make in {"small_keras2.h5": keras_2, "small_keras3.weights.h5": keras_3}.items():
            path = Path(directory, name)
            make(path)
            assert len(tensors(path)) == 11, sorted(tensors(path))
            compressed = gzip.compress(path.read_bytes(), 9, mtime=0)
            assert len(compressed) <= MOST_BYTES, len(compressed)
            (HERE / name.replace(".weights", "")).with_suffix(".h5.gz").write_bytes(compressed)


if __name__ == "__main__":
    main()
