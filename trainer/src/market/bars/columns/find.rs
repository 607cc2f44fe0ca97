//! Finds the columns of a file, with or without a header.

use anyhow::{Result, bail};

use super::find_volumes::find_volumes;
use super::further::{find_adjusted, find_splits};
use super::header_line::{line_for, order_note};
use super::headerless::recognize;
use super::names::{DERIVED_WORDS, find_funding, find_part, find_price, quoted, words};
use super::time_names::find_time;
use super::time_parts::PartNames;
use super::wide::{
    WideSymbols, has_plain_prices, is_any_price_configured, plain_names, symbols_with_prices,
};
use super::{Columns, SymbolColumn, TimeColumn, klines};
use crate::market::bars::config::BarsConfig;
use crate::market::bars::letters::has_word;
use crate::market::bars::printable;

/// Words of the prices of the bar before.
const BEFORE: &str = "prev previous prvs pre prior yesterday lag lag1 last";

/// The columns that the settings assign.
struct ConfiguredColumns<'a> {
    names: &'a [String],
    config: &'a BarsConfig,
}

impl ConfiguredColumns<'_> {
    /// Returns the column of `role`. Fails if the file lacks it.
    fn column(&self, role: &str) -> Result<Option<usize>> {
        let Some(wanted) = self.config.columns.get(role) else {
            return Ok(None);
        };
        let Some(idx) = self.names.iter().position(|name| name == wanted) else {
            bail!(
                "has no column `{wanted}`, which `bars.columns` takes for `{role}`; found {}",
                quoted(self.names)
            );
        };
        Ok(Some(idx))
    }

    /// Whether a column of the time is given.
    fn has_time(&self) -> bool {
        let roles = ["time", "date", "clock", "hour_ending"];
        roles.iter().any(|role| self.config.columns.contains_key(*role))
    }

    /// Returns the column of symbols; an empty name means none.
    fn symbol(&self) -> Result<Option<SymbolColumn>> {
        if self.config.columns.get("symbol").is_some_and(String::is_empty) {
            return Ok(None);
        }
        Ok(self.column("symbol")?.map(SymbolColumn::Whole))
    }

    /// Returns the columns of the volume; an empty name means none.
    fn volume(&self) -> Result<Option<Vec<usize>>> {
        if self.config.columns.get("volume").is_some_and(String::is_empty) {
            return Ok(Some(Vec::new()));
        }
        Ok(self.column("volume")?.map(|idx| vec![idx]))
    }

    /// Returns the column of the time, or those of date and clock time.
    fn time(&self) -> Result<Option<TimeColumn>> {
        let (date, clock) = (self.column("date")?, self.clock()?);
        Ok(match (self.column("time")?, date, clock) {
            (Some(time), ..) => Some(TimeColumn::Whole(time)),
            (None, Some(date), Some(clock)) => Some(TimeColumn::Split(date, clock)),
            (None, Some(date), None) => Some(TimeColumn::Whole(date)),
            (None, None, _) => None,
        })
    }

    /// Returns the column of clock times, or of the hours at which bars end.
    fn clock(&self) -> Result<Option<usize>> {
        Ok(self.column("hour_ending")?.or(self.column("clock")?))
    }

    /// Returns the column of the time that was `found` by its name, with
    /// that of the clock time.
    fn with_clock(&self, found: Option<TimeColumn>) -> Result<Option<TimeColumn>> {
        Ok(match (found, self.clock()?) {
            (Some(TimeColumn::Whole(date) | TimeColumn::Split(date, _)), Some(clock))
                if date != clock =>
            {
                Some(TimeColumn::Split(date, clock))
            }
            _ => found,
        })
    }
}

impl Columns {
    /// Returns the columns of a file with these names.
    ///
    /// Fails if the time or a price is missing or ambiguous.
    pub(in crate::market::bars) fn find(all_names: &[String], config: &BarsConfig) -> Result<Self> {
        let wide = WideSymbols::find(all_names, config)?;
        let names = &plain_names(all_names, wide.as_ref(), config);
        let words: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
        let given = ConfiguredColumns { names: all_names, config };
        let mut missing = Vec::new();
        let mut time = given.time()?;
        if time.is_none() {
            time = given.with_clock(find_time(names))?;
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
            let is_only_price = missing == ["`open`", "`high`", "`low`"];
            let only_price = is_only_price.then(|| {
                let price = printable(names[close].as_bytes());
                format!(
                    "; if there is no other price, read this one as all four by --column \
                     'open={price}' --column 'high={price}' --column 'low={price}'"
                )
            });
            bail!(
                "has no column {}; found {}; name the columns time, open, high, low, close \
                 and, if there is one, volume, or say which they are in `bars.columns`, such as \
                 by `--column {first}=NAME`{}",
                missing.join(", "),
                quoted(names),
                only_price.unwrap_or_default()
            );
        };
        let volumes = match given.volume()? {
            Some(volumes) => volumes,
            None => find_volumes(&words, names, close),
        };
        let volumes: Vec<usize> =
            volumes.into_iter().filter(|idx| !time.all().contains(idx)).collect();
        let funding = match given.column("funding")? {
            Some(idx) => Some(idx),
            None => find_funding(&words, names)?,
        };
        let prices = [open, high, low, close];
        let is_free = |idx: &usize| !prices.contains(idx);
        Ok(Self {
            has_header: true,
            is_time_configured: given.has_time(),
            volume: volumes.first().copied(),
            funding,
            dividend: given.column("dividend")?,
            symbol: given.symbol()?,
            wide,
            adjusted: find_adjusted(&words).filter(is_free),
            splits: find_splits(&words),
            volumes,
            ..Self::of_prices(time, prices, all_names.to_vec())
        })
    }

    /// Returns the columns of a file without a header, by its first `rows`.
    ///
    /// Fails if they are ambiguous, with the header to add.
    pub(in crate::market::bars) fn of_headless(
        rows: &[Vec<String>],
        delimiter: u8,
        config: &BarsConfig,
    ) -> Result<Self> {
        let first = &rows[0];
        if klines::is_kline(first) {
            return Ok(klines::columns());
        }
        let counted: Vec<String> = (1..=first.len()).map(|number| number.to_string()).collect();
        if !config.columns.is_empty() {
            let mut columns = Self::find(&counted, config)?;
            columns.has_header = false;
            return Ok(columns);
        }
        let Some(found) = recognize(rows) else {
            let line = line_for(rows, delimiter);
            bail!(
                "has no header, and its columns are ambiguous; put this line at the top, with each \
                 name above its column: `{line}`{}",
                order_note(&line.replace(char::from(delimiter), ","))
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
            TimeColumn::Parts(_) => {}
        }
        if let Some(idx) = found.volume {
            "volume".clone_into(&mut names[idx]);
        }
        if let Some(idx) = found.symbol {
            "symbol".clone_into(&mut names[idx]);
        }
        let prices = [0, 1, 2, 3].map(|idx| found.open + idx);
        Ok(Self {
            volume: found.volume,
            volumes: found.volume.into_iter().collect(),
            ..Self::of_prices(found.time, prices, names)
        })
    }

    /// Returns the warning that plain prices are used though the file has
    /// others, with how to use those.
    pub(in crate::market::bars) fn other_prices_warning(
        &self,
        config: &BarsConfig,
    ) -> Option<String> {
        // Those of the bar before, or without trades, are no other prices.
        let is_other = |(symbol, _): &&(String, _)| {
            let is_derived =
                |word: &String| has_word(DERIVED_WORDS, word) || has_word(BEFORE, word);
            !words(symbol).iter().any(is_derived)
        };
        let others = symbols_with_prices(&self.names);
        let (symbol, columns) = others.iter().find(is_other)?;
        let is_chosen = config.adjusted || is_any_price_configured(config);
        if !has_plain_prices(&self.names) || is_chosen {
            return None;
        }
        let of_role = |role: &&str| columns.iter().find(|(_, known)| known == role);
        let options: Vec<String> = ["open", "high", "low", "close", "volume"]
            .iter()
            .filter_map(|role| Some((role, of_role(role)?.0)))
            .map(|(role, idx)| {
                format!("--column '{role}={}'", printable(self.name(idx).as_bytes()))
            })
            .collect();
        Some(format!(
            "the prices are those of `open`, `high`, `low` and `close`, and there are also prices \
             of `{}`: use those by {}",
            printable(symbol.as_bytes()),
            options.join(" ")
        ))
    }
}

/// Returns the column of the time, and the first column of `roles` that a
/// file with these names has.
pub(in crate::market::bars) fn find_series(
    names: &[String],
    roles: &[&str],
) -> Result<(TimeColumn, usize)> {
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

/// Fails if the date is split into columns that cannot be joined.
fn refuse_parts(names: &[String], time: Option<TimeColumn>) -> Result<()> {
    let parts = PartNames::of(names).all();
    let taken = time.map(TimeColumn::all).unwrap_or_default();
    let is_whole = match time {
        Some(TimeColumn::Whole(idx) | TimeColumn::Split(idx, _)) => !parts.contains(&idx),
        Some(TimeColumn::Parts(_)) => true,
        None => false,
    };
    if is_whole || parts.len() < 2 || parts.iter().all(|idx| taken.contains(idx)) {
        return Ok(());
    }
    let parts: Vec<String> = parts.iter().map(|idx| names[*idx].clone()).collect();
    bail!(
        "has the time in several columns, {}; write it to one, such as `2020-01-31 09:30`, or name \
         the column with the whole time by `--column time=NAME`",
        quoted(&parts)
    )
}
