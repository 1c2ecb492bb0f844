"""The networks, their weights by formula and the picture by formula; see the README."""

import json
import struct

import numpy as np
import timm
import torch

# What candle-transformers 0.11.1 has a configuration for.
CAN = [
    *(f"convnext_{size}" for size in "atto femto pico nano tiny small base large xlarge".split()),
    *(f"convnextv2_{size}" for size in "atto femto pico nano tiny small base large huge".split()),
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
    *(f"mobilenetv4_{size}" for size in
      "conv_small conv_medium conv_large hybrid_medium hybrid_large".split()),
    *(f"fastvit_{size}" for size in "t8 t12 s12 sa12 sa24 sa36 ma36 mci0 mci1 mci2".split()),
    *(f"vit_{size}_patch14_{kind}" for size in ("small", "base", "large")
      for kind in ("dinov2", "reg4_dinov2")),
    *(f"repvgg_{size}" for size in "a0 a1 a2 b0 b1 b2 b3 b1g4 b2g4 b3g4".split()),
    *(f"mobileone_s{size}" for size in range(5)),
    *(f"hiera_{size}_224" for size in "tiny small base base_plus large huge".split()),
    *(f"efficientvit_m{size}" for size in range(6)),
]
# Relatives of other shapes, which it can't compute.
CANNOT = """
    convnext_atto_ols convnext_atto_rms convnext_nano_ols convnext_tiny_hnf convnext_zepto_rms
    convnext_large_mlp convnext_xxlarge resnet10t resnet18d resnet26 resnet50d resnet50_gn
    resnet200 resnext50_32x4d wide_resnet50_2 seresnet18 seresnet50 resnetv2_50 fastvit_mci3
    fastvit_mci4 mobilenetv3_large_100 mobilenetv4_conv_small_050 mobilenetv4_hybrid_medium_075
    efficientnet_b0 efficientvit_b0 hiera_small_abswin_256 repvgg_d2se repghostnet_100
    vit_base_patch16_224 vit_giant_patch14_dinov2 vit_giant_patch14_reg4_dinov2 inception_v3
""".split()
# All other networks of timm 1.0.31 with the same tensors as one of CAN, apart from the
# classifier: they pool or blur where that one strides. Tensors can't tell.
LOOK_ALIKE = {
    "mobilenetv4_conv_aa_large": "mobilenetv4_conv_large",
    "mobilenetv4_conv_aa_medium": "mobilenetv4_conv_medium",
    "mobilenetv4_conv_blur_medium": "mobilenetv4_conv_medium",
    "resnetaa50": "resnet50",
    "resnetblur18": "resnet18",
    "resnetblur50": "resnet50",
}


def create(name, device="cpu"):
    """As published: with the classifier that the default weights have."""
    classes = timm.get_pretrained_cfg(name).num_classes
    with torch.device(device):
        return timm.create_model(name, pretrained=False, num_classes=classes).eval()


def shapes(network):
    return {
        key: list(value.shape)
        for key, value in network.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def uniform(key, count):
    """[0, 1), 24 bits each."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(key)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def damping(key):
    """Keeps networks that sum many branches in bounds."""
    if any(part in key for part in ("conv_kxk.", "conv_scale.", ".m.")):
        return 0.5
    return 0.65 if any(part in key for part in ("identity.", "conv_1x1.")) else 1


def weight(key, shape):
    u = uniform(key, int(np.prod(shape)))
    if key.endswith("running_var"):
        u = 0.5 + u
    elif key.endswith("running_mean"):
        u = (u - 0.5) * 0.2
    elif key.endswith("gamma"):
        u = 0.2 + 0.2 * u
    elif "grn." in key:
        u = u - 0.5
    elif key.endswith(("cls_token", "reg_token", "pos_embed")):
        u = (u - 0.5) * 0.2
    elif len(shape) == 1:
        u = (0.75 + 0.5 * u) * damping(key) if key.endswith(".weight") else (u - 0.5) * 0.2
    else:
        u = (u - 0.5) * 2 * np.sqrt(4 / np.prod(shape[1:]))
    return torch.from_numpy(u.astype(np.float32).reshape(shape))


def fill(network):
    state = {key: weight(key, shape) for key, shape in shapes(network).items()}
    missing = network.load_state_dict(state, strict=False)
    assert not missing.unexpected_keys
    assert all(key.endswith("num_batches_tracked") for key in missing.missing_keys)
    return network


def picture(rows, columns=None):
    """[rows, columns, 3], whole pixel values."""
    sizes = rows, columns or rows, 3
    y, x, c = np.meshgrid(*map(np.arange, sizes), indexing="ij")
    return (y * 7 + x * 13 + c * 29 + (x * y) % 31) % 256


def normalised(pixels, cfg):
    x = (np.asarray(pixels, np.float64) / 255 - np.array(cfg.mean)) / np.array(cfg.std)
    return torch.from_numpy(x.transpose(2, 0, 1)[None].copy())


def safetensors(tensors, metadata):
    """Bytes of a file that holds them in this order."""
    kinds = {"float32": "F32", "uint8": "U8"}
    header, end = {"__metadata__": metadata}, 0
    # Those of more bytes to a value first, so that all are aligned.
    items = sorted(tensors.items(), key=lambda item: -item[1].itemsize)
    for key, value in items:
        start, end = end, end + value.nbytes
        header[key] = {
            "dtype": kinds[str(value.dtype)],
            "shape": list(value.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(np.ascontiguousarray(value).tobytes() for _, value in items)
    return struct.pack("<Q", len(text)) + text + data
