//! Reads market bars (OHLCV) from files of many formats and checks each.
//!
//! The first rows decide the format of a file (`file_format`); one pass
//! then reads the bars (`reader`). Bars are streamed: memory does not
//! grow with the file. Rows are repaired or left out only on request; a
//! bad row is otherwise an error that names it.

mod block_reader;
mod check;
mod columns;
mod config;
mod file_format;
mod file_series;
mod input;
mod kind;
mod lenient;
mod letters;
mod number;
mod observer;
mod parquet;
mod partition;
mod price_scale;
mod read_report;
mod reader;
mod rows;
mod series;
mod sessions;
mod source;
mod spill;
mod stats;
mod summary;
mod tally;
mod timestamp;

pub use config::{BadRows, BarsConfig, Decimal, Reading};
pub use input::Place;
pub(crate) use input::ZstdReader;
pub use kind::{BarKind, Mismatch, Volume};
pub use price_scale::{Close, PriceScale};
pub use read_report::ReadReport;
pub use reader::{BarReader, Repairs};
pub(crate) use rows::Rows;
pub use series::{Sample, SeriesReader};
pub use source::{BUILTIN_BTCUSD_30M, BarSource, SymbolBars};
pub use stats::BarStats;
pub use summary::DataSummary;
pub(crate) use timestamp::TimeParser;
pub use timestamp::parse_time_ms;

use crate::wording::is_unprintable;

/// Prices and volume of one interval of trading (OHLCV).
///
/// Bars from a [`BarReader`] hold finite, positive prices with
/// `low <= open, close <= high`, a finite volume of at least 0, and
/// times that strictly increase from bar to bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// The time at which the bar opens, in milliseconds since 1970-01-01
    /// UTC.
    pub time_ms: i64,
    /// The first price of the bar.
    pub open: f64,
    /// The highest price of the bar.
    pub high: f64,
    /// The lowest price of the bar.
    pub low: f64,
    /// The last price of the bar.
    pub close: f64,
    /// The volume in units of the asset; 0 if the file has no such column.
    pub volume: f64,
    /// The funding rate: what a long position pays to a short one at the
    /// bar's close, as a fraction of its value then. Negative if the
    /// short pays; 0 if the file has no such column.
    pub funding: f64,
    /// The dividend, in money per unit held before the bar and paid at its
    /// open: the bar is the first ex-dividend. 0 if the file has no such
    /// column.
    pub dividend: f64,
}

/// Returns bytes of a file as text for messages: control characters are
/// escaped, as are those that reverse the text behind them, and at most 80
/// characters are kept.
fn printable(bytes: &[u8]) -> String {
    const LETTERS_MAX: usize = 80;
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::new();
    for letter in text.chars().take(LETTERS_MAX) {
        if is_unprintable(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    if text.chars().count() > LETTERS_MAX {
        shown.push('…');
    }
    shown
}
