//! The trainer's features, through its public interface.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

mod definitions;
mod set;
mod stream;

use trainer::market::bars::Bar;
use trainer::market::features::{FeatureEngine, FeatureSet, FeatureWindows};

const HALF_HOUR_MS: i64 = 1_800_000;

/// Small windows, so that rows can be computed by hand.
fn small() -> FeatureSet {
    FeatureSet::new(FeatureWindows {
        returns: vec![1, 3],
        volatility_short: 2,
        volatility_long: 4,
        volume: 3,
        rsi: 3,
        macd_fast: 2,
        macd_slow: 3,
        macd_signal: 2,
        atr: 3,
        averages: vec![2],
        long_average: Some(8),
        zscore: 4,
    })
    .unwrap()
}

/// Returns each bar's row, `None` during the warm-up.
fn rows(set: &FeatureSet, bars: &[Bar]) -> Vec<Option<Vec<f64>>> {
    let mut engine = FeatureEngine::new(set);
    let mut row = vec![f64::NAN; set.n_features()];
    bars.iter().map(|bar| engine.push(bar, &mut row).then(|| row.clone())).collect()
}

#[track_caller]
fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    let error = (actual - expected).abs();
    let limit = tolerance * expected.abs().max(1.0);
    assert!(error <= limit, "{actual} is not {expected} within {limit}");
}

fn bar(idx: usize, open: f64, close: f64, volume: f64) -> Bar {
    let (high, low) = (open.max(close) * 1.01, open.min(close) * 0.98);
    let time_ms = i64::try_from(idx).unwrap() * HALF_HOUR_MS;
    Bar { time_ms, open, high, low, close, volume, funding: 0.0, dividend: 0.0 }
}
