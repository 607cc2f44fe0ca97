"""Writes the Parquet files of this folder; each holds the bars of `bars.csv`."""

import datetime
import decimal

import pandas
import polars
import pyarrow
import pyarrow.parquet

bars = pandas.read_csv("bars.csv", parse_dates=["time"])

# As pandas does it by default: snappy, nanoseconds, an index without a name.
indexed = bars.set_index("time")
indexed.index.name = None
indexed.to_parquet("pandas_snappy.parquet")

# As polars does it by default: zstd, microseconds.
polars.from_pandas(bars).write_parquet("polars_zstd.parquet", row_group_size=25)

# Pages of the second version, milliseconds, many row groups.
table = pyarrow.Table.from_pandas(bars, preserve_index=False)
milliseconds = table.set_column(0, "time", table["time"].cast(pyarrow.timestamp("ms", "UTC")))
pyarrow.parquet.write_table(
    milliseconds, "zstd_v2.parquet", compression="zstd", data_page_version="2.0", row_group_size=7
)
pyarrow.parquet.write_table(milliseconds, "gzip_v2.parquet", compression="gzip",
                            data_page_version="2.0", use_dictionary=False)

# Times as text, numbers as decimals, a column of lists beside them.
texts = table.set_column(0, "Date", table["time"].cast(pyarrow.string()))
for idx, name in enumerate(["open", "high", "low", "close"], start=1):
    column = [decimal.Decimal(repr(value)).quantize(decimal.Decimal("0.0001"))
              for value in bars[name]]
    texts = texts.set_column(idx, name, pyarrow.array(column, pyarrow.decimal128(12, 4)))
texts = texts.append_column("levels", pyarrow.array([[1.0, 2.0]] * len(bars)))
pyarrow.parquet.write_table(texts, "decimals_lz4.parquet", compression="lz4")

# Whole seconds since 1970, volumes as integers where they are whole.
seconds = table.set_column(0, "timestamp", pyarrow.array(
    [int(time.timestamp()) for time in bars["time"]], pyarrow.int64()))
pyarrow.parquet.write_table(seconds, "epoch.parquet", compression="none")

# Single precision, and a date of its own type beside a time.
single = table.set_column(0, "date", table["time"].cast(pyarrow.date32()))
single = single.add_column(1, "time", pyarrow.array(
    [time.time() for time in bars["time"]], pyarrow.time32("ms")))
for idx, name in enumerate(["open", "high", "low", "close"], start=2):
    single = single.set_column(idx, name, table[name].cast(pyarrow.float32()))
pyarrow.parquet.write_table(single, "single.parquet")

# A hole.
holed = bars.copy()
holed.loc[41, "low"] = None
pyarrow.parquet.write_table(pyarrow.Table.from_pandas(holed, preserve_index=False),
                            "hole.parquet", row_group_size=25)
