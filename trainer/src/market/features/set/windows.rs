//! The windows of the standard features.

use serde::{Deserialize, Serialize};

use crate::field::FieldError;

const WINDOW_BARS_MAX: usize = 100_000;
const N_WINDOWS_MAX: usize = 32;

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

impl FeatureWindows {
    pub(in crate::market::features) fn n_warm_up_bars(&self) -> usize {
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

    pub(super) fn names(&self) -> Vec<String> {
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

    pub(super) fn validate(&self) -> Result<(), FieldError> {
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
