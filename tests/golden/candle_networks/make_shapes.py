"""Writes shapes.json.gz beside itself; see its README. Needs timm and torch.

    python make_shapes.py
"""

import gzip
import json
from pathlib import Path

from networks import CAN, CANNOT, LOOK_ALIKE, create, shapes


def main():
    out = {
        kind: {name: shapes(create(name, "meta")) for name in names}
        for kind, names in (("can", CAN), ("cannot", CANNOT))
    }
    for name, other in LOOK_ALIKE.items():
        assert shapes(create(name, "meta")) == out["can"][other], name
    out["look_alike"] = LOOK_ALIKE
    text = json.dumps(out, sort_keys=True, separators=(",", ":"))
    data = gzip.compress(text.encode(), 9, mtime=0)
    Path(__file__).with_name("shapes.json.gz").write_bytes(data)
    print(len(data), "bytes,", len(text), "unpacked")


if __name__ == "__main__":
    main()
