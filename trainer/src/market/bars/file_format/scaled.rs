//! Prices that are written as integers in a small unit: 1/10,000 by LEAN
//! (`QuantConnect`), 1/1,000,000,000 by Databento.
//!
//! Only the layout of a file suggests the unit, so the file is refused
//! with a command that converts it.

use crate::market::bars::columns::Columns;
use crate::market::bars::config::BarsConfig;
use crate::market::bars::input::{Packing, Sample, SampleRow};
use crate::market::bars::lenient::number_in;
use crate::market::bars::timestamp::{MS_PER_DAY, TimeFormat, is_date, is_numeric_time};

/// The numbers of columns in files of LEAN: a time, four prices and a
/// volume, or these for both bid and ask.
const WIDTHS: [usize; 2] = [6, 11];

/// The factor of share prices in files of LEAN.
const LEAN_SCALE: f64 = 10_000.0;

/// Columns that files of Databento with fixed-point prices have.
const DATABENTO: [&str; 2] = ["rtype", "publisher_id"];
const DATABENTO_MIN: f64 = 1e6;

/// Returns the error that the prices are in a small unit, with the
/// remedy.
pub(super) fn problem(sample: &Sample, delimiter: u8, config: &BarsConfig) -> Option<String> {
    if !config.columns.is_empty() || delimiter != b',' {
        return None;
    }
    lean(&sample.rows).or_else(|| databento(&sample.rows))
}

fn number(row: &SampleRow, idx: usize) -> Option<f64> {
    row.cells.get(idx).and_then(|cell| number_in(cell))
}

fn is_whole(row: &SampleRow, idx: usize) -> bool {
    row.cells[idx].bytes().all(|byte| byte.is_ascii_digit())
}

fn lean(rows: &[SampleRow]) -> Option<String> {
    let width = rows.first()?.cells.len();
    let are_numbers = |row: &SampleRow| (1..width).all(|idx| number(row, idx).is_some());
    let is_alike = WIDTHS.contains(&width)
        && rows.iter().all(|row| row.cells.len() == width && are_numbers(row));
    if !is_alike {
        return None;
    }
    let is_day = |row: &SampleRow| {
        let text = row.cells[0].as_bytes();
        text.len() == 14 && text[8] == b' ' && text[11] == b':' && is_date(text)
    };
    let ms_per_day = MS_PER_DAY as f64;
    let ms_of_day = |row: &SampleRow| {
        let is_count = is_whole(row, 0) && !is_numeric_time(row.cells[0].as_bytes());
        number(row, 0).filter(|ms| is_count && *ms < ms_per_day && ms % 1000.0 == 0.0)
    };
    let times: Option<Vec<f64>> = rows.iter().map(ms_of_day).collect();
    let is_of_day = times.is_some_and(|times| {
        times.is_sorted() && times.last().is_some_and(|last| *last > ms_per_day / 100.0)
    });
    let are_scaled = rows.iter().all(|row| (1..5).all(|idx| is_whole(row, idx)));
    if !(is_of_day || are_scaled && rows.iter().all(is_day)) {
        return None;
    }
    let day = if is_of_day {
        "$1 = sprintf(\"%s %02d:%02d:%02d\", day, $1 / 3600000, $1 / 60000 % 60, $1 / 1000 % 60); "
    } else {
        ""
    };
    let prices = if are_scaled {
        "for (i = 2; i < 6; i++) $i = sprintf(\"%.4f\", $i / 10000); "
    } else {
        ""
    };
    let variable = if is_of_day { " -v day='DAY'" } else { "" };
    let rest = format!(" -F, -v OFS=,{variable} '{{ {day}{prices}print $1, $2, $3, $4, $5, $6 }}'");
    let what = match (is_of_day, are_scaled) {
        (true, true) => {
            "its times are milliseconds of the day in its name, in the time zone of the exchange, \
             and share prices are multiplied by 10,000"
        }
        (true, false) => {
            "its times are milliseconds of the day in its name, in the time zone of the exchange"
        }
        (false, _) => "share prices are multiplied by 10,000",
    };
    let as_it_stands = if is_of_day {
        String::new()
    } else {
        "; if the prices are not multiplied, say which column is which by `--column time=1 \
         --column open=2 --column high=3 --column low=4 --column close=5 --column volume=6`"
            .to_owned()
    };
    Some(format!(
        "has the layout of LEAN (QuantConnect): {what}; convert it by `{}`{as_it_stands}",
        awk(&rest, rows[0].place.packing)
    ))
}

fn databento(rows: &[SampleRow]) -> Option<String> {
    let (names, rows) = rows.split_first()?;
    let at = |name: &str| names.cells.iter().position(|cell| cell == name);
    let prices: Option<Vec<usize>> = ["open", "high", "low", "close"].into_iter().map(at).collect();
    let prices = prices.filter(|_| DATABENTO.iter().all(|name| at(name).is_some()))?;
    let is_fixed = |row: &SampleRow| {
        let is_long = |idx: &usize| number(row, *idx).is_some_and(|price| price >= DATABENTO_MIN);
        row.cells.len() == names.cells.len()
            && prices.iter().all(|idx| is_whole(row, *idx) && is_long(idx))
    };
    if rows.is_empty() || !rows.iter().all(is_fixed) {
        return None;
    }
    let each = |idx: &usize| format!("${0} = sprintf(\"%.9f\", ${0} / 1e9)", idx + 1);
    let each = prices.iter().map(each).collect::<Vec<_>>().join("; ");
    let rest = format!(" -F, -v OFS=, 'NR > 1 {{ {each} }} 1'");
    Some(format!(
        "has the layout of Databento, whose prices are multiples of 1e-9; convert it by `{}`, or \
         pass `--column close=close` if they are not",
        awk(&rest, names.place.packing)
    ))
}

/// Returns the command that runs `awk` on the unpacked file.
fn awk(rest: &str, packing: Packing) -> String {
    let unpack = match packing {
        Packing::Gzip => "gzip -dc",
        Packing::Zstd => "zstd -dc",
        Packing::Bzip2 => "bzip2 -dc",
        Packing::Xz => "xz -dc",
        Packing::Zip => "unzip -p",
        Packing::Plain | Packing::Json | Packing::Parquet => {
            return format!("awk{rest} 'NAME' > bars.csv");
        }
    };
    format!("{unpack} 'NAME' | awk{rest} > bars.csv")
}

/// Replaces `DAY` in `problem` by the day in the name of the file, such
/// as `20131008_trade.zip`.
pub(super) fn with_day(problem: &str, name: &str) -> String {
    if !problem.contains("'DAY'") {
        return problem.to_owned();
    }
    let name = name.rsplit('/').next().unwrap_or_default();
    let mut runs = name.split(|letter: char| !letter.is_ascii_digit());
    let is_day = |run: &&str| run.len() == 8 && is_date(run.as_bytes());
    match runs.rfind(is_day) {
        Some(day) => {
            let day = format!("'{}-{}-{}'", &day[..4], &day[4..6], &day[6..]);
            problem.replace("'DAY'", &day)
        }
        None => format!("{problem}, with the day, such as 2020-01-31, in place of DAY"),
    }
}

/// Returns the warning that integer prices with times in milliseconds of
/// a day may be those of LEAN.
pub(super) fn warning(
    columns: &Columns,
    rows: &[Vec<String>],
    time: &TimeFormat,
) -> Option<String> {
    let prices = [columns.open, columns.high, columns.low, columns.close];
    let is_scaled = |cell: &str| {
        let is_whole = cell.trim().bytes().all(|byte| byte.is_ascii_digit());
        is_whole && number_in(cell).is_some_and(|price| price >= LEAN_SCALE)
    };
    let are_scaled = rows.iter().all(|row| prices.iter().all(|&idx| is_scaled(&row[idx])));
    (time.is_time_of_day() && are_scaled).then(|| {
        "the prices are whole numbers and the times are milliseconds since midnight, as LEAN \
         (QuantConnect) writes them: it multiplies share prices by 10,000; divide them if these \
         are"
        .to_owned()
    })
}
