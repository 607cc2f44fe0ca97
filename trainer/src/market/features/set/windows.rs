//! The windows of the standard features.

use serde::{Deserialize, Serialize};

/// The window of each standard feature, in bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureWindows {
    /// Horizons of the log returns, increasing.
    pub returns: Vec<usize>,
    /// Number of returns in the short realised volatility.
    pub volatility_short: usize,
    /// Number of returns in the long realised volatility, the unit of
    /// other features.
    pub volatility_long: usize,
    /// Number of volumes above 0 in the volume's z-score.
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
    /// Number of closes in one more moving average, longer than these: it
    /// needs no warm-up, and is over the bars so far while they are fewer.
    /// `None` in the sets of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_average: Option<usize>,
    /// Number of closes in the price's z-score.
    pub zscore: usize,
}
