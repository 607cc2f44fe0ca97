//! Finds which column holds what, by the names in the first line.
//!
//! A name counts when it is the word itself (`Close`), or ends in it
//! after a prefix (`BTC.close`); where two would do, the file is refused.

mod further;
mod given;
mod headless;
mod names;
mod settle;
mod time;
mod volumes;

use anyhow::{Result, bail};

use super::config::BarsConfig;
use super::number;
use super::timestamp::{TimeParser, TimeZone};
pub(super) use further::fits;
use given::Given;
pub(super) use headless::is_data;
use headless::{line_for, recognize};
use names::{
    find_adjusted, find_funding, find_part, find_price, find_splits, find_time, is_symbol, quoted,
    words, zone_of,
};
pub(super) use settle::settle_time;
pub(super) use time::TimeColumn;
use volumes::find_volumes;

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
    pub(super) symbol: Option<usize>,
    /// The close, adjusted for splits and dividends.
    pub(super) adjusted: Option<usize>,
    /// The ratios of splits.
    pub(super) splits: Option<usize>,
    /// All that can be the volume, the better first.
    volumes: Vec<usize>,
    names: Vec<String>,
}

impl Columns {
    /// Returns the columns of a file with these names.
    pub(super) fn find(names: &[String], config: &BarsConfig) -> Result<Self> {
        let words: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
        let given = Given { names, config };
        let mut missing = Vec::new();
        let time = match given.time()? {
            Some(time) => Some(time),
            None => find_time(&words),
        };
        if time.is_none() {
            missing.push("`time`".to_owned());
        }
        let mut price = |role: &str| -> Result<usize> {
            let found = match given.column(role)? {
                Some(idx) => Some(idx),
                None => find_price(&words, names, role)?,
            };
            if found.is_none() {
                missing.push(format!("`{role}`"));
            }
            Ok(found.unwrap_or_default())
        };
        let (open, high, low, close) =
            (price("open")?, price("high")?, price("low")?, price("close")?);
        let Some(time) = time.filter(|_| missing.is_empty()) else {
            bail!(
                "has no column {}; found {}; name the columns time, open, high, low, close \
                 and, if there is one, volume, or say which they are in `bars.columns`, such as \
                 by `--column close=NAME`",
                missing.join(", "),
                quoted(names)
            );
        };
        let volumes = match given.column("volume")? {
            Some(idx) => vec![idx],
            None => find_volumes(&words),
        };
        let funding = match given.column("funding")? {
            Some(idx) => Some(idx),
            None => find_funding(&words, names)?,
        };
        let symbol = given.column("symbol")?;
        let prices = [open, high, low, close];
        let is_free = |idx: &usize| !prices.contains(idx);
        let symbol =
            symbol.or_else(|| words.iter().position(|words| is_symbol(words))).filter(is_free);
        Ok(Self {
            width: names.len(),
            has_header: true,
            time,
            open,
            high,
            low,
            close,
            volume: volumes.first().copied(),
            funding,
            dividend: given.column("dividend")?,
            symbol,
            adjusted: find_adjusted(&words).filter(is_free),
            splits: find_splits(&words),
            volumes,
            names: names.to_vec(),
        })
    }

    /// Returns the columns of a file without names, of which `rows` are
    /// the first.
    ///
    /// Fails with the line of names to add where they could be mistaken.
    pub(super) fn of_headless(
        rows: &[Vec<String>],
        delimiter: u8,
        config: &BarsConfig,
    ) -> Result<Self> {
        let first = &rows[0];
        if is_kline(first) {
            return Ok(Self::of_klines());
        }
        let counted: Vec<String> = (1..=first.len()).map(|number| number.to_string()).collect();
        if !config.columns.is_empty() {
            let mut columns = Self::find(&counted, config)?;
            columns.has_header = false;
            return Ok(columns);
        }
        let Some(found) = recognize(rows) else {
            bail!(
                "has no line of names, and what each column holds is not beyond doubt; put this \
                 line at the top, with each name over its column: `{}`",
                line_for(first, delimiter)
            );
        };
        let mut names = counted;
        for (idx, name) in ["open", "high", "low", "close"].into_iter().enumerate() {
            name.clone_into(&mut names[found.open + idx]);
        }
        match found.time {
            TimeColumn::Whole(idx) => "time".clone_into(&mut names[idx]),
            TimeColumn::Split(date, clock) => {
                "date".clone_into(&mut names[date]);
                "time".clone_into(&mut names[clock]);
            }
        }
        if let Some(idx) = found.volume {
            "volume".clone_into(&mut names[idx]);
        }
        Ok(Self {
            width: first.len(),
            has_header: false,
            time: found.time,
            open: found.open,
            high: found.open + 1,
            low: found.open + 2,
            close: found.open + 3,
            volume: found.volume,
            funding: None,
            dividend: None,
            symbol: None,
            adjusted: None,
            splits: None,
            volumes: found.volume.into_iter().collect(),
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
            dividend: None,
            symbol: None,
            adjusted: None,
            splits: None,
            volumes: vec![5],
            names: KLINE_NAMES.map(str::to_owned).into(),
        }
    }

    /// Returns the name of the column of `part`, as the file has it.
    pub(super) fn name_of(&self, part: Part) -> String {
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
            Part::Dividend => self.dividend,
            Part::Symbol => self.symbol,
            Part::Further(idx) => Some(idx),
        };
        idx.and_then(|idx| self.names.get(idx))
            .map_or_else(|| "volume".to_owned(), |name| super::shown(name.as_bytes()))
    }

    /// Returns the zone that the name of the time's column tells.
    pub(super) fn zone(&self) -> Option<TimeZone> {
        match self.time {
            TimeColumn::Whole(idx) => zone_of(&self.names[idx]),
            TimeColumn::Split(date, clock) => {
                zone_of(&self.names[clock]).or_else(|| zone_of(&self.names[date]))
            }
        }
    }
}

/// Returns the columns of the time, and of the first of `roles` that
/// there is, of a file that begins with the names in `first`.
pub(super) fn find_series(names: &[String], roles: &[&str]) -> Result<(TimeColumn, usize)> {
    let words: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
    let Some(time) = find_time(&words) else {
        bail!("has no column `time`; found {}", quoted(names));
    };
    for role in roles {
        if let Some(idx) = find_part(&words, names, role)? {
            return Ok((time, idx));
        }
    }
    bail!("has no column `{}`; found {}; name it so", roles[0], quoted(names))
}

fn is_kline(first: &[String]) -> bool {
    let is_number =
        |text: &String| number::parse(text.trim().as_bytes()).is_some_and(f64::is_finite);
    let time = |idx: usize| TimeParser::new().parse(first[idx].trim().as_bytes());
    first.len() == N_KLINE_COLUMNS
        && first.iter().all(is_number)
        && time(0).is_some_and(|open_ms| time(KLINE_CLOSE_TIME) > Some(open_ms))
}
