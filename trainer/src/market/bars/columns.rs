//! Finds the role of each column by its name in the header.
//!
//! A name matches if it is the word itself (`Close`) or ends in it after
//! a prefix (`BTC.close`). A file in which two columns match is refused.

mod bar_start;
mod contracts;
mod find;
mod find_symbol;
mod find_volumes;
mod further;
mod header_line;
mod headerless;
mod hour_ending;
mod klines;
mod languages;
mod names;
mod numbered_periods;
mod resolve;
mod symbol;
mod time;
mod time_names;
mod time_parts;
mod variants;
mod volume_guesses;
mod volume_names;
mod volume_warning;
mod volumes;
mod wide;
mod zone_names;
mod zones;

pub(super) use contracts::contract_root;
pub(super) use find::find_series;
pub(super) use further::matches_pattern;
pub(super) use header_line::line_for_parts;
pub(super) use headerless::{is_counted, is_data, is_reversed};
pub(super) use languages::is_name_in_language;
pub(super) use names::PRICES;
pub(super) use resolve::resolve_time;
pub(super) use symbol::SymbolColumn;
pub(super) use time::TimeColumn;
pub(super) use variants::is_interval;
pub(super) use volumes::is_volume_name;
use wide::WideSymbols;

/// A field of a bar, to which a column may belong.
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
    /// A further column, by its index.
    Further(usize),
}

/// The column of each field of a bar, by index.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// The number of columns that each row must have.
    pub(super) width: usize,
    /// Whether the file has a header.
    pub(super) has_header: bool,
    pub(super) time: TimeColumn,
    /// Whether the settings name it.
    pub(super) is_time_configured: bool,
    /// Whether the hours are those at which bars end.
    pub(super) are_hours_ending: bool,
    pub(super) open: usize,
    pub(super) high: usize,
    pub(super) low: usize,
    pub(super) close: usize,
    pub(super) volume: Option<usize>,
    pub(super) funding: Option<usize>,
    /// Only if the settings name it: with prices that are adjusted for
    /// dividends it would count them twice.
    pub(super) dividend: Option<usize>,
    pub(super) symbol: Option<SymbolColumn>,
    /// The symbols, or kinds of prices, of a table in wide format; the
    /// columns above are those of the chosen one, else of the first.
    pub(super) wide: Option<WideSymbols>,
    /// Columns with the same text in all rows of the sample, and that text.
    pub(super) labels: Vec<(usize, String)>,
    /// Closes that are adjusted for splits and dividends.
    pub(super) adjusted: Option<usize>,
    /// Split ratios.
    pub(super) splits: Option<usize>,
    /// The volume in money, whose ratio to the volume is a price.
    pub(super) turnover: Option<usize>,
    /// All columns that can be the volume, best first.
    volumes: Vec<usize>,
    names: Vec<String>,
}

impl Columns {
    /// Returns the columns of a file with only a time and prices.
    fn of_prices(time: TimeColumn, prices: [usize; 4], names: Vec<String>) -> Self {
        let [open, high, low, close] = prices;
        Self {
            width: names.len(),
            has_header: false,
            time,
            is_time_configured: false,
            are_hours_ending: false,
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
            turnover: None,
            volumes: Vec::new(),
            names,
        }
    }

    /// Returns the name of the column of `field`, as the file has it.
    pub(super) fn name_of(&self, field: BarField) -> String {
        let idx = match field {
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
