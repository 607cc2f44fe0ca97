//! Computes the feature row of each bar, without allocating.

use super::set::FeatureSet;
use super::windowed::WindowedEngine;
use crate::market::bars::Bar;

/// Computes rows of features from a stream of bars: the standard
/// features, then the further columns of the bars, unchanged.
///
/// With `x` the log close, `v` the long volatility (root mean square of
/// the log returns) and windows as in [`FeatureSet::windows`], the
/// standard features are:
///
/// - `return_h`: `x[t] - x[t-h]`
/// - `volatility_n`: root mean square of the last n log returns
/// - `volatility_ratio_s_l`: the short volatility over the long one
/// - `range_l`: `ln(high / low) / v`
/// - `close_position`: `(close - low) / (high - low)`; 0.5 if `high` is
///   `low`
/// - `volume_zscore_n`: z-score of the log volume over the last n bars
///   with a volume above 0; 0 for a bar without volume, or when all
///   volumes are equal
/// - `rsi_n`: Wilder's relative strength index, from 0 to 1; 0.5 when the
///   price did not move
/// - `macd_f_s`, `macd_histogram_f_s_g`: MACD and its distance from the
///   signal line, in average true ranges
/// - `atr_n`: Wilder's average true range over the close
/// - `average_distance_n`: `(x - mean) / (v * sqrt(n))`, with the mean of
///   `x` over n bars; for the longest, 1,344, n is the number of bars so
///   far while there are fewer
/// - `zscore_n`: z-score of `x` over n bars
/// - `day_sin`, `day_cos`, `week_sin`, `week_cos`: of the time of day and
///   week at which the bar opens, UTC; the week begins on Monday
///
/// A quotient with divisor 0 is 0; all features are clamped to ±100.
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
    /// Returns `false`, with `row` unchanged, during the warm-up.
    ///
    /// # Panics
    ///
    /// Panics when the length of `row` is not [`FeatureSet::n_features`],
    /// or the set has further columns.
    pub fn push(&mut self, bar: &Bar, row: &mut [f64]) -> bool {
        self.push_with(bar, &[], row)
    }

    /// Takes the next bar with the values of its further columns, and
    /// writes its features to `row`.
    ///
    /// Returns `false`, with `row` unchanged, during the warm-up.
    ///
    /// # Panics
    ///
    /// Panics when the length of `row` is not [`FeatureSet::n_features`],
    /// or that of `columns` not that of [`FeatureSet::columns`].
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
