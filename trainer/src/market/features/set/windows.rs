//! How far back the standard features look.

use serde::{Deserialize, Serialize};

/// How many bars each feature looks back on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureWindows {
    /// Horizons of the log returns, increasing.
    pub returns: Vec<usize>,
    /// Returns in the short realised volatility.
    pub volatility_short: usize,
    /// Returns in the long one, which is the unit of other features.
    pub volatility_long: usize,
    /// Volumes above 0 in the volume's z-score.
    pub volume: usize,
    /// Wilder's period of the relative strength index.
    pub rsi: usize,
    /// Period of the MACD's fast average.
    pub macd_fast: usize,
    /// Period of the MACD's slow average.
    pub macd_slow: usize,
    /// Period of the MACD's signal line.
    pub macd_signal: usize,
    /// Wilder's period of the average true range.
    pub atr: usize,
    /// Windows of the moving averages, increasing.
    pub averages: Vec<usize>,
    /// Closes in one more average, longer than these: until there are so
    /// many, it is over those there are, and no bar waits for it. None in
    /// the sets of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_average: Option<usize>,
    /// Closes in the price's z-score.
    pub zscore: usize,
}
