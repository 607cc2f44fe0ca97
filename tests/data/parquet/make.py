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

# Times of each unit, with and without a zone, and as whole numbers.
for unit in ["s", "ms", "us", "ns"]:
    for zone in [None, "UTC", "America/New_York"]:
        # Without a zone they are the same clock, in UTC.
        times = table["time"].cast(pyarrow.timestamp("ns"))
        if zone is not None:
            times = times.cast(pyarrow.timestamp("ns", "UTC"))
        if unit == "s":
            # Parquet has no seconds: pyarrow writes milliseconds.
            times = times.cast(pyarrow.timestamp("s", zone))
        else:
            times = times.cast(pyarrow.timestamp(unit, zone))
        name = f"times_{unit}_{(zone or 'none').split('/')[-1].lower()}.parquet"
        pyarrow.parquet.write_table(table.set_column(0, "time", times).slice(0, 6), name)

# Milli-, micro- and nanoseconds since 1970 as whole numbers; volumes and a
# symbol in a dictionary; a column of no type.
nanoseconds = [time.value for time in bars["time"]]
for unit, per_unit in [("ms", 10**6), ("us", 10**3), ("ns", 1)]:
    counts = pyarrow.array([time // per_unit for time in nanoseconds], pyarrow.int64())
    epoch = table.set_column(0, "timestamp", counts)
    epoch = epoch.append_column("symbol", pyarrow.array(["A"] * len(bars)).dictionary_encode())
    epoch = epoch.append_column("nothing", pyarrow.nulls(len(bars)))
    pyarrow.parquet.write_table(epoch.slice(0, 6), f"counts_{unit}.parquet")

# A named index, which pandas writes behind the columns.
bars.set_index("time").iloc[:6].to_parquet("named_index.parquet")
# Rows in several levels of an index, and prices as text.
levels = bars.iloc[:6].copy()
levels["symbol"] = "A"
levels.set_index(["symbol", "time"]).to_parquet("two_levels.parquet")
bars.iloc[:6].astype(str).to_parquet("texts.parquet")
# Large decimals, in the bytes of 256 bits.
large = table.slice(0, 6)
for idx, name in enumerate(["open", "high", "low", "close"], start=1):
    column = [decimal.Decimal(repr(value)).quantize(decimal.Decimal("0.0000000001"))
              for value in bars[name].iloc[:6]]
    large = large.set_column(idx, name, pyarrow.array(column, pyarrow.decimal128(38, 10)))
pyarrow.parquet.write_table(large, "large_decimals.parquet")
# Prices in a struct; all values of a column in one list.
six = table.slice(0, 6)
prices = pyarrow.StructArray.from_arrays(
    [six[name].combine_chunks() for name in ["open", "high", "low", "close"]],
    ["open", "high", "low", "close"])
pyarrow.parquet.write_table(
    pyarrow.table({"time": six["time"], "bar": prices, "volume": six["volume"]}), "structs.parquet")
lists = {"symbol": ["A"], **{name: [six[name].to_pylist()] for name in six.column_names}}
pyarrow.parquet.write_table(pyarrow.table(lists), "lists.parquet")
