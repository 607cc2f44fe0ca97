"""Opens exported tables in pandas, polars and DuckDB.

Prints for each of them what a table holds: columns and their types,
rows, sum of the net profits, first and last time.
"""

import json
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

folder = Path(sys.argv[1])
form = sys.argv[2]
schema = json.loads((folder / "schema.json").read_text())["tables"]
found = {}
for name, columns in schema.items():
    path = str(folder / f"{name}.{form}")
    times = [column["name"] for column in columns if column["type"] == "time"]
    if form == "parquet":
        frame, polar = pd.read_parquet(path), pl.read_parquet(path)
    else:
        frame = pd.read_csv(path, parse_dates=times, low_memory=False)
        polar = pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
    db = duckdb.connect()
    db.sql("set timezone = 'UTC'")
    relation = db.sql(f"select * from '{path}'")
    names = [column["name"] for column in columns]
    assert list(frame.columns) == names, frame.columns
    assert polar.columns == names, polar.columns
    assert relation.columns == names, relation.columns
    for column in times:
        assert str(frame[column].dtype).endswith("UTC]"), frame.dtypes
        assert polar.schema[column].is_temporal(), polar.schema
    profit = "net_pnl" if "net_pnl" in names else "equity"
    ((n_rows, total, first),) = db.sql(
        f"select count(*), sum({profit}), epoch_ms(min(time)) from '{path}'"
    ).fetchall()
    polar_first = polar["time"].min()
    found[name] = {
        "pandas": [len(frame), frame[profit].sum(), int(frame["time"].min().timestamp() * 1000)],
        "polars": [len(polar), polar[profit].sum(), int(polar_first.timestamp() * 1000)],
        "duckdb": [n_rows, total, first],
    }
print(json.dumps(found, default=float))
