//! Makes the row of bar after bar: standard features, further columns.
//!
//! It allocates when it is made and never after.

use super::set::FeatureSet;
use super::windowed::WindowedEngine;
use crate::market::bars::Bar;

/// Turns a stream of bars into rows of features: the standard ones,
/// then the further columns of the bars as they are.
///
/// With `x` the log close, `v` the long volatility (root mean square of
/// the log returns) and windows as in [`FeatureSet::windows`], the
/// standard ones are:
///
/// - `return_h`: `x[t] - x[t-h]`
/// - `volatility_n`: root mean square of the last n log returns
/// - `volatility_ratio_s_l`: the short one over the long one
/// - `range_l`: `ln(high / low) / v`
/// - `close_position`: `(close - low) / (high - low)`, 0.5 without range
/// - `volume_zscore_n`: the log volume's distance from its mean over the
///   last n bars that traded, in deviations; 0 when the bar did not
///   trade, or all volumes are equal
/// - `rsi_n`: Wilder's, from 0 to 1; 0.5 when no price moved
/// - `macd_f_s`, `macd_histogram_f_s_g`: over the average true range
/// - `atr_n`: Wilder's average true range over the close
/// - `average_distance_n`: `x` minus its mean over n bars, in units of
///   `v` times the root of n; n is for the longest, 1,344, the number of
///   bars so far, while there are fewer
/// - `zscore_n`: `x` minus its mean over n bars, in deviations
/// - `day_sin`, `day_cos`, `week_sin`, `week_cos`: the time at which the
///   bar opened, UTC; the week begins on Monday
///
/// A quotient whose divisor is 0 counts as 0; all are held within ±100.
#[derive(Debug, Clone)]
pub struct FeatureEngine {
    standard: Option<WindowedEngine>,
    n_standard: usize,
    n_columns: usize,
}

impl FeatureEngine {
    /// Returns an engine for `set` that has seen no bar.
    pub fn new(set: &FeatureSet) -> Self {
        let n_columns = set.columns().len();
        Self {
            standard: set.windows().map(WindowedEngine::new),
            n_standard: set.n_features() - n_columns,
            n_columns,
        }
    }

    /// Takes the next bar, of a set without further columns, and writes
    /// its features to `row`.
    ///
    /// Returns `false`, with `row` as it was, during the warm-up.
    ///
    /// # Panics
    ///
    /// When `row` has another length than [`FeatureSet::n_features`], or
    /// the set has further columns.
    pub fn push(&mut self, bar: &Bar, row: &mut [f64]) -> bool {
        self.push_with(bar, &[], row)
    }

    /// Takes the next bar with the numbers of its further columns, and
    /// writes its features to `row`.
    ///
    /// Returns `false`, with `row` as it was, during the warm-up.
    ///
    /// # Panics
    ///
    /// When `row` has another length than [`FeatureSet::n_features`], or
    /// there are other than [`FeatureSet::columns`].
    pub fn push_with(&mut self, bar: &Bar, columns: &[f64], row: &mut [f64]) -> bool {
        assert_eq!(columns.len(), self.n_columns, "a number for each further column");
        let n_features = self.n_standard + self.n_columns;
        assert_eq!(row.len(), n_features, "a row has one number for each feature");
        let (standard, further) = row.split_at_mut(self.n_standard);
        let is_warm = self.standard.as_mut().is_none_or(|engine| engine.push(bar, standard));
        if is_warm {
            further.copy_from_slice(columns);
        }
        is_warm
    }
}
