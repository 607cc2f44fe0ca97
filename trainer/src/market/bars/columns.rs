//! Finds which column holds what, by the names in the first line.
//!
//! A name counts when it is the word itself (`Close`), or ends in it
//! after a prefix (`BTC.close`); where two would do, the file is refused.

mod beside;
mod contracts;
mod cutting;
mod further;
mod given;
mod headless;
mod klines;
mod languages;
mod names;
mod settle;
mod symbol;
mod time;
mod time_names;
mod variants;
mod volumes;

use anyhow::{Result, bail};

use super::config::BarsConfig;
use super::timestamp::TimeZone;
use beside::Beside;
pub(super) use further::fits;
use given::Given;
pub(super) use headless::{is_data, is_reversed};
use headless::{line_for, recognize};
use names::{find_adjusted, find_funding, find_part, find_price, find_splits, quoted, words};
pub(super) use settle::settle_time;
pub(super) use symbol::SymbolColumn;
pub(super) use time::TimeColumn;
use time_names::{find_time, parts_of_time, zone_of};
pub(super) use variants::is_interval;
use volumes::find_volumes;

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
    /// Whether the settings say which column is which.
    pub(super) are_given: bool,
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
    pub(super) beside: Option<Beside>,
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
    /// Returns the columns of a file with these names.
    pub(super) fn find(all_names: &[String], config: &BarsConfig) -> Result<Self> {
        let beside = Beside::find(all_names, config)?;
        let masked = beside.as_ref().map(Beside::masked);
        let names = masked.as_deref().unwrap_or(all_names);
        let words: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
        let given = Given { names: all_names, config };
        let mut missing = Vec::new();
        let mut time = given.time()?;
        if time.is_none() {
            time = find_time(names);
            refuse_parts(names, time)?;
        }
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
            let first = missing[0].trim_matches('`').to_owned();
            bail!(
                "has no column {}; found {}; name the columns time, open, high, low, close \
                 and, if there is one, volume, or say which they are in `bars.columns`, such as \
                 by `--column {first}=NAME`",
                missing.join(", "),
                quoted(names)
            );
        };
        let volumes = match given.column("volume")? {
            Some(idx) => vec![idx],
            None => find_volumes(&words, names),
        };
        let funding = match given.column("funding")? {
            Some(idx) => Some(idx),
            None => find_funding(&words, names)?,
        };
        let prices = [open, high, low, close];
        let is_free = |idx: &usize| !prices.contains(idx);
        Ok(Self {
            has_header: true,
            are_given: !config.columns.is_empty(),
            volume: volumes.first().copied(),
            funding,
            dividend: given.column("dividend")?,
            symbol: given.symbol()?,
            beside,
            adjusted: find_adjusted(&words).filter(is_free),
            splits: find_splits(&words),
            volumes,
            ..Self::of_prices(time, prices, all_names.to_vec())
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
        if klines::is_kline(first) {
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
        let prices = [0, 1, 2, 3].map(|idx| found.open + idx);
        Ok(Self {
            volume: found.volume,
            volumes: found.volume.into_iter().collect(),
            ..Self::of_prices(found.time, prices, names)
        })
    }

    /// Returns the columns of a file that has nothing else.
    fn of_prices(time: TimeColumn, prices: [usize; 4], names: Vec<String>) -> Self {
        let [open, high, low, close] = prices;
        Self {
            width: names.len(),
            has_header: false,
            are_given: false,
            time,
            open,
            high,
            low,
            close,
            volume: None,
            funding: None,
            dividend: None,
            symbol: None,
            beside: None,
            labels: Vec::new(),
            adjusted: None,
            splits: None,
            volumes: Vec::new(),
            names,
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
            Part::Symbol => self.symbol.map(SymbolColumn::idx),
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
    let Some(time) = find_time(names) else {
        bail!("has no column `time`; found {}", quoted(names));
    };
    for role in roles {
        if let Some(idx) = find_part(&words, names, role)? {
            return Ok((time, idx));
        }
    }
    bail!("has no column `{}`; found {}; name it so", roles[0], quoted(names))
}

/// Fails where the date or the clock is cut up into columns of its own.
fn refuse_parts(names: &[String], time: Option<TimeColumn>) -> Result<()> {
    let taken = time.map(TimeColumn::all).unwrap_or_default();
    let Some(parts) = parts_of_time(names, &taken) else {
        return Ok(());
    };
    let is_whole = matches!(time, Some(TimeColumn::Whole(idx)) if !parts.contains(&idx));
    if is_whole {
        return Ok(());
    }
    let parts: Vec<String> = parts.iter().map(|idx| names[*idx].clone()).collect();
    bail!(
        "has the time in several columns, {}; write it to one, such as `2020-01-31 09:30`, or \
         name the column that tells the whole time by `--column time=NAME`",
        quoted(&parts)
    )
}
