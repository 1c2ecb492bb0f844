"""Cuts the weights out of a large file, and puts them back.

    python skeleton.py [DIRECTORY]

rebuilds each file whose skeleton lies beside this script from the built-in weights, checks its
SHA-256, and writes it to DIRECTORY where one is given. Needs numpy, safetensors.
"""

import gzip
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

HERE = Path(__file__).parent
ASSET = HERE.parent.parent.parent / "assets" / "inception_v3-nsfwjs.u8.safetensors"

STEM = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"]


def weights():
    """The built-in weights as f32, by their torchvision names."""
    stored = load_file(ASSET)
    tensors = {}
    for key, codes in stored.items():
        if not key.endswith(".scale_min"):
            scale, low = stored[key + ".scale_min"]
            tensors[key] = codes.astype(np.float32) * scale + low
    return tensors


def hwio(tensor):
    """[out, in, height, width] as TensorFlow orders it: [height, width, in, out]."""
    return np.ascontiguousarray(tensor.transpose(2, 3, 1, 0))


def picture():
    """pixel(y, x, c) = (7 y + 13 x + 29 c + (x y) mod 31) mod 256, as f32 [1, 299, 299, 3]."""
    y, x, c = np.meshgrid(*map(np.arange, (299, 299, 3)), indexing="ij")
    return ((7 * y + 13 * x + 29 * c + (x * y) % 31) % 256).astype(np.float32)[None]


def content(piece, tensors):
    """The bytes of a piece that is no literal."""
    if "tensor" in piece:
        tensor = tensors[piece["tensor"]]
        return (hwio(tensor) if piece["layout"] == "hwio" else tensor).astype("<f4").tobytes()
    if "ones" in piece:
        return np.ones(piece["ones"], "<f4").tobytes()
    return np.zeros(piece["zeros"], "<f4").tobytes()


def cut(name, whole, places, tensors, **facts):
    """Writes the skeleton of the file `whole`; `places` are (offset, piece)."""
    literals, pieces, at = [], [], 0
    for offset, piece in sorted(places, key=lambda place: place[0]):
        payload = content(piece, tensors)
        assert offset >= at and whole[offset : offset + len(payload)] == payload, (offset, piece)
        pieces += [{"literal": offset - at}, piece]
        literals.append(whole[at:offset])
        at = offset + len(payload)
    pieces.append({"literal": len(whole) - at})
    literals.append(whole[at:])

    head = {"sha256": hashlib.sha256(whole).hexdigest(), "length": len(whole), **facts}
    lines = [f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items()]
    body = ",\n".join("  " + json.dumps(piece) for piece in pieces)
    text = "{\n" + "".join(lines) + ' "pieces": [\n' + body + "\n ]\n}\n"
    (HERE / f"{name}.json").write_text(text)
    (HERE / f"{name}.skeleton").write_bytes(gzip.compress(b"".join(literals), 9, mtime=0))


def rebuild(name, tensors):
    plan = json.loads((HERE / f"{name}.json").read_text())
    literals = gzip.decompress((HERE / f"{name}.skeleton").read_bytes())
    parts, at = [], 0
    for piece in plan["pieces"]:
        if "literal" in piece:
            parts.append(literals[at : at + piece["literal"]])
            at += piece["literal"]
        else:
            parts.append(content(piece, tensors))
    assert at == len(literals)
    whole = b"".join(parts)
    assert len(whole) == plan["length"]
    assert hashlib.sha256(whole).hexdigest() == plan["sha256"]
    return whole


def main():
    tensors = weights()
    for path in sorted(HERE.glob("*.skeleton")):
        name = path.name.removesuffix(".skeleton")
        whole = rebuild(name, tensors)
        print(f"{name}: {len(whole)} bytes, as its sha256 says")
        if len(sys.argv) > 1:
            (Path(sys.argv[1]) / name).write_bytes(whole)


if __name__ == "__main__":
    main()
