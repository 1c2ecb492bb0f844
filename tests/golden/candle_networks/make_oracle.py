"""Writes oracle.safetensors and resize.safetensors beside itself; see its README.

    python make_oracle.py PHOTO

PHOTO: flowers/daisy/10172567486_2748826a8b.jpg of the pictures. Needs timm, torch and Pillow.
"""

import hashlib
import math
import sys
from pathlib import Path

import numpy as np
import PIL
import timm
import torch
from networks import create, fill, normalised, picture, safetensors
from PIL import Image

HERE = Path(__file__).parent
PHOTO = "flowers/daisy/10172567486_2748826a8b.jpg"
NETWORKS = """
    convnext_atto.d2_in1k convnext_tiny.in12k_ft_in1k convnextv2_atto.fcmae_ft_in1k
    convnextv2_tiny.fcmae_ft_in22k_in1k resnet18.a1_in1k resnet50.a1_in1k
    mobilenetv4_conv_small.e2400_r224_in1k mobilenetv4_conv_medium.e500_r256_in1k
    mobilenetv4_hybrid_medium.e200_r256_in12k_ft_in1k fastvit_t8.apple_in1k
    fastvit_sa12.apple_in1k fastvit_mci0.apple_mclip vit_small_patch14_dinov2.lvd142m
    vit_small_patch14_reg4_dinov2.lvd142m repvgg_a0.rvgg_in1k mobileone_s0.apple_in1k
    hiera_tiny_224.mae_in1k_ft_in1k efficientvit_m0.r224_in1k
""".split()
SIZES = [((37, 23), (16, 11)), ((23, 37), (40, 61)), ((50, 20), (50, 7))]
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
torch.set_num_threads(1)


def resized(pixels, size, interpolation):
    """As Pillow resizes numbers that aren't whole: no rounding, no bounds. size: (columns, rows)"""
    channels = [
        Image.fromarray(np.ascontiguousarray(pixels[..., c], np.float32)).resize(
            size, FILTERS[interpolation]
        )
        for c in range(3)
    ]
    assert all(channel.mode == "F" for channel in channels)
    return np.stack([np.asarray(channel) for channel in channels], 2)


def cut(photo, cfg):
    """[side, side, 3]: the photo as timm's transform cuts it, without rounding to whole values."""
    side = cfg.input_size[1]
    assert cfg.crop_mode == "center"
    short = math.floor(side / cfg.crop_pct)
    columns, rows = photo.size
    if columns <= rows:
        size = short, int(short * rows / columns)
    else:
        size = int(short * columns / rows), short
    pixels = resized(np.asarray(photo), size, cfg.interpolation)
    top, left = (int(round((length - side) / 2.0)) for length in pixels.shape[:2])
    return pixels[top:top + side, left:left + side]


def ends(network, x):
    """(pooled, feature)"""
    features = network.forward_features(x)
    feature = network.forward_head(features, pre_logits=True)
    if hasattr(network, "num_prefix_tokens"):
        pooled = features[:, network.num_prefix_tokens:].mean(1)
        assert torch.equal(feature, features[:, 0])
    else:
        pooled = features.mean(1) if features.ndim == 3 else features.mean((2, 3))
    return pooled[0], feature[0]


def candle_rules(name, network):
    """Changes timm's network where candle-transformers 0.11.1 computes something else. None: nowhere."""
    if name.startswith("vit_"):
        tanh(network)
        if "reg4" not in name:
            for module in network.modules():
                if isinstance(module, torch.nn.LayerNorm):
                    module.eps = 1e-5
    elif name.startswith("hiera_"):
        tanh(network)
        network.blocks[network.stage_ends[1] + 1].attn.use_mask_unit_attn = False
    elif name.startswith("mobileone_s0"):
        network.stages[0][1].identity = None
    elif name.startswith("efficientvit_"):
        for key, value in network.named_parameters():
            if key.endswith("attention_biases"):
                value.zero_()
        network.train(False)
    else:
        return None
    return network


def tanh(network):
    for block in network.blocks:
        block.mlp.act = torch.nn.GELU("tanh")


@torch.no_grad()
def main():
    photo = Image.open(sys.argv[1]).convert("RGB")
    values = np.asarray(photo)
    places = (np.arange(64) * 104729 + 12345) % values.size
    out = {"photo.values": values.ravel()[places]}
    same, notes = [], []
    for tag in NETWORKS:
        name = tag.split(".")[0]
        cfg = timm.get_pretrained_cfg(tag)
        side = cfg.input_size[1]
        notes.append(f"{tag} {side}")
        network = fill(create(name)).double()
        x = normalised(picture(side), cfg)
        y = normalised(cut(photo, cfg), cfg)
        pooled, feature = ends(network, x)
        out[f"{name}.feature"] = feature
        if torch.equal(pooled, feature):
            same.append(name)
        else:
            out[f"{name}.pooled"] = pooled
        photo_pooled, out[f"{name}.photo.feature"] = ends(network, y)
        if name.startswith("vit_"):
            out[f"{name}.photo.pooled"] = photo_pooled
        if candle_rules(name, network):
            pooled, out[f"{name}.candle_rules.feature"] = ends(network, x)
            if name not in same:
                out[f"{name}.candle_rules.pooled"] = pooled
        print(tag, side, flush=True)
    out = {
        key: value if isinstance(value, np.ndarray) else value.numpy().astype(np.float32)
        for key, value in out.items()
    }
    versions = {
        "timm": timm.__version__, "torch": torch.__version__, "pillow": PIL.__version__,
        "numpy": np.__version__,
    }
    rule = "pixel(y, x, c) = (7 y + 13 x + 29 c + (x y) mod 31) mod 256, c: 0 red, 1 green, 2 blue"
    write("oracle.safetensors", out, {
        **versions,
        "input": rule,
        "networks": ",".join(notes),
        "pooled_is_feature": ",".join(same),
        "photo": PHOTO,
        "photo_sha256": hashlib.sha256(Path(sys.argv[1]).read_bytes()).hexdigest(),
        "photo.values": "value (104729 k + 12345) mod n, k from 0 to 63, of the n decoded values "
        "[row, column, channel] of the photo",
    })

    out = {}
    for (columns, rows), (to_columns, to_rows) in SIZES:
        source = picture(rows, columns).astype(np.uint8)
        out[f"{columns}x{rows}"] = source
        out[f"{columns}x{rows}.{to_columns}x{to_rows}"] = resized(
            source, (to_columns, to_rows), "bicubic"
        )
    write("resize.safetensors", out, {
        **versions,
        "source": rule,
        "resized": "Pillow, mode F, BICUBIC; columns x rows",
    })


def write(name, tensors, metadata):
    data = safetensors(tensors, metadata)
    (HERE / name).write_bytes(data)
    print(name, len(data), "bytes")


if __name__ == "__main__":
    main()
