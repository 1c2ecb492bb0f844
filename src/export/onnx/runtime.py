# Scores pictures by an ONNX file: a line of JSON for each. On stdin come height and width, 4 bytes each,
# the low one first, and the pixels.
import json, struct, sys, time

try:
    import numpy
    import onnxruntime
except ImportError as missing:
    print(json.dumps({"missing": str(missing)}))
    sys.exit()
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
print(json.dumps({"version": onnxruntime.__version__}), flush=True)
while len(size := sys.stdin.buffer.read(8)) == 8:
    height, width = struct.unpack("<II", size)
    pixels = numpy.frombuffer(sys.stdin.buffer.read(height * width * 3), numpy.uint8)
    start = time.perf_counter()
    found = session.run(names, {"picture": pixels.reshape(1, height, width, 3)})
    answer = {name: value[0].tolist() for name, value in zip(names, found)}
    answer["seconds"] = time.perf_counter() - start
    print(json.dumps(answer), flush=True)
