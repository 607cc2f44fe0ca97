//! Reports how a file was read, with warnings about its data.

mod combine;

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::config::Decimal;
use super::file_format::FileFormat;
use super::observer::Observer;
use super::reader::Repairs;
use super::{printable, timestamp};
use crate::wording::counted;

/// The line about a file without a volume.
const NO_VOLUME: &str = "volume: none";

/// How one file was read; users check it for misread columns and times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadReport {
    /// A line for each decision: times, prices, volume, symbols.
    pub lines: Vec<String>,
    /// Warnings about data that may distort results.
    pub warnings: Vec<String>,
    /// The bad rows that were dropped or widened.
    pub repairs: Repairs,
    /// The first and last bars, a line each.
    pub bars: Vec<String>,
}

impl ReadReport {
    /// Returns the report about a file of this `format`; without one, about
    /// the bars alone.
    pub(super) fn new(format: Option<&FileFormat>, repairs: Repairs, observer: &Observer) -> Self {
        let mut lines = format.map(lines_of).unwrap_or_default();
        let kinds = repairs.kinds.join(", ");
        if repairs.n_dropped > 0 {
            lines.push(format!("{} left out: {kinds}", counted(repairs.n_dropped, "row")));
        } else if repairs.n_widened > 0 {
            lines.push(format!("{} widened: {kinds}", counted(repairs.n_widened, "range")));
        }
        let warnings = split_warning(format, observer)
            .into_iter()
            .chain(format.and_then(|format| volume_warning(format, observer)))
            .chain(format.into_iter().flat_map(|format| format.warnings.clone()));
        Self { lines, warnings: warnings.collect(), repairs, bars: observer.sample_lines() }
    }

    /// Returns the decisions about the format alone.
    pub(super) fn of_format(format: &FileFormat) -> Self {
        Self { lines: lines_of(format), ..Self::default() }
    }

    /// Adds the report about other bars.
    pub fn add(&mut self, other: &Self) {
        self.lines.extend(other.lines.iter().cloned());
        self.warnings.extend(other.warnings.iter().cloned());
        self.repairs.n_dropped += other.repairs.n_dropped;
        self.repairs.n_widened += other.repairs.n_widened;
        self.repairs.kinds.extend(other.repairs.kinds.iter().cloned());
    }
}

impl fmt::Display for ReadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        for bar in &self.bars {
            writeln!(f, "  {bar}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}

fn lines_of(format: &FileFormat) -> Vec<String> {
    let columns = &format.columns;
    let name = |idx: usize| columns.name(idx);
    let times: Vec<String> = columns.time_names().iter().map(|name| quoted(name)).collect();
    let order = if format.time.is_newest_first { "newest first" } else { "oldest first" };
    let turnover = columns.turnover.map(|idx| {
        format!("; {} divided by it is the price, and is a value in money", quoted(name(idx)))
    });
    let multiple = columns.volume_multiple().map(|multiple| format!(", in {multiple} by its name"));
    let multiple = multiple.unwrap_or_default();
    let volume = columns.volume.map(|idx| format!("volume: {}{multiple}", quoted(name(idx))));
    let mut lines = vec![
        format!("times: {}, {}, {order}", times.join(" and "), format.time),
        format!(
            "open, high, low, close: {}, {}, {}, {}",
            quoted(name(columns.open)),
            quoted(name(columns.high)),
            quoted(name(columns.low)),
            quoted(name(columns.close))
        ),
        volume.unwrap_or_else(|| NO_VOLUME.to_owned()) + &turnover.unwrap_or_default(),
    ];
    lines.extend(columns.adjusted.map(|idx| {
        let name = quoted(name(idx));
        if format.is_adjusted {
            format!("prices and volume: adjusted by {name}")
        } else {
            format!("prices: as they are; {name} has adjusted closes, used by `--adjusted`")
        }
    }));
    lines.extend(columns.splits.map(|idx| format!("splits: not used; {}", quoted(name(idx)))));
    lines.extend(columns.funding.map(|idx| format!("funding: {}", quoted(name(idx)))));
    lines.extend(columns.dividend.map(|idx| format!("dividends: {}", quoted(name(idx)))));
    lines.extend(columns.unused_dividend().map(|name| {
        let name = quoted(name);
        format!(
            "dividends: none; {name} counts only for prices that are not adjusted for it, by \
             `--column dividend=NAME`"
        )
    }));
    lines.extend(columns.symbol.map(|symbol| {
        let names: Vec<String> = symbol.all().into_iter().map(|idx| quoted(name(idx))).collect();
        format!("symbols: {}", names.join(" and "))
    }));
    lines.push(if columns.has_header { "names: in the file" } else { "names: none" }.to_owned());
    if format.decimal == Decimal::Comma {
        lines.push("numbers: with a decimal comma".to_owned());
    }
    lines
}

fn quoted(name: &str) -> String {
    format!("`{}`", printable(name.as_bytes()))
}

fn split_warning(format: Option<&FileFormat>, observer: &Observer) -> Option<String> {
    let Observer { splits, n_splits, .. } = observer;
    if *n_splits == 0 {
        return None;
    }
    let mut text =
        format!("{} like a split: ", if *n_splits == 1 { "a bar opens" } else { "bars open" });
    let told: Vec<String> = splits
        .iter()
        .map(|split| format!("{} ({})", timestamp::format_utc(split.time_ms), split.ratio))
        .collect();
    text += &told.join(", ");
    if *n_splits > told.len() {
        let _ = write!(text, " and {} more", n_splits - told.len());
    }
    text += "; the prices are used as they are, and such a step counts as a gain or loss";
    let (adjusted, splits) = format.map_or((None, None), |format| {
        let name = |idx: usize| quoted(format.columns.name(idx));
        (format.columns.adjusted.map(name), format.columns.splits.map(name))
    });
    match (adjusted, splits) {
        (Some(name), _) if format.is_some_and(|format| format.is_adjusted) => {
            let _ = write!(text, ", although they are adjusted by {name}");
        }
        (Some(name), _) => {
            let _ = write!(
                text,
                ": {name} has the adjusted closes, by which `--adjusted` adjusts all four prices"
            );
        }
        (None, Some(name)) => {
            let _ = write!(text, ": {name} has ratios of splits; use adjusted prices");
        }
        (None, None) => text += ": use adjusted prices if it is one",
    }
    Some(text)
}

fn volume_warning(format: &FileFormat, observer: &Observer) -> Option<String> {
    let (units, money) = format.columns.other_volumes();
    let others: Vec<String> = units.iter().chain(&money).map(|name| quoted(name)).collect();
    let choice = format!("; another one is {}, used by `--column volume=NAME`", others.join(", "));
    let choice = if others.is_empty() { "" } else { &choice };
    let volume = observer.constant_volume?;
    if observer.n_bars < 3 {
        return None;
    }
    match format.columns.volume {
        None if others.is_empty() => None,
        None => Some(format!("no column is the volume{}", choice.replace("another one", "there"))),
        Some(idx) => Some(format!(
            "the volume {} is {volume} in every bar{choice}",
            quoted(format.columns.name(idx))
        )),
    }
}
