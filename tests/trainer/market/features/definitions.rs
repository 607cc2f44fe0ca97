//! Features against their definitions, by hand.

use trainer::market::bars::Bar;
use trainer::market::features::FeatureSet;

use super::{HALF_HOUR_MS, assert_close, rows, small};

/// Returns the feature `name` of the last bar.
#[track_caller]
fn last(set: &FeatureSet, bars: &[Bar], name: &str) -> f64 {
    let idx = set.names().iter().position(|other| other == name).unwrap();
    rows(set, bars).last().unwrap().as_ref().unwrap()[idx]
}

/// Returns bars of equal high, low and close but for one unit each side.
fn bars_of_closes(closes: &[f64]) -> Vec<Bar> {
    let one = |(idx, &close): (usize, &f64)| Bar {
        time_ms: i64::try_from(idx).unwrap() * HALF_HOUR_MS,
        open: close,
        high: close + 1.0,
        low: close - 1.0,
        close,
        volume: 10.0,
        funding: 0.0,
        dividend: 0.0,
    };
    closes.iter().enumerate().map(one).collect()
}

// The closes below, by hand: changes +2 -1 +3 -2, averages of the first
// three 5/3 and 1/3, then Wilder's: gain 10/9, loss (2/3 + 2)/3 = 8/9.
const CLOSES: [f64; 5] = [10.0, 12.0, 11.0, 14.0, 12.0];

#[test]
fn the_relative_strength_index_is_wilders() {
    let rsi = last(&small(), &bars_of_closes(&CLOSES), "rsi_3");
    assert_close(rsi, 10.0 / 18.0, 1e-7);
}

#[test]
fn the_average_true_range_is_wilders() {
    // Ranges 2, 3 (13 - 10), 2, 4 (15 - 11), 3 (14 - 11): the mean of
    // the first three is 7/3, then (14/3 + 4)/3 = 26/9, (52/9 + 3)/3.
    let atr = last(&small(), &bars_of_closes(&CLOSES), "atr_3");
    assert_close(atr, 79.0 / 27.0 / 12.0, 1e-7);
}

#[test]
fn the_macd_is_appels_in_average_true_ranges() {
    // Fast (weight 2/3): 11, 11, 13, 37/3. Slow (1/2) from the third:
    // 11, 12.5, 12.25. Line 0, 1/2, 1/12; signal 1/4, then + 2/3 of
    // (1/12 - 1/4): 5/36. Histogram 1/12 - 5/36 = -1/18.
    let bars = bars_of_closes(&CLOSES);
    assert_close(last(&small(), &bars, "macd_2_3"), 1.0 / 12.0 * 27.0 / 79.0, 1e-7);
    assert_close(last(&small(), &bars, "macd_histogram_2_3_2"), -1.0 / 18.0 * 27.0 / 79.0, 1e-7);
}

#[test]
fn returns_volatility_and_distances_are_by_definition() {
    let (set, bars) = (small(), bars_of_closes(&CLOSES));
    let returns: Vec<f64> = CLOSES.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let root_mean_square = |returns: &[f64]| {
        (returns.iter().map(|r| r * r).sum::<f64>() / returns.len() as f64).sqrt()
    };
    let (short, long) = (root_mean_square(&returns[2..]), root_mean_square(&returns));
    assert_close(last(&set, &bars, "return_1"), (12.0_f64 / 14.0).ln(), 1e-7);
    assert_close(last(&set, &bars, "return_3"), 0.0, 1e-7);
    assert_close(last(&set, &bars, "volatility_2"), short, 1e-7);
    assert_close(last(&set, &bars, "volatility_ratio_2_4"), short / long, 1e-7);
    assert_close(last(&set, &bars, "range_4"), (13.0_f64 / 11.0).ln() / long, 1e-7);
    assert_close(last(&set, &bars, "close_position"), 0.5, 1e-7);
    let distance = (12.0_f64.ln() - 14.0_f64.ln()) / 2.0;
    assert_close(last(&set, &bars, "average_distance_2"), distance / (long * 2.0_f64.sqrt()), 1e-7);
    // The long average is over the five bars that there are.
    let mean = CLOSES.iter().map(|close| close.ln()).sum::<f64>() / 5.0;
    let distance = (12.0_f64.ln() - mean) / (long * 5.0_f64.sqrt());
    assert_close(last(&set, &bars, "average_distance_8"), distance, 1e-7);
}

#[test]
fn the_day_and_the_week_are_circles() {
    let set = small();
    // 2018-01-01, a Monday, 06:00 UTC.
    let mut bars = bars_of_closes(&CLOSES);
    bars.last_mut().unwrap().time_ms = 1_514_786_400_000;
    assert_close(last(&set, &bars, "day_sin"), 1.0, 1e-7);
    assert_close(last(&set, &bars, "day_cos"), 0.0, 1e-7);
    let angle = std::f64::consts::TAU / 28.0;
    assert_close(last(&set, &bars, "week_sin"), angle.sin(), 1e-7);
    assert_close(last(&set, &bars, "week_cos"), angle.cos(), 1e-7);
}

#[test]
fn volume_counts_only_where_it_was_traded() {
    let set = small();
    let mut bars = bars_of_closes(&CLOSES);
    assert_close(last(&set, &bars, "volume_zscore_3"), 0.0, 0.0);
    bars[4].volume = 20.0;
    // Logs 0, 0 and ln 2: (2/3) / sqrt(2/9).
    assert_close(last(&set, &bars, "volume_zscore_3"), 2.0_f64.sqrt(), 1e-7);
    bars[3].volume = 0.0;
    assert_close(last(&set, &bars, "volume_zscore_3"), 2.0_f64.sqrt(), 1e-7);
    bars[4].volume = 0.0;
    assert_close(last(&set, &bars, "volume_zscore_3"), 0.0, 0.0);
}
