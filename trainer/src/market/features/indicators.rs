//! Streaming technical indicators: RSI, ATR and MACD.
//!
//! Each returns `None` until its first full window. All averages start
//! with the mean of the first window, as Wilder's do (J. W. Wilder, "New
//! Concepts in Technical Trading Systems", 1978).

/// A moving average: the mean of the first `window` values, then
/// `average + weight * (value - average)`.
#[derive(Debug, Clone)]
struct MovingAverage {
    window: usize,
    n_values: usize,
    weight: f64,
    average: f64,
}

impl MovingAverage {
    /// Returns Wilder's average: weight `1 / window`.
    fn wilder(window: usize) -> Self {
        Self { window, n_values: 0, weight: 1.0 / window as f64, average: 0.0 }
    }

    /// Returns the exponential average: weight `2 / (window + 1)`.
    fn exponential(window: usize) -> Self {
        Self { window, n_values: 0, weight: 2.0 / (window as f64 + 1.0), average: 0.0 }
    }

    fn push(&mut self, value: f64) -> Option<f64> {
        if self.n_values < self.window {
            self.n_values += 1;
            self.average += (value - self.average) / self.n_values as f64;
        } else {
            self.average += self.weight * (value - self.average);
        }
        (self.n_values == self.window).then_some(self.average)
    }
}

/// Wilder's relative strength index.
#[derive(Debug, Clone)]
pub(super) struct RelativeStrengthIndex {
    previous_close: Option<f64>,
    gain: MovingAverage,
    loss: MovingAverage,
}

impl RelativeStrengthIndex {
    pub(super) fn new(window: usize) -> Self {
        Self {
            previous_close: None,
            gain: MovingAverage::wilder(window),
            loss: MovingAverage::wilder(window),
        }
    }

    /// Returns the average gain and the average loss, in units of price.
    pub(super) fn push(&mut self, close: f64) -> Option<(f64, f64)> {
        let change = close - self.previous_close.replace(close)?;
        let gain = self.gain.push(change.max(0.0));
        let loss = self.loss.push((-change).max(0.0));
        Some((gain?, loss?))
    }
}

/// Wilder's average true range; the first bar's range is high - low.
#[derive(Debug, Clone)]
pub(super) struct AverageTrueRange {
    previous_close: Option<f64>,
    average: MovingAverage,
}

impl AverageTrueRange {
    pub(super) fn new(window: usize) -> Self {
        Self { previous_close: None, average: MovingAverage::wilder(window) }
    }

    /// Returns the average true range, in units of price.
    pub(super) fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let range = match self.previous_close.replace(close) {
            Some(previous) => high.max(previous) - low.min(previous),
            None => high - low,
        };
        self.average.push(range)
    }
}

/// Appel's moving average convergence/divergence (MACD).
#[derive(Debug, Clone)]
pub(super) struct Macd {
    fast: MovingAverage,
    slow: MovingAverage,
    signal: MovingAverage,
}

impl Macd {
    pub(super) fn new(fast: usize, slow: usize, signal: usize) -> Self {
        Self {
            fast: MovingAverage::exponential(fast),
            slow: MovingAverage::exponential(slow),
            signal: MovingAverage::exponential(signal),
        }
    }

    /// Returns the MACD line and the histogram, its distance from the
    /// signal line, in units of price.
    pub(super) fn push(&mut self, close: f64) -> Option<(f64, f64)> {
        let (fast, slow) = (self.fast.push(close), self.slow.push(close));
        let line = fast? - slow?;
        let signal = self.signal.push(line)?;
        Some((line, line - signal))
    }
}
