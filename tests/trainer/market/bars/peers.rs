//! What pandas makes of the same files, and calendars of markets: only
//! in the slow tests.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use trainer::market::bars::{BarSource, DataSummary};

use crate::python;

/// Prints the time of each bar in milliseconds, and its close.
const PANDAS: &str = r#"
import sys, pandas as pd
folder = sys.argv[1]
def show(name, times, closes):
    times = pd.to_datetime(pd.Index(times), utc=True)
    for time, close in sorted(zip(times, closes)):
        print(name, int(time.timestamp() * 1000), float(close))
for name in ["us_dates.csv", "month_names.csv", "month_names_us.csv", "one_csv.zip", "bz2.csv.bz2",
             "newest_first_no_final_newline.csv", "volume_nan.csv"]:
    frame = pd.read_csv(f"{folder}/{name}", parse_dates=["Date"])
    show(name, frame["Date"], frame["Close"])
frame = pd.read_csv(f"{folder}/yyyymmddhhmm.csv", dtype={"Date": str})
show("yyyymmddhhmm.csv", pd.to_datetime(frame["Date"], format="%Y%m%d%H%M"), frame["Close"])
frame = pd.read_csv(f"{folder}/yfinance_three_headers.csv", header=[0, 1], index_col=0)
show("yfinance_three_headers.csv", frame.index, frame["Close"]["AAPL"])
frame = pd.DataFrame(pd.read_json(f"{folder}/ccxt.json"))
show("ccxt.json", pd.to_datetime(frame[0], unit="ms"), frame[4])
frame = pd.read_csv(f"{folder}/headerless_kraken.csv", header=None)
show("headerless_kraken.csv", pd.to_datetime(frame[0], unit="s"), frame[4])
frame = pd.read_csv(f"{folder}/nasdaq.csv", parse_dates=["Date"])
show("nasdaq.csv", frame["Date"], frame["Close/Last"].astype(str).str.strip("$"))
frame = pd.read_csv(f"{folder}/investing.csv", parse_dates=["Date"], thousands=",")
show("investing.csv", frame["Date"], frame["Price"])
"#;

#[test]
fn pandas_reads_the_same_times_and_closes() {
    let Some(python) = python::with_packages(&["pandas"]) else {
        return;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/wild");
    let told = python::run(&python, PANDAS, &[&folder]);
    let mut names: Vec<&str> = told.lines().map(|line| line.split(' ').next().unwrap()).collect();
    names.dedup();
    assert_eq!(names.len(), 13);
    for name in names {
        let source = BarSource::open(name, &folder).unwrap();
        let ours: Vec<String> = source
            .read()
            .unwrap()
            .map(|bar| bar.unwrap())
            .map(|bar| format!("{name} {} {:?}", bar.time_ms, bar.close))
            .collect();
        let theirs: Vec<&str> =
            told.lines().filter(|line| line.starts_with(&format!("{name} "))).collect();
        assert_eq!(ours, theirs);
    }
}

/// Writes bars of several lengths of markets over ten years.
const CALENDARS: &str = r#"
import sys, pandas as pd, exchange_calendars
folder = sys.argv[1]
def write(name, seconds):
    with open(f"{folder}/{name}.csv", "w") as file:
        file.write("time,open,high,low,close\n")
        file.writelines(f"{second},1,1,1,1\n" for second in seconds)
def seconds(time):
    return int(time.timestamp())
for name in sys.argv[2:]:
    calendar = exchange_calendars.get_calendar(name, start="2012-01-01", end="2022-01-01")
    schedule = calendar.schedule.loc["2012-01-03":"2021-12-31"]
    name = name.replace("/", "")
    write(f"{name}_daily", [seconds(day.tz_localize("UTC")) for day in schedule.index])
    write(f"{name}_local", [seconds(day.tz_localize(calendar.tz)) for day in schedule.index])
    parts = []
    for row in schedule[["open", "break_start", "break_end", "close"]].itertuples(index=False):
        parts += [row[::3]] if pd.isna(row[1]) else [row[:2], row[2:]]
    for minutes in (15, 60):
        times = {time for begin, end in parts
                 for time in range(seconds(begin), seconds(end), 60 * minutes)}
        write(f"{name}_{minutes}", sorted(times))
    write(f"{name}_closes", sorted(time + 3600 for time in times))
# Sunday 17:00 to Friday 17:00 in New York, but for Christmas and New Year.
for minutes in (15, 60):
    times = pd.date_range("2012-01-03", "2021-12-31", freq=f"{minutes}min", tz="UTC")
    local = times.tz_convert("America/New_York")
    day, hour = local.day_of_week, local.hour
    is_open = (day < 4) | ((day == 4) & (hour < 17)) | ((day == 6) & (hour >= 17))
    is_closed = ((local.month == 12) & (local.day == 25)) | ((local.month == 1) & (local.day == 1))
    write(f"FX_{minutes}", [seconds(time) for time in times[is_open & ~is_closed]])
"#;

const MARKETS: [&str; 21] = [
    "XNYS", "XLON", "XETR", "XTKS", "XHKG", "CMES", "24/7", "XASX", "XBOM", "XKRX", "XSHG", "XSES",
    "XTSE", "BVMF", "XMEX", "XOSL", "XWAR", "XIST", "XNZE", "XBKK", "XIDX",
];

fn summary(path: &Path) -> DataSummary {
    BarSource::open(&path.display().to_string(), Path::new("")).unwrap().summarize().unwrap()
}

#[test]
fn calendars_of_exchanges_have_no_gaps_and_a_missing_day_is_found() {
    let Some(python) = python::with_packages(&["exchange_calendars"]) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let mut arguments = vec![folder.path()];
    arguments.extend(MARKETS.iter().map(Path::new));
    python::run(&python, CALENDARS, &arguments);
    let mut n_files = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let whole = summary(&path);
        assert_eq!((whole.n_gaps, whole.n_missing_bars), (0, 0), "{whole}");
        let text = fs::read_to_string(&path).unwrap();
        let day_of =
            |line: &str| line.split(',').next().unwrap().parse::<i64>().map(|s| s / 86_400);
        let mut days: Vec<i64> = text.lines().filter_map(|line| day_of(line).ok()).collect();
        days.dedup();
        // Without its last day a file only ends earlier.
        days.pop();
        for day in days.into_iter().skip(50).step_by(331) {
            let kept: Vec<&str> = text.lines().filter(|line| day_of(line) != Ok(day)).collect();
            let n_left_out = (text.lines().count() - kept.len()) as u64;
            let without = folder.path().join(".without");
            fs::write(&without, kept.join("\n")).unwrap();
            let found = summary(&without);
            assert_eq!((found.n_gaps, found.n_missing_bars), (1, n_left_out), "{found}, {day}");
        }
        n_files += 1;
    }
    assert_eq!(n_files, MARKETS.len() * 5 + 2);
}
