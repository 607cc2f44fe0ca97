//! Klines as Binance publishes them, without a header.

use super::{Columns, TimeColumn};
use crate::market::bars::number;
use crate::market::bars::timestamp::TimeParser;

const N_COLUMNS: usize = 12;
const CLOSE_TIME: usize = 6;
/// The names that the exchange uses where it writes a header.
const NAMES: [&str; N_COLUMNS] = [
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
];

/// Returns the columns of klines.
pub(super) fn columns() -> Columns {
    let names = NAMES.map(str::to_owned).into();
    Columns {
        volume: Some(5),
        volumes: vec![5],
        ..Columns::of_prices(TimeColumn::Whole(0), [1, 2, 3, 4], names)
    }
}

/// Whether the first row of a file is a kline.
pub(super) fn is_kline(first: &[String]) -> bool {
    let is_number =
        |text: &String| number::parse(text.trim().as_bytes()).is_some_and(f64::is_finite);
    let time = |idx: usize| TimeParser::new().parse(first[idx].trim().as_bytes());
    first.len() == N_COLUMNS
        && first.iter().all(is_number)
        && time(0).is_some_and(|open_ms| time(CLOSE_TIME) > Some(open_ms))
}
