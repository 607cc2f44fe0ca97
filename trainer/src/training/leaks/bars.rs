//! The bars of the checks: the latest, with changed or shuffled moves.

use std::collections::VecDeque;

use anyhow::Result;

use crate::market::bars::{Bar, BarSource};
use crate::random::splitmix64;

/// Most bars that the checks hold in memory.
const N_BARS_MAX: usize = 20_000;

/// The latest bars, with the values of their further columns.
pub(super) struct LatestBars {
    pub(super) bars: Vec<Bar>,
    /// Row-major: one row for each bar, one value for each column.
    pub(super) values: Vec<f64>,
}

impl LatestBars {
    /// Reads the latest bars of `source`, at most `N_BARS_MAX`.
    pub(super) fn of(source: &BarSource) -> Result<Self> {
        let mut reader = source.read()?;
        let n_columns = reader.columns().len();
        let (mut bars, mut values) = (VecDeque::new(), VecDeque::new());
        while let Some(bar) = reader.next() {
            if bars.len() == N_BARS_MAX {
                bars.pop_front();
                values.drain(..n_columns);
            }
            bars.push_back(bar?);
            values.extend(reader.columns());
        }
        Ok(Self { bars: bars.into(), values: values.into() })
    }

    /// Returns the values of the column `idx`, one for each bar.
    pub(super) fn column(&self, idx: usize) -> Vec<f64> {
        let n_columns = self.values.len() / self.bars.len().max(1);
        self.values.iter().skip(idx).step_by(n_columns.max(1)).copied().collect()
    }
}

/// Returns `bars` with every price move after the bar `last_idx`
/// inverted: a rise becomes a fall by the same factor.
pub(super) fn inverted_after(bars: &[Bar], last_idx: usize) -> Vec<Bar> {
    let (kept, later) = bars.split_at((last_idx + 1).min(bars.len()));
    let pivot = kept.last().map_or(1.0, |bar| bar.close);
    let invert = |price: f64| pivot * (pivot / price);
    let inverted = later.iter().map(|bar| Bar {
        open: invert(bar.open),
        high: invert(bar.low),
        low: invert(bar.high),
        close: invert(bar.close),
        volume: bar.volume * 2.0,
        ..*bar
    });
    kept.iter().copied().chain(inverted).collect()
}

/// A bar's prices as ratios: the gap to the close before, the others to
/// its own open.
#[derive(Clone, Copy)]
struct CandleShape {
    gap: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
}

/// Returns `bars` with their moves in random order (Fisher-Yates) and
/// without drift: past moves do not predict the next one, and holding
/// earns nothing.
pub(super) fn shuffled(bars: &[Bar], seed: u64) -> Vec<Bar> {
    let Some(first) = bars.first() else {
        return Vec::new();
    };
    let mut shapes: Vec<CandleShape> =
        bars.windows(2).map(|pair| shape(&pair[0], &pair[1])).collect();
    let n_moves = shapes.len().max(1) as f64;
    let drift = shapes.iter().map(|shape| (shape.gap * shape.close).ln()).sum::<f64>() / n_moves;
    let undrift = (-drift).exp();
    for last in (1..shapes.len()).rev() {
        let draw = splitmix64(seed ^ splitmix64(last as u64));
        let product = u128::from(draw) * (last as u128 + 1);
        shapes.swap(last, usize::try_from(product >> 64).expect("it is at most `last`"));
    }
    let mut previous_close = first.close;
    let moved = shapes.iter().zip(&bars[1..]).map(|(shape, bar)| {
        let open = previous_close * shape.gap * undrift;
        previous_close = open * shape.close;
        Bar {
            open,
            high: open * shape.high,
            low: open * shape.low,
            close: previous_close,
            volume: shape.volume,
            ..*bar
        }
    });
    std::iter::once(*first).chain(moved).collect()
}

fn shape(before: &Bar, bar: &Bar) -> CandleShape {
    CandleShape {
        gap: bar.open / before.close,
        high: bar.high / bar.open,
        low: bar.low / bar.open,
        close: bar.close / bar.open,
        volume: bar.volume,
    }
}
