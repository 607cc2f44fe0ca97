//! Finds which column holds what, by the names in the first line.
//!
//! A name counts when it is the word itself (`Close`), or ends in it
//! after a prefix (`BTC.close`); where two would do, the file is refused.

mod contracts;
mod find;
mod find_symbol;
mod further;
mod given;
mod headerless;
mod klines;
mod languages;
mod names;
mod others;
mod resolve;
mod symbol;
mod time;
mod time_names;
mod time_parts;
mod variants;
mod volumes;
mod wide;
mod zones;

pub(super) use find::find_series;
pub(super) use further::fits;
pub(super) use headerless::{is_data, is_reversed, line_for_parts};
pub(super) use resolve::resolve_time;
pub(super) use symbol::SymbolColumn;
pub(super) use time::TimeColumn;
pub(super) use variants::is_interval;
use wide::WideSymbols;

/// A part of a bar, as its file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BarField {
    Time,
    Open,
    High,
    Low,
    Close,
    Volume,
    Funding,
    Dividend,
    Symbol,
    /// A further column, by its index in the row.
    Further(usize),
}

/// Which column holds which part of a bar.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// How many columns each row must have.
    pub(super) width: usize,
    /// Whether a line holds names.
    pub(super) has_header: bool,
    /// Whether the settings say which column is which.
    pub(super) are_configured: bool,
    pub(super) time: TimeColumn,
    pub(super) open: usize,
    pub(super) high: usize,
    pub(super) low: usize,
    pub(super) close: usize,
    pub(super) volume: Option<usize>,
    pub(super) funding: Option<usize>,
    /// Only where the settings name it: of prices that are adjusted for
    /// dividends it would count them twice.
    pub(super) dividend: Option<usize>,
    pub(super) symbol: Option<SymbolColumn>,
    /// Symbols, or kinds of prices, that stand side by side: the prices
    /// here are of the one that is chosen, else of the first.
    pub(super) wide: Option<WideSymbols>,
    /// Columns of one text in all rows of the sample, and that text.
    pub(super) labels: Vec<(usize, String)>,
    /// The close, adjusted for splits and dividends.
    pub(super) adjusted: Option<usize>,
    /// The ratios of splits.
    pub(super) splits: Option<usize>,
    /// All that can be the volume, the better first.
    volumes: Vec<usize>,
    names: Vec<String>,
}

impl Columns {
    /// Returns the columns of a file that has nothing else.
    fn of_prices(time: TimeColumn, prices: [usize; 4], names: Vec<String>) -> Self {
        let [open, high, low, close] = prices;
        Self {
            width: names.len(),
            has_header: false,
            are_configured: false,
            time,
            open,
            high,
            low,
            close,
            volume: None,
            funding: None,
            dividend: None,
            symbol: None,
            wide: None,
            labels: Vec::new(),
            adjusted: None,
            splits: None,
            volumes: Vec::new(),
            names,
        }
    }

    /// Returns the name of the column of `part`, as the file has it.
    pub(super) fn name_of(&self, part: BarField) -> String {
        let idx = match part {
            BarField::Time => self.time.all().first().copied(),
            BarField::Open => Some(self.open),
            BarField::High => Some(self.high),
            BarField::Low => Some(self.low),
            BarField::Close => Some(self.close),
            BarField::Volume => self.volume,
            BarField::Funding => self.funding,
            BarField::Dividend => self.dividend,
            BarField::Symbol => self.symbol.map(SymbolColumn::idx),
            BarField::Further(idx) => Some(idx),
        };
        idx.and_then(|idx| self.names.get(idx))
            .map_or_else(|| "volume".to_owned(), |name| super::printable(name.as_bytes()))
    }
}
