//! Finds the columns of a file without a header by their values.

use std::cmp::Ordering;

use super::resolve::all;
use super::time::TimeColumn;
use crate::market::bars::lenient::number_in;
use crate::market::bars::timestamp::{is_bare_clock, is_clock, is_date, is_numeric_time};

/// The rows from which on open and close can be distinguished, and from
/// which on that is certain.
const N_PAIRS_MIN: usize = 5;
const N_PAIRS_MANY: usize = 30;

/// The columns of a file without a header.
pub(super) struct HeaderlessColumns {
    pub(super) symbol: Option<usize>,
    pub(super) time: TimeColumn,
    /// The index of the open; high, low and close follow.
    pub(super) open: usize,
    pub(super) volume: Option<usize>,
}

/// The most columns of labels before the time.
const N_LABELS_MAX: usize = 2;

const PARTS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// The high of a bar is less than this many times its low.
const RANGE_MAX: f64 = 3.0;

/// Whether `row` holds a time and at least four numbers, as a bar does.
pub(in crate::market::bars) fn is_data(row: &[String]) -> bool {
    let n_numbers = row.iter().filter(|cell| number_in(cell).is_some()).count();
    n_numbers >= 4 && row.iter().any(|cell| is_date_or_count(cell))
}

fn is_date_or_count(cell: &str) -> bool {
    is_date(cell.trim().as_bytes()) || is_numeric_time(cell.trim().as_bytes())
}

/// Returns the columns of `rows` if they are unambiguous: possibly a
/// symbol or a row number, a time, then open, high, low and close in this
/// order, then possibly a volume.
pub(super) fn recognize(rows: &[Vec<String>]) -> Option<HeaderlessColumns> {
    let n_labels = (0..N_LABELS_MAX).take_while(|&idx| is_label(rows, idx)).count();
    let from = |first: usize| Some((first, recognize_from(rows, first)?));
    let (first, found) = (0..=n_labels).find_map(from)?;
    let symbol = (first > 0 && !is_counted(rows)).then_some(0);
    Some(HeaderlessColumns { symbol, ..found })
}

/// Whether the column holds texts that are no times, such as a symbol, or
/// numbers that tell nothing.
fn is_label(rows: &[Vec<String>], idx: usize) -> bool {
    let is_text = |row: &Vec<String>| {
        row.get(idx).is_some_and(|cell| {
            cell.chars().any(char::is_alphabetic)
                && number_in(cell).is_none()
                && !is_date(cell.trim().as_bytes())
        })
    };
    let is_first = |row: &Vec<String>| row.get(idx) == rows[0].get(idx);
    let are_constant = rows.len() > 1 && rows.iter().all(is_first);
    rows.iter().all(is_text) || are_constant || (idx == 0 && is_counted(rows))
}

/// Whether the first column counts the rows.
pub(in crate::market::bars) fn is_counted(rows: &[Vec<String>]) -> bool {
    let count = |row: &Vec<String>| row[0].trim().parse::<usize>().ok();
    let follows = |pair: &[Vec<String>]| {
        let next = count(&pair[0]).and_then(|before| before.checked_add(1));
        next.is_some() && count(&pair[1]) == next
    };
    rows.len() > 1 && rows.windows(2).all(follows)
}

/// Returns the columns if the time begins in the column at `first`.
fn recognize_from(rows: &[Vec<String>], first: usize) -> Option<HeaderlessColumns> {
    let (next, third) = (first + 1, first + 2);
    let is_time = all(rows, &is_date, first) || all(rows, &is_numeric_time, first);
    // Digits may be a price or volume; those of a clock time have the same
    // length in each row, or increase during a day.
    let are_long = rows.iter().all(|row| row.get(next).is_some_and(|cell| cell.trim().len() == 4));
    let are_clocks = all(rows, &is_clock, next) && (are_long || increases_within(rows, first));
    let has_clock = is_time && (all(rows, &is_bare_clock, next) || are_clocks);
    let whole = (is_time && are_prices(rows, next)).then_some((TimeColumn::Whole(first), next));
    let split =
        (has_clock && are_prices(rows, third)).then_some((TimeColumn::Split(first, next), third));
    // If both match, the columns are ambiguous.
    let (time, open) = whole.xor(split)?;
    let volume = Some(open + 4).filter(|volume| rows[0].len() > *volume);
    let is_right = volume.is_none_or(|volume| is_volume(rows, open, volume));
    is_right.then_some(HeaderlessColumns { symbol: None, time, open, volume })
}

/// Whether the numbers behind a date increase, or all decrease, as long as
/// it is the same.
fn increases_within(rows: &[Vec<String>], date: usize) -> bool {
    let pairs = rows.windows(2).filter(|pair| pair[0].get(date) == pair[1].get(date));
    let order =
        |pair: &[Vec<String>]| number(&pair[0], date + 1).partial_cmp(&number(&pair[1], date + 1));
    let orders: Vec<Option<Ordering>> = pairs.map(order).collect();
    let are_all = |order: Ordering| orders.iter().all(|found| *found == Some(order));
    !orders.is_empty() && (are_all(Ordering::Less) || are_all(Ordering::Greater))
}

fn number(row: &[String], idx: usize) -> Option<f64> {
    row.get(idx).and_then(|cell| number_in(cell))
}

/// Returns the numbers in the four cells from `begin` on.
fn four_numbers(row: &[String], begin: usize) -> Option<[f64; 4]> {
    let [one, two, three, four] = [0, 1, 2, 3].map(|idx| number(row, begin + idx));
    Some([one?, two?, three?, four?])
}

/// Whether the four columns from `open` on are prices of a bar in each
/// row, and differ in some row.
fn are_prices(rows: &[Vec<String>], open: usize) -> bool {
    let prices = |row: &Vec<String>| -> Option<[f64; 4]> {
        let prices = four_numbers(row, open)?;
        let [open, high, low, close] = prices;
        let are_above_0 = prices.iter().all(|price| *price > 0.0);
        (are_above_0 && low <= open.min(close) && open.max(close) <= high).then_some(prices)
    };
    let all: Option<Vec<[f64; 4]>> = rows.iter().map(prices).collect();
    all.is_some_and(|all| all.iter().any(|[_, high, low, _]| high > low))
}

/// Whether the column is a volume, not a fifth price, which would lie
/// between low and high.
fn is_volume(rows: &[Vec<String>], open: usize, volume: usize) -> bool {
    let is_above = |row: &Vec<String>| number(row, volume).is_some_and(|volume| volume >= 0.0);
    let is_price = |row: &Vec<String>| {
        let (high, low) = (number(row, open + 1), number(row, open + 2));
        let volume = number(row, volume);
        low <= volume && volume <= high
    };
    // A mean price may be outside of the range in rows without trades.
    let n_prices = rows.iter().filter(|row| is_price(row)).count();
    rows.iter().all(is_above) && 2 * n_prices < rows.len()
}

/// Whether the pairs of open and close are rather pairs of close and
/// open: the second price of a row is then near the first one of the row
/// before.
pub(in crate::market::bars) fn is_reversed(prices: &[[f64; 2]], is_newest_first: bool) -> bool {
    let (right, reversed) = steps_between(prices, is_newest_first);
    let most = match prices.len() {
        0..N_PAIRS_MIN => 0.0,
        N_PAIRS_MIN..N_PAIRS_MANY => 0.25,
        _ => 0.5,
    };
    reversed < most * right
}

/// Returns the sum of the steps from the second price of a row to the
/// first one of the next row, and of those the other way round.
fn steps_between(prices: &[[f64; 2]], is_newest_first: bool) -> (f64, f64) {
    let (mut forward, mut backward) = (0.0, 0.0);
    for pair in prices.windows(2) {
        let ([open, close], [next_open, next_close]) = (pair[0], pair[1]);
        forward += (next_open - close).abs();
        backward += (next_close - open).abs();
    }
    if is_newest_first { (backward, forward) } else { (forward, backward) }
}

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
        } else if is_number && has_time && n_parts < parts.len() {
            if n_parts == 0 {
                parts = parts_from(rows, idx);
            }
            n_parts += 1;
            parts[n_parts - 1]
        } else if !is_number && !has_symbol {
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
