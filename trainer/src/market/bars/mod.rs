//! Reads market bars from the files that people have, and refuses what
//! is not right.
//!
//! A first look at some rows decides the form of a file (`format`), a pass
//! then reads by it (`reader`). Bars are streamed: memory does not grow
//! with the file. Nothing is repaired or left out that was not asked
//! for; a bad row is an error that names it.

mod block_reader;
mod check;
mod columns;
mod config;
mod file_format;
mod file_series;
mod input;
mod kind;
mod lenient;
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
mod timestamp;

pub use config::{BadRows, BarsConfig, Decimal, Reading};
pub use input::Place;
pub(crate) use input::ZstdReader;
pub use kind::{BarKind, Mismatch, Volume};
pub use read_report::ReadReport;
pub use price_scale::{Close, PriceScale};
pub use reader::{BarReader, Repairs};
pub(crate) use rows::Rows;
pub use series::{Sample, SeriesReader};
pub use source::{BUILTIN_BTCUSD_30M, BarSource, SymbolBars};
pub use stats::BarStats;
pub use summary::DataSummary;
pub(crate) use timestamp::TimeParser;
pub use timestamp::parse_time_ms;

/// What one interval of trading did.
///
/// Bars from a [`BarReader`] hold finite, positive prices with
/// `low <= open, close <= high`, a finite volume of at least 0, and
/// times that strictly increase from bar to bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// When the bar opened, in milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// The first price of the bar.
    pub open: f64,
    /// The highest price of the bar.
    pub high: f64,
    /// The lowest price of the bar.
    pub low: f64,
    /// The last price of the bar.
    pub close: f64,
    /// How much was traded; 0 where the file has no such column.
    pub volume: f64,
    /// What a long position pays at the bar's close, as a fraction of
    /// its value there, and a short receives; below 0 the other way; 0
    /// where the file says nothing.
    pub funding: f64,
    /// What one unit held into the bar is paid at its open, in money: the
    /// bar is the first that trades without it; 0 where the file says
    /// nothing.
    pub dividend: f64,
}

/// Returns bytes of a file as they may be shown: no control character
/// reaches a terminal, and not too much of them does.
fn printable(bytes: &[u8]) -> String {
    const LETTERS_MAX: usize = 80;
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::new();
    for letter in text.chars().take(LETTERS_MAX) {
        if letter.is_control() {
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
