//! Finds which column holds what, by the names in the first line.
//!
//! A name counts when it is the word itself (`Close`), or ends in it
//! after a prefix (`BTC.close`); where two would do, the file is refused.

mod further;
mod names;
mod time;

use anyhow::{Result, bail};

use super::number;
use super::rows::Row;
use super::timestamp::TimeParser;
pub(super) use further::fits;
use names::{find_funding, find_part, find_time, find_volume, is_symbol, quoted, words};
pub(super) use time::TimeColumn;

/// A Binance kline without a header: open time, open, high, low, close,
/// volume, close time and five more numbers.
const N_KLINE_COLUMNS: usize = 12;
const KLINE_CLOSE_TIME: usize = 6;
/// What the exchange itself calls them, where it does.
const KLINE_NAMES: [&str; N_KLINE_COLUMNS] = [
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

/// A part of a bar, as its file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Time,
    Open,
    High,
    Low,
    Close,
    Volume,
    Funding,
    Symbol,
    /// A further column, by its index in the row.
    Further(usize),
}

/// Which column holds which part of a bar.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// How many columns each row must have.
    pub(super) width: usize,
    /// Whether the first line holds names.
    pub(super) has_header: bool,
    pub(super) time: TimeColumn,
    pub(super) open: usize,
    pub(super) high: usize,
    pub(super) low: usize,
    pub(super) close: usize,
    pub(super) volume: Option<usize>,
    pub(super) funding: Option<usize>,
    pub(super) symbol: Option<usize>,
    names: Vec<String>,
}

impl Columns {
    /// Returns the columns of a file that begins with `first`.
    pub(super) fn find(first: Row<'_>) -> Result<Self> {
        if is_kline(first) {
            return Ok(Self::of_klines());
        }
        let names: Vec<String> = first
            .iter()
            .map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned())
            .collect();
        if first.len() > 1 && names.iter().any(|name| number::parse(name.as_bytes()).is_some()) {
            bail!(
                "has no line of names; put one at the top, such as \
                 `Date,open,high,low,close,volume` in the order of the columns"
            );
        }
        let words: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
        let mut missing = Vec::new();
        let time = find_time(&words);
        if time.is_none() {
            missing.push("`time`".to_owned());
        }
        let mut price = |role: &str| -> Result<usize> {
            let found = find_part(&words, &names, role)?;
            if found.is_none() {
                missing.push(format!("`{role}`"));
            }
            Ok(found.unwrap_or_default())
        };
        let (open, high, low, close) =
            (price("open")?, price("high")?, price("low")?, price("close")?);
        let volume = find_volume(&words, &names)?;
        let Some(time) = time.filter(|_| missing.is_empty()) else {
            bail!(
                "has no column {}; found {}; name the columns time, open, high, low, close \
                 and, if there is one, volume",
                missing.join(", "),
                quoted(&names)
            );
        };
        let funding = find_funding(&words, &names)?;
        let symbol = words.iter().position(|words| is_symbol(words));
        let width = names.len();
        Ok(Self {
            width,
            has_header: true,
            time,
            open,
            high,
            low,
            close,
            volume,
            funding,
            symbol,
            names,
        })
    }

    fn of_klines() -> Self {
        Self {
            width: N_KLINE_COLUMNS,
            has_header: false,
            time: TimeColumn::Whole(0),
            open: 1,
            high: 2,
            low: 3,
            close: 4,
            volume: Some(5),
            funding: None,
            symbol: None,
            names: KLINE_NAMES.map(str::to_owned).into(),
        }
    }

    /// Decides, from the first bar, whether `Date` and `Time` belong
    /// together or each tells the whole time.
    pub(super) fn settle_time(&mut self, first_bar: Row<'_>) -> Result<()> {
        let is_count = |idx: usize| {
            first_bar
                .get(idx)
                .is_some_and(|text| text.len() < 9 && text.iter().all(u8::is_ascii_digit))
        };
        if self.time == TimeColumn::Whole(0) && self.names[0].is_empty() && is_count(0) {
            bail!("has no column `time`: the first, without a name, only counts rows");
        }
        self.time = self.time.settle(first_bar);
        Ok(())
    }

    /// Returns the name of the column of `part`, as the file has it.
    pub(super) fn name_of(&self, part: Part) -> &str {
        let idx = match part {
            Part::Time => match self.time {
                TimeColumn::Whole(idx) | TimeColumn::Split(idx, _) => Some(idx),
            },
            Part::Open => Some(self.open),
            Part::High => Some(self.high),
            Part::Low => Some(self.low),
            Part::Close => Some(self.close),
            Part::Volume => self.volume,
            Part::Funding => self.funding,
            Part::Symbol => self.symbol,
            Part::Further(idx) => Some(idx),
        };
        idx.and_then(|idx| self.names.get(idx)).map_or("volume", String::as_str)
    }
}

/// Returns the columns of the time, and of the first of `roles` that
/// there is, of a file that begins with the names in `first`.
pub(super) fn find_series(first: Row<'_>, roles: &[&str]) -> Result<(TimeColumn, usize)> {
    let names: Vec<String> =
        first.iter().map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned()).collect();
    let words: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
    let Some(time) = find_time(&words) else {
        bail!("has no column `time`; found {}", quoted(&names));
    };
    for role in roles {
        if let Some(idx) = find_part(&words, &names, role)? {
            return Ok((time, idx));
        }
    }
    bail!("has no column `{}`; found {}; name it so", roles[0], quoted(&names))
}

fn is_kline(first: Row<'_>) -> bool {
    let is_number = |text: &[u8]| number::parse(text.trim_ascii()).is_some_and(f64::is_finite);
    let time =
        |idx: usize| first.get(idx).and_then(|text| TimeParser::new().parse(text.trim_ascii()));
    first.len() == N_KLINE_COLUMNS
        && first.iter().all(is_number)
        && time(0).is_some_and(|open_ms| time(KLINE_CLOSE_TIME) > Some(open_ms))
}
