//! What the hour and the day of the week tell of a bar.

use std::collections::BTreeMap;

use crate::market::bars::Bar;

const DAY_MS: i64 = 86_400_000;
/// Fewest bars of a slot that have a mean of their own.
const N_SLOT_MIN: usize = 10;

/// Returns `values` without the mean of their time of the week or,
/// where there are few of that, of the day.
pub(super) fn without_season(bars: &[Bar], values: &[f64]) -> Vec<f64> {
    let weekly = means(bars, values, 7 * DAY_MS);
    let daily = means(bars, values, DAY_MS);
    let each = bars.iter().zip(values).map(|(bar, value)| {
        let of = |means: &BTreeMap<i64, (f64, usize)>, period_ms: i64| {
            let (sum, n) = means[&bar.time_ms.rem_euclid(period_ms)];
            (n >= N_SLOT_MIN).then_some(sum / n as f64)
        };
        value - of(&weekly, 7 * DAY_MS).or_else(|| of(&daily, DAY_MS)).unwrap_or_default()
    });
    each.collect()
}

/// Returns the sum and the number of the values of each slot.
fn means(bars: &[Bar], values: &[f64], period_ms: i64) -> BTreeMap<i64, (f64, usize)> {
    let mut slots: BTreeMap<i64, (f64, usize)> = BTreeMap::new();
    for (bar, value) in bars.iter().zip(values) {
        let (sum, n) = slots.entry(bar.time_ms.rem_euclid(period_ms)).or_default();
        *sum += value;
        *n += 1;
    }
    slots
}
