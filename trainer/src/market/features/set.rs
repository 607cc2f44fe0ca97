//! The set of features, which is saved with a model.
//!
//! The names follow from the windows and the further columns. All are
//! saved, and a saved set with other names is refused.

mod windows;

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

use crate::field::FieldError;

pub use windows::FeatureWindows;

/// The format version, raised whenever a feature changes.
const FORMAT: u64 = 1;
/// The format version with further columns.
const FORMAT_WITH_COLUMNS: u64 = 2;
/// So many columns indicate a transposed table.
pub(super) const N_COLUMNS_MAX: usize = 1000;

/// The features of a model: the windows of the standard features, the
/// further columns of the bars, and the names of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct FeatureSet {
    windows: Option<FeatureWindows>,
    columns: Vec<String>,
    names: Vec<String>,
}

impl FeatureSet {
    /// Returns the standard set: 25 features with 336 warm-up bars. One
    /// of them looks back up to 1,344 bars, as far as there are any.
    pub fn standard() -> Self {
        let windows = FeatureWindows {
            returns: vec![1, 2, 4, 8, 16, 48],
            volatility_short: 16,
            volatility_long: 96,
            volume: 96,
            rsi: 14,
            macd_fast: 12,
            macd_slow: 26,
            macd_signal: 9,
            atr: 14,
            averages: vec![24, 96, 336],
            long_average: Some(1344),
            zscore: 336,
        };
        let names = windows.names();
        Self { windows: Some(windows), columns: Vec::new(), names }
    }

    /// Returns the standard features with other `windows`.
    ///
    /// # Errors
    ///
    /// Fails when one is 0 or above 100,000 bars, when a list does not
    /// increase, or when a short or fast window is not below its long or
    /// slow one.
    pub fn new(windows: FeatureWindows) -> Result<Self, FieldError> {
        Self::build(Some(windows), Vec::new())
    }

    /// Returns the set of only the `columns` of the bars.
    ///
    /// # Errors
    ///
    /// Fails without columns, and as [`FeatureSet::with_columns`] does.
    pub fn of_columns(columns: Vec<String>) -> Result<Self, FieldError> {
        Self::build(None, columns)
    }

    /// Returns the set with the further `columns` of the bars, which
    /// replace any it had.
    ///
    /// # Errors
    ///
    /// Fails when two features have the same name, and on more than 1,000
    /// columns.
    pub fn with_columns(self, columns: Vec<String>) -> Result<Self, FieldError> {
        Self::build(self.windows, columns)
    }

    fn build(windows: Option<FeatureWindows>, columns: Vec<String>) -> Result<Self, FieldError> {
        windows.as_ref().map_or(Ok(()), FeatureWindows::validate)?;
        let mut names = windows.as_ref().map(FeatureWindows::names).unwrap_or_default();
        let refuse =
            |value: &str, expected| Err(FieldError::new("features.columns", value, expected));
        if columns.len() > N_COLUMNS_MAX {
            return refuse(&format!("{} columns", columns.len()), "at most 1000");
        }
        for column in &columns {
            if names.contains(column) {
                let expected = "a name that no other feature has; rename the column, or set \
                                `features.standard` to false";
                return refuse(&format!("`{column}`"), expected);
            }
            names.push(column.clone());
        }
        if names.is_empty() {
            return refuse("empty", "at least one column where there are no standard features");
        }
        Ok(Self { windows, columns, names })
    }

    /// Returns the windows of the standard features; `None` where the set
    /// has only further columns.
    pub fn windows(&self) -> Option<&FeatureWindows> {
        self.windows.as_ref()
    }

    /// Returns the further columns of the bars, whose names are last.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the number of features.
    pub fn n_features(&self) -> usize {
        self.names.len()
    }

    /// Returns the names, in the order of a row's values.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the number of warm-up bars, which yield no row.
    pub fn n_warm_up_bars(&self) -> usize {
        self.windows.as_ref().map_or(0, FeatureWindows::n_warm_up_bars)
    }
}

impl From<FeatureSet> for Stored {
    fn from(set: FeatureSet) -> Self {
        let FeatureSet { windows, columns, names } = set;
        let format = if columns.is_empty() { FORMAT } else { FORMAT_WITH_COLUMNS };
        Self { format, windows, columns, names }
    }
}

/// Refuses a stored set whose names differ from those of this version.
impl TryFrom<Stored> for FeatureSet {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        stored.check()?;
        let set = Self::build(stored.windows, stored.columns).map_err(|error| error.to_string())?;
        if set.names == stored.names {
            return Ok(set);
        }
        let named = |names: &[String], idx: usize| match names.get(idx) {
            Some(name) => format!("`{name}`"),
            None => "nothing".to_owned(),
        };
        let n_names = set.names.len().max(stored.names.len());
        let differs = |&idx: &usize| set.names.get(idx) != stored.names.get(idx);
        let idx = (0..n_names).find(differs).unwrap_or_default();
        Err(format!(
            "feature {idx} is {} where its windows make it {}; the stored set was changed by hand \
             or by another version: train the model again",
            named(&stored.names, idx),
            named(&set.names, idx)
        ))
    }
}

/// A feature set in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(deserialize_with = "known")]
    format: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    windows: Option<FeatureWindows>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
    names: Vec<String>,
}

impl Stored {
    /// Checks that `columns` are present exactly in the format with columns.
    fn check(&self) -> Result<(), String> {
        let format = self.format;
        if self.columns.is_empty() != (format == FORMAT) {
            return Err(format!("a feature set of format {format} has no such `columns`"));
        }
        Ok(())
    }
}

/// Reads a known format version; any other fails, so that its error
/// precedes those of unknown fields.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let format = u64::deserialize(deserializer)?;
    if [FORMAT, FORMAT_WITH_COLUMNS].contains(&format) {
        return Ok(format);
    }
    let expected = "feature format 1 or 2, those that this version of the trainer reads";
    Err(D::Error::invalid_value(Unexpected::Unsigned(format), &expected))
}
