"""Lets onnxruntime compute the values of rows, and writes them.

The rows are little-endian doubles, as the model's features; the values
go to standard output as JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

path = sys.argv[1]
about = json.loads(Path(path).with_suffix(".json").read_text())
model = onnx.load(path)
onnx.checker.check_model(model, full_check=True)
metadata = {entry.key: entry.value for entry in model.metadata_props}
assert json.loads(metadata["features"]) == about["features"], metadata
assert json.loads(metadata["exposures"]) == about["exposures"], metadata
rows = np.fromfile(sys.argv[2], dtype="<f8").reshape(-1, len(about["features"]))
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
(values,) = session.run([about["output"]], {about["input"]: rows})
print(json.dumps({"exposures": about["exposures"], "values": values.astype(float).tolist()}))
