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

/// A volume changes by more from row to row, in proportion to the close.
const RATIO_STEP_MAX: f64 = 0.01;

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

pub(super) fn number(row: &[String], idx: usize) -> Option<f64> {
    row.get(idx).and_then(|cell| number_in(cell))
}

/// Returns the numbers in the four cells from `begin` on.
pub(super) fn four_numbers(row: &[String], begin: usize) -> Option<[f64; 4]> {
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
    rows.iter().all(is_above) && 2 * n_prices < rows.len() && !follows_close(rows, open + 3, volume)
}

/// Whether the column is in a constant ratio to the close from most rows
/// to the next one, as an adjusted close is between two dividends.
pub(super) fn follows_close(rows: &[Vec<String>], close: usize, idx: usize) -> bool {
    let numbers = |row: &Vec<String>| Some((number(row, idx)?, number(row, close)?));
    let pairs: Vec<(f64, f64)> = rows.iter().filter_map(numbers).collect();
    let is_step = |pair: &&[(f64, f64)]| {
        let [before, after] = [pair[0], pair[1]].map(|(number, close)| number / close);
        (after / before - 1.0).abs() < RATIO_STEP_MAX
    };
    let n_steps = pairs.windows(2).filter(is_step).count();
    let is_fraction = pairs.iter().any(|(number, _)| number.fract() != 0.0);
    let is_constant = rows.iter().all(|row| row.get(idx) == rows[0].get(idx));
    is_fraction && !is_constant && 5 * n_steps >= 4 * (pairs.len() - 1).max(1)
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
pub(super) fn steps_between(prices: &[[f64; 2]], is_newest_first: bool) -> (f64, f64) {
    let (mut forward, mut backward) = (0.0, 0.0);
    for pair in prices.windows(2) {
        let ([open, close], [next_open, next_close]) = (pair[0], pair[1]);
        forward += (next_open - close).abs();
        backward += (next_close - open).abs();
    }
    if is_newest_first { (backward, forward) } else { (forward, backward) }
}
