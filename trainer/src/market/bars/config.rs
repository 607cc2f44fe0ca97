//! The settings `bars`: how files are read where they are ambiguous.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::timestamp::{LATEST_MS, TimeZone, is_time_format};
use crate::field::FieldError;

/// The roles that `bars.columns` may assign to a column.
pub(super) const ROLES: [&str; 12] = [
    "time",
    "date",
    "clock",
    "hour_ending",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "funding",
    "dividend",
    "symbol",
];

/// The settings by which files are read, and the latest possible time.
#[derive(Debug, Clone)]
pub struct Reading {
    pub(super) config: Arc<BarsConfig>,
    /// The latest possible time of a bar, in milliseconds since 1970 UTC.
    pub(super) latest_ms: i64,
}

impl Reading {
    /// Returns the options that read ambiguous files by `config`, and
    /// refuse times after `latest_ms`.
    pub fn new(config: &BarsConfig, latest_ms: i64) -> Self {
        Self { config: Arc::new(config.clone()), latest_ms }
    }

    /// Returns the settings.
    pub fn config(&self) -> &BarsConfig {
        &self.config
    }
}

impl Default for Reading {
    /// No settings, and times up to the year 2100.
    fn default() -> Self {
        Self::new(&BarsConfig::default(), LATEST_MS)
    }
}

/// How files of bars are read where they are ambiguous.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BarsConfig {
    /// The format of the times: `day_first` or `month_first` for
    /// `03/04/2020`, `year_first` for `20/04/03`; `unix_s`, `unix_ms`,
    /// `unix_us`, `unix_ns`, `excel`, `days_since_1970`, `julian_day`,
    /// `dotnet_ticks`, `filetime` or one of the others in `docs/formats.md`;
    /// or a pattern such as `%d %b %Y %H:%M`. Default: null, detected from
    /// the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_format: Option<String>,
    /// The time zone of times without one: `America/New_York`, `UTC`,
    /// `+02:00`. Default: null, the zone in the column's name, else UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The columns, by their names in the file: `{"close": "Last"}`.
    /// Without a header, they are numbered from 1: `{"close": "5"}`. The
    /// roles are `time`, or `date` and `clock` (or `hour_ending`), `open`, `high`, `low`,
    /// `close`, `volume`, `funding`, `dividend` and `symbol`. Default:
    /// none, found by name. `dividend`, the amount per unit on the
    /// ex-dividend date, is used only if it is named here, since prices
    /// may be adjusted for it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// The symbol to read, if a file or folder has several. Default:
    /// null, all symbols, if the task accepts several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The decimal sign of the numbers: `point` or `comma`. Default:
    /// null, detected from the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimal>,
    /// Whether all four prices are multiplied by adjusted close over
    /// close, and the volume divided by it. Default: false.
    #[serde(skip_serializing_if = "is_false")]
    pub adjusted: bool,
    /// What to do about an invalid row: `stop`, `drop` it, or `widen` its
    /// high and low to its open and close. Such rows are counted.
    /// Default: `stop`.
    #[serde(skip_serializing_if = "is_stop")]
    pub bad_rows: BadRows,
    /// Whether prices may be 0 or less, as those of electricity and of
    /// spreads; only `simulate` accepts them. Default: false.
    #[serde(skip_serializing_if = "is_false")]
    pub negative_prices: bool,
}

/// The sign between the whole part and the fraction of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

/// What to do about an invalid row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum BadRows {
    /// Stop with an error.
    #[default]
    Stop,
    /// Leave the row out.
    Drop,
    /// Widen the range of the bar; stop if that does not make it valid.
    Widen,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_stop(value: &BadRows) -> bool {
    *value == BadRows::Stop
}

impl BarsConfig {
    /// Whether no setting is made.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Fails if prices of 0 and below are allowed: models use returns, which
    /// need positive prices.
    pub fn refuse_negative_prices(&self) -> Result<()> {
        ensure!(
            !self.negative_prices,
            "`negative_prices` is set, and a model looks at returns of prices, which are \
             undefined at 0 and below; leave it out: only `simulate` takes such bars"
        );
        Ok(())
    }

    /// Returns these settings, overridden by those that `other` makes.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        let other = other.clone();
        self.time_format = other.time_format.or(self.time_format);
        self.time_zone = other.time_zone.or(self.time_zone);
        self.columns.extend(other.columns);
        self.symbol = other.symbol.or(self.symbol);
        self.decimal = other.decimal.or(self.decimal);
        self.adjusted |= other.adjusted;
        if other.bad_rows != BadRows::Stop {
            self.bad_rows = other.bad_rows;
        }
        self.negative_prices |= other.negative_prices;
        self
    }

    /// Checks every setting.
    pub fn validate(&self) -> Result<(), FieldError> {
        if let Some(format) = &self.time_format
            && !is_time_format(format)
        {
            let expected = "a form that `docs/formats.md` lists, such as `day_first` or `excel`, \
                            or a pattern such as `%d/%m/%Y %H:%M`";
            return Err(FieldError::new("bars.time_format", format!("{format:?}"), expected));
        }
        if let Some(zone) = &self.time_zone
            && TimeZone::parse(zone).is_none()
        {
            let expected = "a zone such as `America/New_York`, `UTC` or `+02:00`";
            return Err(FieldError::new("bars.time_zone", format!("{zone:?}"), expected));
        }
        if let Some(role) = self.columns.keys().find(|role| !ROLES.contains(&role.as_str())) {
            let expected = format!("for one of {}", ROLES.join(", "));
            return Err(FieldError::new("bars.columns", format!("{role:?}"), &expected));
        }
        Ok(())
    }
}
