//! The header that is advised for a file without one.

use super::headerless::{follows_close, four_numbers, number, steps_between};
use crate::market::bars::lenient::number_in;
use crate::market::bars::timestamp::{is_bare_clock, is_date, is_numeric_time};

const PARTS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// The high of a bar is less than this many times its low.
const RANGE_MAX: f64 = 3.0;

/// Returns what to say about a header in which open and close are side by
/// side: few rows tell them apart.
pub(super) fn order_note(line: &str) -> &'static str {
    if line.contains("open,close") || line.contains("close,open") {
        "; which of `open` and `close` comes first is a guess, so compare a row with another source"
    } else {
        ""
    }
}

/// Returns a likely header for a file that begins with `rows`.
pub(super) fn line_for(rows: &[Vec<String>], delimiter: u8) -> String {
    let row = &rows[0];
    let mut parts = PARTS;
    let (mut n_parts, mut has_time, mut has_clock, mut has_symbol) = (0, false, false, false);
    let mut name = |(idx, cell): (usize, &String)| -> String {
        let cell = cell.trim().as_bytes();
        let is_number = number_in(std::str::from_utf8(cell).unwrap_or_default()).is_some();
        let name = if !has_time && (is_date(cell) || is_numeric_time(cell)) {
            has_time = true;
            "date"
        } else if has_time && !has_clock && n_parts == 0 && is_bare_clock(cell) {
            has_clock = true;
            "time"
        } else if is_number && n_parts == 4 && is_mean(row, idx) {
            "vwap"
        } else if is_number && n_parts == 4 && follows_close(rows, idx - 1, idx) {
            "adj_close"
        } else if is_number && has_time && n_parts < parts.len() {
            if n_parts == 0 {
                parts = parts_from(rows, idx);
            }
            n_parts += 1;
            parts[n_parts - 1]
        } else if !is_number && !has_symbol && !is_date(cell) {
            has_symbol = true;
            "symbol"
        } else {
            return format!("column{}", idx + 1);
        };
        name.to_owned()
    };
    let names: Vec<String> = row.iter().enumerate().map(&mut name).collect();
    names.join(&char::from(delimiter).to_string())
}

/// Returns the names of the columns from `begin` on: prices in an order
/// that fits all rows, and the volume before or after them.
fn parts_from(rows: &[Vec<String>], begin: usize) -> [&'static str; 5] {
    if let Some([first, second, third, fourth]) = price_order(rows, begin) {
        return [first, second, third, fourth, "volume"];
    }
    match price_order(rows, begin + 1) {
        Some([first, second, third, fourth]) => ["volume", first, second, third, fourth],
        None => PARTS,
    }
}

/// Returns the names of four columns of prices: the largest of each row
/// is the high, the smallest the low, and an open is near the close before.
fn price_order(rows: &[Vec<String>], begin: usize) -> Option<[&'static str; 4]> {
    let all: Option<Vec<[f64; 4]>> = rows.iter().map(|row| four_numbers(row, begin)).collect();
    let all = all?;
    // Of equal prices, the one in the usual place.
    let extreme = |places: [usize; 4], is: fn(f64, f64) -> bool| {
        let is_extreme =
            |&at: &usize| all.iter().all(|row| row.iter().all(|price| is(row[at], *price)));
        places.into_iter().find(is_extreme)
    };
    let high = extreme([1, 0, 2, 3], |one, other| one >= other)?;
    let low = extreme([2, 0, 1, 3], |one, other| one <= other)?;
    let is_range = all.iter().all(|row| row[low] > 0.0 && row[high] < RANGE_MAX * row[low]);
    let mut others = (0..4).filter(|at| *at != high && *at != low);
    let (mut open, mut close) = (others.next()?, others.next()?);
    let ends: Vec<[f64; 2]> = all.iter().map(|row| [row[open], row[close]]).collect();
    let (right, reversed) = steps_between(&ends, is_newest_first(rows));
    if reversed < right {
        (open, close) = (close, open);
    }
    let mut names = [""; 4];
    for (at, name) in [(open, "open"), (high, "high"), (low, "low"), (close, "close")] {
        names[at] = name;
    }
    is_range.then_some(names)
}

/// Whether the first cells, numbers or dates with the year first, decrease.
fn is_newest_first(rows: &[Vec<String>]) -> bool {
    rows.len() > 1 && rows[0].first() > rows[rows.len() - 1].first()
}

/// Returns the header for a file whose first `row` has year, month and
/// day in columns of their own.
pub(in crate::market::bars) fn line_for_parts(row: &[String], delimiter: u8) -> Option<String> {
    const CLOCK: [&str; 3] = ["hour", "minute", "second"];
    let whole = |idx: usize| row.get(idx)?.trim().parse::<u32>().ok();
    let is_date = whole(0).is_some_and(|year| (1980..2100).contains(&year))
        && whole(1).is_some_and(|month| (1..=12).contains(&month))
        && whole(2).is_some_and(|day| (1..=31).contains(&day));
    let is_range = |open: usize| {
        matches!(four_numbers(row, open), Some([open, high, low, close])
            if low <= open.min(close) && open.max(close) <= high)
    };
    let n_clock = (0..=CLOCK.len()).find(|n| is_range(3 + n)).filter(|_| is_date)?;
    let names = ["year", "month", "day"].into_iter().chain(CLOCK.into_iter().take(n_clock));
    let names: Vec<String> = names.chain(PARTS).take(row.len()).map(str::to_owned).collect();
    let others = (names.len() + 1..=row.len()).map(|number| format!("column{number}"));
    Some(
        names
            .iter()
            .cloned()
            .chain(others)
            .collect::<Vec<_>>()
            .join(&char::from(delimiter).to_string()),
    )
}

/// Whether the number at `idx` lies between the low and the high, two and
/// three columns before it.
fn is_mean(row: &[String], idx: usize) -> bool {
    let at = |back: usize| idx.checked_sub(back).and_then(|idx| number(row, idx));
    let (Some(high), Some(low), Some(mean)) = (at(3), at(2), at(0)) else {
        return false;
    };
    low <= mean && mean <= high
}
