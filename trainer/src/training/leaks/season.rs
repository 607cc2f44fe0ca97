//! Removes the seasonality of the week and the day.

use std::collections::BTreeMap;

use crate::market::bars::Bar;
use crate::wording::DAY_MS;

/// Fewest values of a time slot for its mean to be used.
const N_SLOT_MIN: usize = 10;

/// Returns `values` less the mean of their time of the week or, where
/// that has too few values, of the day.
pub(super) fn without_season(bars: &[Bar], values: &[f64]) -> Vec<f64> {
    let weekly = slot_sums(bars, values, 7 * DAY_MS);
    let daily = slot_sums(bars, values, DAY_MS);
    let each = bars.iter().zip(values).map(|(bar, value)| {
        let mean = |slots: &BTreeMap<i64, (f64, usize)>, period_ms: i64| {
            let (sum, n) = slots[&bar.time_ms.rem_euclid(period_ms)];
            (n >= N_SLOT_MIN).then_some(sum / n as f64)
        };
        value - mean(&weekly, 7 * DAY_MS).or_else(|| mean(&daily, DAY_MS)).unwrap_or_default()
    });
    each.collect()
}

/// Returns the sum and number of values for each time of the period.
fn slot_sums(bars: &[Bar], values: &[f64], period_ms: i64) -> BTreeMap<i64, (f64, usize)> {
    let mut slots: BTreeMap<i64, (f64, usize)> = BTreeMap::new();
    for (bar, value) in bars.iter().zip(values) {
        let (sum, n) = slots.entry(bar.time_ms.rem_euclid(period_ms)).or_default();
        *sum += value;
        *n += 1;
    }
    slots
}
