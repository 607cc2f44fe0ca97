//! Computes the standard features of each bar, in constant memory.

use std::f64::consts::TAU;

use super::indicators::{AverageTrueRange, Macd, RelativeStrengthIndex};
use super::moments::{Moments, RollingMoments};
use super::set::FeatureWindows;
use super::unit::UnitScaler;
use crate::market::bars::Bar;
use crate::wording::DAY_MS;

/// Features are clamped to this, as after a jump from constant prices.
const FEATURE_MAX: f64 = 100.0;

/// Smaller divisors and price moves are rounding errors and count as 0.
const NEGLIGIBLE: f64 = 1e-12;

/// The engine of the standard features; see [`super::FeatureEngine`] for
/// their formulas.
#[derive(Debug, Clone)]
pub(super) struct WindowedEngine {
    n_warm_up_bars: usize,
    n_bars: usize,
    price_unit: UnitScaler,
    volume_unit: UnitScaler,
    horizons: Vec<usize>,
    /// Ring buffer of log closes, one more than the longest horizon.
    log_closes: Vec<f64>,
    previous_log_close: f64,
    volatility_short: RollingMoments,
    volatility_long: RollingMoments,
    volumes: RollingMoments,
    relative_strength: RelativeStrengthIndex,
    average_true_range: AverageTrueRange,
    macd: Macd,
    /// With the square root of each window.
    averages: Vec<(f64, RollingMoments)>,
    long_average: Option<RollingMoments>,
    price_levels: RollingMoments,
}

/// The updated indicators from which a row is computed.
struct Indicators {
    log_close: f64,
    short: Moments,
    long: Moments,
    volume_zscore: f64,
    gain_and_loss: Option<(f64, f64)>,
    average_true_range: f64,
    macd: (f64, f64),
    price_level: Moments,
}

impl WindowedEngine {
    /// Returns an engine for `windows` that has seen no bar.
    pub(super) fn new(windows: &FeatureWindows) -> Self {
        let longest = windows.returns.last().copied().unwrap_or_default();
        let averages = windows.averages.iter();
        Self {
            n_warm_up_bars: windows.n_warm_up_bars(),
            n_bars: 0,
            price_unit: UnitScaler::default(),
            volume_unit: UnitScaler::default(),
            horizons: windows.returns.clone(),
            log_closes: vec![0.0; longest + 1],
            previous_log_close: 0.0,
            volatility_short: RollingMoments::new(windows.volatility_short),
            volatility_long: RollingMoments::new(windows.volatility_long),
            volumes: RollingMoments::new(windows.volume),
            relative_strength: RelativeStrengthIndex::new(windows.rsi),
            average_true_range: AverageTrueRange::new(windows.atr),
            macd: Macd::new(windows.macd_fast, windows.macd_slow, windows.macd_signal),
            averages: averages
                .map(|&window| ((window as f64).sqrt(), RollingMoments::new(window)))
                .collect(),
            long_average: windows.long_average.map(RollingMoments::new),
            price_levels: RollingMoments::new(windows.zscore),
        }
    }

    /// Takes the next bar and writes its features to `row`; returns
    /// `false`, with `row` unchanged, during the warm-up.
    pub(super) fn push(&mut self, bar: &Bar, row: &mut [f64]) -> bool {
        let is_warm = self.n_bars >= self.n_warm_up_bars;
        let close = self.price_unit.scale(bar.close);
        let [high, low] = [bar.high, bar.low].map(|price| self.price_unit.scale(price));
        let bar = &Bar { high, low, close, ..*bar };
        let indicators = self.update(bar);
        let mut cells = row.iter_mut();
        let mut put = |value: f64| {
            if let Some(cell) = cells.next().filter(|_| is_warm) {
                *cell = clamped(value);
            }
        };
        let long = indicators.long.root_mean_square();
        for &horizon in &self.horizons {
            put(indicators.log_close - self.log_close_before(horizon));
        }
        put_volatility(&indicators, bar, &mut put);
        put_indicators(&indicators, bar, &mut put);
        for (root, average) in &mut self.averages {
            let distance = indicators.log_close - average.push(indicators.log_close).mean();
            put(quotient(distance, long * *root));
        }
        if let Some(average) = &mut self.long_average {
            let moments = average.push(indicators.log_close);
            let distance = indicators.log_close - moments.mean();
            put(quotient(distance, long * moments.count().sqrt()));
        }
        let deviation = indicators.price_level.deviation();
        put(quotient(indicators.log_close - indicators.price_level.mean(), deviation));
        circles(bar.time_ms).into_iter().for_each(put);
        self.n_bars += 1;
        is_warm
    }

    /// Updates all indicators but the averages, which `push` updates. The
    /// prices of `bar` are scaled.
    fn update(&mut self, bar: &Bar) -> Indicators {
        let log_close = bar.close.ln();
        let n_kept = self.log_closes.len();
        self.log_closes[self.n_bars % n_kept] = log_close;
        let log_return = log_close - self.previous_log_close;
        self.previous_log_close = log_close;
        // The first bar has no return. What is pushed for it leaves the
        // windows before the warm-up ends.
        let (short, long) =
            (self.volatility_short.push(log_return), self.volatility_long.push(log_return));
        let volume_zscore = if bar.volume > 0.0 {
            let log_volume = self.volume_unit.scale(bar.volume).ln();
            let moments = self.volumes.push(log_volume);
            quotient(log_volume - moments.mean(), moments.deviation())
        } else {
            0.0
        };
        Indicators {
            log_close,
            short,
            long,
            volume_zscore,
            gain_and_loss: self.relative_strength.push(bar.close),
            average_true_range: self
                .average_true_range
                .push(bar.high, bar.low, bar.close)
                .unwrap_or_default(),
            macd: self.macd.push(bar.close).unwrap_or_default(),
            price_level: self.price_levels.push(log_close),
        }
    }

    fn log_close_before(&self, horizon: usize) -> f64 {
        let n_kept = self.log_closes.len();
        self.log_closes[(self.n_bars + n_kept - horizon) % n_kept]
    }
}

fn put_volatility(indicators: &Indicators, bar: &Bar, put: &mut impl FnMut(f64)) {
    let (short, long) = (indicators.short.root_mean_square(), indicators.long.root_mean_square());
    put(short);
    put(long);
    put(quotient(short, long));
    put(quotient((bar.high / bar.low).ln(), long));
    let range = bar.high - bar.low;
    put(if range > 0.0 { (bar.close - bar.low) / range } else { 0.5 });
    put(indicators.volume_zscore);
}

fn put_indicators(indicators: &Indicators, bar: &Bar, put: &mut impl FnMut(f64)) {
    let negligible = bar.close * NEGLIGIBLE;
    let (gain, loss) = indicators.gain_and_loss.unwrap_or_default();
    // Halved first, so that the sum cannot overflow.
    let movement = gain / 2.0 + loss / 2.0;
    put(if movement > negligible { gain / 2.0 / movement } else { 0.5 });
    let (line, histogram) = indicators.macd;
    let average_true_range = indicators.average_true_range;
    let in_average_true_ranges = |distance: f64| {
        if average_true_range > negligible { distance / average_true_range } else { 0.0 }
    };
    put(in_average_true_ranges(line));
    put(in_average_true_ranges(histogram));
    put(average_true_range / bar.close);
}

/// Returns `value / divisor`; 0 where the divisor is negligible.
fn quotient(value: f64, divisor: f64) -> f64 {
    if divisor > NEGLIGIBLE { value / divisor } else { 0.0 }
}

fn clamped(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-FEATURE_MAX, FEATURE_MAX) }
}

const WEEK_MS: i64 = 7 * DAY_MS;

/// From Monday 00:00 UTC, when weeks begin, to 1970-01-01, a Thursday.
const EPOCH_IN_WEEK_MS: i64 = 3 * DAY_MS;

/// Returns sine and cosine of the time of day, then those of the week.
fn circles(time_ms: i64) -> [f64; 4] {
    let day = TAU * (time_ms.rem_euclid(DAY_MS) as f64 / DAY_MS as f64);
    let week_ms = (time_ms.rem_euclid(WEEK_MS) + EPOCH_IN_WEEK_MS) % WEEK_MS;
    let week = TAU * (week_ms as f64 / WEEK_MS as f64);
    [day.sin(), day.cos(), week.sin(), week.cos()]
}
