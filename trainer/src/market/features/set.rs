//! The set of features, which is saved with a model.
//!
//! The names follow from the windows and the further columns. All are
//! saved, and a saved set with other names is refused.

mod stored;
mod windows;

use serde::{Deserialize, Serialize};

use crate::field::FieldError;
use stored::Stored;

pub use windows::FeatureWindows;

const WINDOW_BARS_MAX: usize = 100_000;
const N_WINDOWS_MAX: usize = 32;
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

impl FeatureWindows {
    pub(super) fn n_warm_up_bars(&self) -> usize {
        let Self {
            returns,
            volatility_short,
            volatility_long,
            volume,
            rsi,
            macd_fast: _,
            macd_slow,
            macd_signal,
            atr,
            averages,
            // Until it is full it is over the bars there are.
            long_average: _,
            zscore,
        } = self;
        // A window of returns needs one bar more than a window of bars.
        let of_returns = [*volatility_short, *volatility_long, *rsi];
        let of_bars = [*volume - 1, macd_slow + macd_signal - 2, *atr - 1, *zscore - 1];
        let of_averages = averages.iter().map(|window| window - 1);
        let all = of_returns.into_iter().chain(of_bars).chain(of_averages);
        all.chain(returns.iter().copied()).max().unwrap_or_default()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.returns.iter().map(|horizon| format!("return_{horizon}")).collect();
        let (short, long) = (self.volatility_short, self.volatility_long);
        let (fast, slow, signal) = (self.macd_fast, self.macd_slow, self.macd_signal);
        names.extend([
            format!("volatility_{short}"),
            format!("volatility_{long}"),
            format!("volatility_ratio_{short}_{long}"),
            format!("range_{long}"),
            "close_position".to_owned(),
            format!("volume_zscore_{}", self.volume),
            format!("rsi_{}", self.rsi),
            format!("macd_{fast}_{slow}"),
            format!("macd_histogram_{fast}_{slow}_{signal}"),
            format!("atr_{}", self.atr),
        ]);
        let averages = self.averages.iter().chain(&self.long_average);
        names.extend(averages.map(|window| format!("average_distance_{window}")));
        names.push(format!("zscore_{}", self.zscore));
        names.extend(["day_sin", "day_cos", "week_sin", "week_cos"].map(str::to_owned));
        names
    }

    fn validate(&self) -> Result<(), FieldError> {
        let windows = [
            ("volatility_short", self.volatility_short),
            ("volatility_long", self.volatility_long),
            ("volume", self.volume),
            ("rsi", self.rsi),
            ("macd_fast", self.macd_fast),
            ("macd_slow", self.macd_slow),
            ("macd_signal", self.macd_signal),
            ("atr", self.atr),
            ("zscore", self.zscore),
        ];
        for (field, window) in windows {
            validate_window(field, window)?;
        }
        let averages = self.averages.iter().chain(&self.long_average).copied().collect();
        for (field, windows) in [("returns", &self.returns), ("averages", &averages)] {
            validate_list(field, windows)?;
        }
        let pairs = [
            ("volatility_short", self.volatility_short, self.volatility_long, "volatility_long"),
            ("macd_fast", self.macd_fast, self.macd_slow, "macd_slow"),
        ];
        for (field, short, long, other) in pairs {
            if short >= long {
                let expected = format!("below `windows.{other}`, {long}");
                return Err(FieldError::new(&format!("windows.{field}"), short, &expected));
            }
        }
        Ok(())
    }
}

fn validate_window(field: &str, window: usize) -> Result<(), FieldError> {
    if (1..=WINDOW_BARS_MAX).contains(&window) {
        return Ok(());
    }
    let expected = format!("1 to {WINDOW_BARS_MAX} bars");
    Err(FieldError::new(&format!("windows.{field}"), window, &expected))
}

fn validate_list(field: &str, windows: &[usize]) -> Result<(), FieldError> {
    for &window in windows {
        validate_window(field, window)?;
    }
    if windows.len() > N_WINDOWS_MAX || !windows.is_sorted_by(|earlier, later| earlier < later) {
        let field = format!("windows.{field}");
        let expected = format!("at most {N_WINDOWS_MAX} increasing numbers of bars");
        return Err(FieldError::new(&field, format!("{windows:?}"), &expected));
    }
    Ok(())
}

impl From<FeatureSet> for Stored {
    fn from(set: FeatureSet) -> Self {
        let FeatureSet { windows, columns, names } = set;
        Self::of(windows, columns, names)
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
