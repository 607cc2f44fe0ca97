//! Computes the standard features of bar after bar, in constant time
//! and memory.

use super::calendar;
use super::indicators::{Convergence, RelativeStrength, TrueRange};
use super::moments::{Moments, RollingMoments};
use super::set::FeatureWindows;
use super::unit::UnitFree;
use crate::market::bars::Bar;

/// No feature is larger than this, so that a jump after a calm stays a
/// number.
const FEATURE_MAX: f64 = 100.0;

/// What is smaller, relative to the price, is rounding and counts as 0.
const NEGLIGIBLE: f64 = 1e-12;

/// The features of [`FeatureWindows`]; [`super::FeatureEngine`] tells
/// what each is.
#[derive(Debug, Clone)]
pub(super) struct WindowedEngine {
    n_warm_up_bars: usize,
    n_bars: usize,
    price_unit: UnitFree,
    volume_unit: UnitFree,
    horizons: Vec<usize>,
    /// The last log closes, as many as the longest horizon and one.
    log_closes: Vec<f64>,
    previous_log_close: f64,
    volatility_short: RollingMoments,
    volatility_long: RollingMoments,
    volumes: RollingMoments,
    relative_strength: RelativeStrength,
    true_range: TrueRange,
    convergence: Convergence,
    averages: Vec<(f64, RollingMoments)>,
    long_average: Option<RollingMoments>,
    price_levels: RollingMoments,
}

/// The numbers of one bar that its row is written from.
struct Reading {
    log_close: f64,
    short: Moments,
    long: Moments,
    volume_zscore: f64,
    gain_and_loss: Option<(f64, f64)>,
    true_range: f64,
    convergence: (f64, f64),
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
            price_unit: UnitFree::default(),
            volume_unit: UnitFree::default(),
            horizons: windows.returns.clone(),
            log_closes: vec![0.0; longest + 1],
            previous_log_close: 0.0,
            volatility_short: RollingMoments::new(windows.volatility_short),
            volatility_long: RollingMoments::new(windows.volatility_long),
            volumes: RollingMoments::new(windows.volume),
            relative_strength: RelativeStrength::new(windows.rsi),
            true_range: TrueRange::new(windows.atr),
            convergence: Convergence::new(
                windows.macd_fast,
                windows.macd_slow,
                windows.macd_signal,
            ),
            averages: averages
                .map(|&window| ((window as f64).sqrt(), RollingMoments::new(window)))
                .collect(),
            long_average: windows.long_average.map(RollingMoments::new),
            price_levels: RollingMoments::new(windows.zscore),
        }
    }

    /// Takes the next bar and writes its features to `row`; `false`, with
    /// `row` as it was, during the warm-up.
    pub(super) fn push(&mut self, bar: &Bar, row: &mut [f64]) -> bool {
        let is_warm = self.n_bars >= self.n_warm_up_bars;
        let close = self.price_unit.take(bar.close);
        let [high, low] = [bar.high, bar.low].map(|price| self.price_unit.take(price));
        let bar = &Bar { high, low, close, ..*bar };
        let reading = self.take(bar);
        let mut cells = row.iter_mut();
        let mut put = |value: f64| {
            if let Some(cell) = cells.next().filter(|_| is_warm) {
                *cell = bounded(value);
            }
        };
        let long = reading.long.root_mean_square();
        for &horizon in &self.horizons {
            put(reading.log_close - self.log_close_before(horizon));
        }
        put_volatility(&reading, bar, &mut put);
        put_indicators(&reading, bar, &mut put);
        for (root, average) in &mut self.averages {
            let distance = reading.log_close - average.push(reading.log_close).mean();
            put(quotient(distance, long * *root));
        }
        if let Some(average) = &mut self.long_average {
            let moments = average.push(reading.log_close);
            let distance = reading.log_close - moments.mean();
            put(quotient(distance, long * moments.count().sqrt()));
        }
        let deviation = reading.price_level.deviation();
        put(quotient(reading.log_close - reading.price_level.mean(), deviation));
        calendar::circles(bar.time_ms).into_iter().for_each(put);
        self.n_bars += 1;
        is_warm
    }

    /// Updates all but the averages, which `push` reads as it goes. The
    /// prices of `bar` are without a unit.
    fn take(&mut self, bar: &Bar) -> Reading {
        let log_close = bar.close.ln();
        let n_kept = self.log_closes.len();
        self.log_closes[self.n_bars % n_kept] = log_close;
        let log_return = log_close - self.previous_log_close;
        self.previous_log_close = log_close;
        // The first bar has no return; the windows forget this 0 before
        // the warm-up ends.
        let (short, long) =
            (self.volatility_short.push(log_return), self.volatility_long.push(log_return));
        let volume_zscore = if bar.volume > 0.0 {
            let log_volume = self.volume_unit.take(bar.volume).ln();
            let moments = self.volumes.push(log_volume);
            quotient(log_volume - moments.mean(), moments.deviation())
        } else {
            0.0
        };
        Reading {
            log_close,
            short,
            long,
            volume_zscore,
            gain_and_loss: self.relative_strength.push(bar.close),
            true_range: self.true_range.push(bar.high, bar.low, bar.close).unwrap_or_default(),
            convergence: self.convergence.push(bar.close).unwrap_or_default(),
            price_level: self.price_levels.push(log_close),
        }
    }

    fn log_close_before(&self, horizon: usize) -> f64 {
        let n_kept = self.log_closes.len();
        self.log_closes[(self.n_bars + n_kept - horizon) % n_kept]
    }
}

fn put_volatility(reading: &Reading, bar: &Bar, put: &mut impl FnMut(f64)) {
    let (short, long) = (reading.short.root_mean_square(), reading.long.root_mean_square());
    put(short);
    put(long);
    put(quotient(short, long));
    put(quotient((bar.high / bar.low).ln(), long));
    let range = bar.high - bar.low;
    put(if range > 0.0 { (bar.close - bar.low) / range } else { 0.5 });
    put(reading.volume_zscore);
}

fn put_indicators(reading: &Reading, bar: &Bar, put: &mut impl FnMut(f64)) {
    let negligible = bar.close * NEGLIGIBLE;
    let (gain, loss) = reading.gain_and_loss.unwrap_or_default();
    // Halved, so that the sum of two huge prices is still a number.
    let movement = gain / 2.0 + loss / 2.0;
    put(if movement > negligible { gain / 2.0 / movement } else { 0.5 });
    let (line, histogram) = reading.convergence;
    let true_range = reading.true_range;
    let in_ranges = |distance: f64| {
        if true_range > negligible { distance / true_range } else { 0.0 }
    };
    put(in_ranges(line));
    put(in_ranges(histogram));
    put(true_range / bar.close);
}

fn quotient(value: f64, divisor: f64) -> f64 {
    if divisor > NEGLIGIBLE { value / divisor } else { 0.0 }
}

fn bounded(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-FEATURE_MAX, FEATURE_MAX) }
}
