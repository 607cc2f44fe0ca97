"""Opens a session's logs as they are, in pandas, polars and DuckDB.

Prints what each of them makes of the traces, the trade log and the
equity curve: rows, sum of the net profits, last equity.
"""

import json
import re
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

trades = Path(sys.argv[1]) / "logs" / "trades"
(trace,) = map(str, trades.glob("trade_traces_*.jsonl"))
log, equity = str(trades / "trade_execution.log"), str(trades / "equity.csv")
# The pattern in trainer/README.md.
pattern = Path(sys.argv[2]).read_text().strip()
found = {}

events = pd.read_json(trace, lines=True)
closed = events[events["event"] == "TRADE_CLOSED"]
lines = pd.Series(Path(log).read_text().splitlines()).str.extract(pattern)
curve = pd.read_csv(equity, parse_dates=["time"])
assert str(curve["time"].dtype).endswith("UTC]"), curve["time"].dtype
found["pandas"] = [
    len(events),
    len(closed),
    closed["net_pnl"].sum(),
    len(lines.dropna(subset=["time"])),
    lines["net"].astype(float).sum(),
    len(curve),
    curve["equity"].iloc[-1],
]

events = pl.read_ndjson(trace, infer_schema_length=None)
closed = events.filter(pl.col("event") == "TRADE_CLOSED")
lines = (
    pl.read_csv(log, has_header=False, separator="\x01", quote_char=None, new_columns=["line"])
    .select(pl.col("line").str.extract_groups(pattern).alias("all"))
    .unnest("all")
    .drop_nulls("time")
)
curve = pl.read_csv(equity, try_parse_dates=True)
assert curve.schema["time"].is_temporal(), curve.schema
found["polars"] = [
    len(events),
    len(closed),
    closed["net_pnl"].sum(),
    len(lines),
    lines["net"].cast(pl.Float64).sum(),
    len(curve),
    curve["equity"][-1],
]

db = duckdb.connect()
((n_events,),) = db.sql(f"select count(*) from '{trace}'").fetchall()
((n_closed, net),) = db.sql(
    f"select count(*), sum(net_pnl) from '{trace}' where event = 'TRADE_CLOSED'"
).fetchall()
names = list(re.compile(pattern).groupindex)
((n_lines, net_of_lines),) = db.execute(
    "select count(*), sum(trade.net::double) from (select regexp_extract(line, ?, "
    f"{names}) as trade from read_csv(?, columns = {{'line': 'varchar'}}, header = false, "
    "delim = '\x01', quote = '', escape = '')) where trade.net <> ''",
    [pattern, log],
).fetchall()
((n_rows, last),) = db.sql(
    f"select count(*), last(equity order by time) from '{equity}'"
).fetchall()
found["duckdb"] = [n_events, n_closed, net, n_lines, net_of_lines, n_rows, last]
print(json.dumps(found, default=float))
