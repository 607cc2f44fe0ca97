//! What holds of any stream of bars.

use std::collections::VecDeque;
use std::path::Path;

use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};
use trainer::market::bars::{BUILTIN_BTCUSD_30M, Bar, BarSource};
use trainer::market::features::{FeatureEngine, FeatureSet};

use super::{HALF_HOUR_MS, assert_close, bar, rows, small};

fn btcusd() -> Vec<Bar> {
    let source = BarSource::open(BUILTIN_BTCUSD_30M, Path::new(".")).unwrap();
    source.read().unwrap().map(Result::unwrap).collect()
}

/// A seeded random walk, for streams longer than the shipped data.
fn walk(n_bars: usize) -> impl Iterator<Item = Bar> {
    let mut state = 1_u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f64 / f64::from(1_u32 << 24)
    };
    let mut close = 100.0_f64;
    (0..n_bars).map(move |idx| {
        let open = close;
        // Now and then a jump that a running sum would remember.
        let size = if idx % 50_000 == 49_999 { 2.0 } else { 0.002 };
        let mean_reversion = -0.0001 * (close / 100.0).ln();
        close *= (mean_reversion + size * (uniform() - 0.5)).exp();
        bar(idx, open, close, 1.0 + 1e6 * uniform().powi(8))
    })
}

#[test]
fn the_warm_up_yields_no_row_and_leaves_the_row_alone() {
    let set = FeatureSet::standard();
    let bars: Vec<Bar> = walk(400).collect();
    let mut engine = FeatureEngine::new(&set);
    let mut row = vec![f64::NAN; set.n_features()];
    for (idx, bar) in bars.iter().enumerate() {
        let is_warm = engine.push(bar, &mut row);
        assert_eq!(is_warm, idx >= set.n_warm_up_bars());
        assert_eq!(is_warm, row.iter().all(|value| value.is_finite()));
    }
    assert_eq!(set.n_warm_up_bars(), 335);
}

#[test]
fn rows_of_a_prefix_are_those_of_the_whole_bit_for_bit() {
    let (set, bars) = (FeatureSet::standard(), btcusd());
    let whole = rows(&set, &bars[..5000]);
    for end in [336, 337, 1000, 3333, 4999] {
        let prefix = rows(&set, &bars[..end]);
        assert_eq!(prefix.last().unwrap(), &whole[end - 1], "row {} of {end} bars", end - 1);
        assert_eq!(prefix, whole[..end]);
    }
}

#[test]
fn later_bars_do_not_change_a_row() {
    let (set, mut bars) = (FeatureSet::standard(), btcusd());
    bars.truncate(2000);
    let before = rows(&set, &bars);
    for bar in &mut bars[1500..] {
        *bar = Bar { open: 1.0, high: 9.0, low: 0.5, close: 3.0, volume: 0.0, ..*bar };
    }
    let after = rows(&set, &bars);
    assert_eq!(before[..1500], after[..1500]);
    assert_ne!(before[1500], after[1500]);
}

#[test]
fn neither_the_price_nor_the_volume_unit_matters_to_the_last_bit() {
    let (set, bars) = (FeatureSet::standard(), btcusd());
    let expected = rows(&set, &bars);
    for (price, volume) in
        [(1000.0, 7.0), (1024.0, 1.0), (0.001, 1e-3), (7.0, 1e6), (1e6, 0.3), (1e-6, 1e-9)]
    {
        let scaled: Vec<Bar> = bars
            .iter()
            .map(|bar| Bar {
                open: bar.open * price,
                high: bar.high * price,
                low: bar.low * price,
                close: bar.close * price,
                volume: bar.volume * volume,
                ..*bar
            })
            .collect();
        assert!(expected == rows(&set, &scaled), "prices x {price}, volumes x {volume}");
    }
}

#[test]
fn a_million_bars_leave_no_drift() {
    let set = FeatureSet::standard();
    let column = |name: &str| set.names().iter().position(|other| other == name).unwrap();
    let [volatility, zscore, distance, volume] =
        ["volatility_96", "zscore_336", "average_distance_24", "volume_zscore_96"].map(column);
    let mut engine = FeatureEngine::new(&set);
    let mut row = vec![0.0; set.n_features()];
    let mut recent: VecDeque<Bar> = VecDeque::new();
    for (idx, bar) in walk(1_000_000).enumerate() {
        engine.push(&bar, &mut row);
        recent.push_back(bar);
        if recent.len() > 337 {
            recent.pop_front();
        }
        // Also right after a jump has left the windows.
        if idx < 1000 || idx % 9973 != 0 && idx % 50_000 != 380 {
            continue;
        }
        let logs: Vec<f64> = recent.iter().map(|bar| bar.close.ln()).collect();
        let volumes: Vec<f64> = recent.iter().map(|bar| bar.volume.ln()).collect();
        let squares = logs.windows(2).map(|pair| (pair[1] - pair[0]).powi(2));
        let fresh = (squares.skip(240).sum::<f64>() / 96.0).sqrt();
        assert_close(row[volatility] / fresh, 1.0, 1e-5);
        assert_close(row[zscore], fresh_zscore(&logs[1..]), 1e-5);
        assert_close(row[volume], fresh_zscore(&volumes[337 - 96..]), 1e-5);
        let mean = logs[337 - 24..].iter().sum::<f64>() / 24.0;
        let fresh = (logs[336] - mean) / (fresh * 24.0_f64.sqrt());
        assert_close(row[distance], fresh, 1e-5);
    }
}

fn fresh_zscore(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values[values.len() - 1] - mean) / (squares / values.len() as f64).sqrt()
}

#[test]
fn prices_that_stand_still_give_calm_numbers() {
    let set = FeatureSet::standard();
    let moving = walk(500);
    let still = (500..3000).map(|idx| Bar {
        time_ms: i64::from(idx) * HALF_HOUR_MS,
        open: 100.1,
        high: 100.1,
        low: 100.1,
        close: 100.1,
        volume: 0.3,
        funding: 0.0,
        dividend: 0.0,
    });
    let bars: Vec<Bar> = moving.chain(still).collect();
    let row = rows(&set, &bars).pop().unwrap().unwrap();
    for (name, value) in set.names().iter().zip(&row).filter(|(name, _)| !name.contains("day")) {
        let calm = match name.as_str() {
            "close_position" | "rsi_14" => 0.5,
            "week_sin" | "week_cos" => continue,
            _ => 0.0,
        };
        assert_close(*value, calm, 1e-9);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_valid_bars_give_finite_features(
        exponents in prop::collection::vec(
            (-300.0..300.0_f64, -300.0..300.0_f64, -310.0..308.0_f64),
            20..60,
        ),
        cut in 0_usize..20,
    ) {
        let set = small();
        let bars: Vec<Bar> = exponents
            .iter()
            .enumerate()
            .map(|(idx, &(open, close, volume))| {
                bar(idx, 10_f64.powf(open), 10_f64.powf(close), 10_f64.powf(volume))
            })
            .collect();
        let whole = rows(&set, &bars);
        for row in whole.iter().flatten() {
            prop_assert!(row.iter().all(|value| value.abs() <= 100.0), "{:?}", row);
        }
        prop_assert_eq!(&rows(&set, &bars[..cut]), &whole[..cut]);
    }
}
