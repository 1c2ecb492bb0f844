"""Writes inception_variants.safetensors, state_dict_zip.pth and state_dict_old.pth beside itself.

    python make_inception_variants.py

Runs torchvision's Inception3 (padding counted) and pytorch-fid's FIDInceptionA, C, E_1, E_2
(padding excluded, maximum in the last block) on the weights of assets/, with the pictures of
inception_features.safetensors; see README.md. Needs torch, torchvision, pytorch-fid, safetensors.
"""

from pathlib import Path

import numpy as np
import torch
import torchvision
from pytorch_fid import inception as fid
from safetensors.numpy import load_file
from safetensors.torch import save_file

HERE = Path(__file__).parent
WEIGHTS = HERE.parent.parent / "assets" / "inception_v3-nsfwjs.u8.safetensors"
torch.set_num_threads(1)


def state_dict():
    stored = load_file(WEIGHTS)
    state = {}
    for key, codes in stored.items():
        if not key.endswith(".scale_min"):
            scale, low = stored[key + ".scale_min"]
            state[key] = torch.from_numpy(codes.astype(np.float32) * scale + low)
    for key in list(state):
        if key.endswith(".bn.bias"):
            state[key.removesuffix("bias") + "weight"] = torch.ones_like(state[key])
    return state


def picture(t):
    c, y, x = np.meshgrid(*map(np.arange, (3, 299, 299)), indexing="ij")
    if t == 0:
        h = (((c * 299 + y) * 299 + x) * 2654435761 + 12345) % 2**32
        h ^= h >> 15
        h = h * 2246822519 % 2**32
        h ^= h >> 13
        k = h >> 24
    elif t == 1:
        def triangle(n):
            return np.where(n % 512 < 256, n % 512, 511 - n % 512)
        k = (triangle(3 * y + x) + triangle(2 * x + 40 * c)) // 2
    else:
        inside = (y - 150) ** 2 + (x - 140) ** 2 < 6400
        board = np.where((y // 23 + x // 31) % 2 == 1, 200 - 40 * c, 30 + 50 * c)
        k = np.where(inside, 255 - 60 * c, board)
    return k


def features(net, pictures):
    """Pooled outputs of the last block; eval mode, auxiliary classifier and classifier unused."""
    seen = {}
    net.Mixed_7c.register_forward_hook(lambda module, given, out: seen.update(out=out))
    net.eval()
    with torch.no_grad():
        rows = []
        for picture in pictures:
            net(picture[None])
            rows.append(seen["out"].mean((2, 3))[0].float())
    return torch.stack(rows)


def torchvision_net():
    net = torchvision.models.inception_v3(weights=None, aux_logits=True, transform_input=False,
                                          init_weights=False)
    net.load_state_dict(state_dict(), strict=False)
    return net.double()


def fid_net():
    # As pytorch_fid.inception.fid_inception_v3, without fetching its weights.
    net = torchvision.models.inception_v3(weights=None, aux_logits=False, num_classes=1008,
                                          init_weights=False)
    net.Mixed_5b = fid.FIDInceptionA(192, pool_features=32)
    net.Mixed_5c = fid.FIDInceptionA(256, pool_features=64)
    net.Mixed_5d = fid.FIDInceptionA(288, pool_features=64)
    net.Mixed_6b = fid.FIDInceptionC(768, channels_7x7=128)
    net.Mixed_6c = fid.FIDInceptionC(768, channels_7x7=160)
    net.Mixed_6d = fid.FIDInceptionC(768, channels_7x7=160)
    net.Mixed_6e = fid.FIDInceptionC(768, channels_7x7=192)
    net.Mixed_7b = fid.FIDInceptionE_1(1280)
    net.Mixed_7c = fid.FIDInceptionE_2(2048)
    net.load_state_dict(state_dict(), strict=False)
    return net.double()


def small_state_dict():
    """What readers meet: halves, a counter, two views of one storage, a parameter."""
    both = torch.arange(12, dtype=torch.float32) / 8
    return {
        "a.conv.weight": both[:6].reshape(3, 2, 1, 1),
        "a.bn.bias": both[6:9],
        "a.bn.weight": torch.tensor([1.5, -2.0, 0.25], dtype=torch.float16),
        "a.bn.running_mean": torch.tensor([1.0, -2.0, 0.5], dtype=torch.bfloat16),
        "a.bn.num_batches_tracked": torch.tensor(7),
        "fc.weight": torch.nn.Parameter(torch.full((2, 3), 0.125)),
    }


def main():
    k = [picture(t) for t in range(3)]
    assert [int(p.sum()) for p in k] == [34265068, 33735551, 36679245]
    # Pixel values 0 to 255 are k; torchvision and pytorch-fid both feed [-1, 1].
    pictures = [torch.from_numpy(p / 127.5 - 1) for p in k]
    out = {
        "torchvision.pooled": features(torchvision_net(), pictures),
        "pytorch_fid.pooled": features(fid_net(), pictures),
    }
    save_file(out, HERE / "inception_variants.safetensors", metadata={
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "pytorch-fid": "0.3.0",
        "weights": WEIGHTS.name,
        "input": "pixel / 127.5 - 1, pixel = k of inception_features.safetensors, f64 throughout",
        "torchvision.pooled": "[3, 2048] of torchvision.models.Inception3, Mixed_7c",
        "pytorch_fid.pooled": "[3, 2048] of torchvision's with pytorch-fid's blocks, Mixed_7c",
    })
    small = small_state_dict()
    torch.save(small, HERE / "state_dict_zip.pth")
    torch.save(small, HERE / "state_dict_old.pth", _use_new_zipfile_serialization=False)
    transposed = {"w": torch.arange(6.0).reshape(2, 3).T}
    torch.save(transposed, HERE / "state_dict_transposed.pth")


if __name__ == "__main__":
    main()
