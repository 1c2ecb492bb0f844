"""Reads exports with the programs that they are for, and prints as JSON what these found.

    read.py tensorboard FOLDER RUNS PICTURE   (RUNS: the folder of runs; PICTURE: written anew)
    read.py csv FOLDER
"""

import json
import struct
import sys
from pathlib import Path


def head_numbers(path, name):
    import numpy

    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    begin, end = json.loads(data[8 : 8 + length])[name]["data_offsets"]
    return numpy.frombuffer(data[8 + length :][begin:end], "<f4").astype("f8")


def tensorboard(folder, runs_folder, picture):
    import numpy
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

    # As the program itself finds runs and plugins.
    multiplexer = EventMultiplexer().AddRunsFromDirectory(folder).Reload()
    plugins = {}
    for run, found in multiplexer.Runs().items():
        for tag in found["tensors"]:
            plugin = multiplexer.SummaryMetadata(run, tag).plugin_data.plugin_name
            plugins.setdefault(run, {})[tag] = plugin
    runs = {}
    for run in multiplexer.Runs():
        events = EventAccumulator(str(Path(folder) / run), {"scalars": 0, "images": 0, "histograms": 0})
        events.Reload()
        tags = events.Tags()
        runs[run] = {
            "scalars": {
                tag: [[event.wall_time, event.step, event.value] for event in events.Scalars(tag)]
                for tag in tags["scalars"]
            },
            "histograms": {},
            "images": {},
        }
        for tag in tags["histograms"]:
            events_of_tag = events.Histograms(tag)
            event = events_of_tag[-1]
            name = "weights" if "weights" in tag else "bias"
            numbers = head_numbers(Path(runs_folder) / Path(run).parent / "head.safetensors", name)
            counts, limits = numpy.histogram(numbers, bins=30)
            found = event.histogram_value
            runs[run]["histograms"][tag] = {
                "steps": [one.step for one in events_of_tag],
                "count": found.num,
                "is_numpys": bool(
                    list(found.bucket) == counts.tolist()
                    and numpy.allclose(found.bucket_limit, limits[1:], rtol=1e-12, atol=1e-15)
                    and numpy.isclose(found.sum, numbers.sum())
                    and numpy.isclose(found.sum_squares, (numbers**2).sum())
                    and (found.min, found.max) == (numbers.min(), numbers.max())
                ),
            }
        for tag in tags["images"]:
            (event,) = events.Images(tag)
            Path(picture).write_bytes(event.encoded_image_string)
            runs[run]["images"][tag] = {"step": event.step, "size": [event.width, event.height]}
    return {"plugins": plugins, "runs": runs}


def csv(folder):
    import duckdb
    import pandas

    answer = {}
    for name in ["runs", "curves"]:
        path = str(Path(folder) / f"{name}.csv")
        table = pandas.read_csv(path)
        found = duckdb.sql(f"SELECT * FROM '{path}'")
        answer[name] = {
            "pandas": {
                "types": {column: str(kind) for column, kind in table.dtypes.items()},
                "rows": json.loads(table.to_json(orient="records", double_precision=15)),
            },
            "duckdb": {
                "types": {column: str(kind) for column, kind in zip(found.columns, found.types)},
                "rows": len(found),
            },
        }
    curves = str(Path(folder) / "curves.csv")
    table = pandas.read_csv(curves, float_precision="round_trip")
    answer["losses"] = {
        "pandas": [repr(loss) for loss in table["train_loss"].tolist()],
        "duckdb": [repr(loss) for (loss,) in duckdb.sql(f"SELECT train_loss FROM '{curves}'").fetchall()],
    }
    return answer


kinds = {"tensorboard": tensorboard, "csv": csv}
json.dump(kinds[sys.argv[1]](*sys.argv[2:]), sys.stdout)
