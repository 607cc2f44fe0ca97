//! Rolling figures, over a moving window of bars.

use std::collections::VecDeque;

use crate::wording::DAY_MS;

use super::series::{Aggregation, Series};

/// The columns; all but beta are annual.
const COLUMNS: &[(&str, Aggregation)] = &[
    ("sharpe", Aggregation::Last),
    ("hold_sharpe", Aggregation::Last),
    ("sortino", Aggregation::Last),
    ("volatility", Aggregation::Last),
    ("hold_volatility", Aggregation::Last),
    ("beta", Aggregation::Last),
];
/// About as many points as a wide screen has pixels.
const N_POINTS: u64 = 2000;
/// Days in a window, if there are enough bars.
const N_DAYS: f64 = 30.0;
const N_BARS_MIN: u64 = 20;
const N_BARS_MAX: u64 = 50_000;

/// The bars, on which the length of the window depends.
#[derive(Debug, Clone, Copy)]
pub(super) struct RollingOptions {
    /// Bars in all.
    pub(super) n_bars: u64,
    pub(super) interval_ms: f64,
    pub(super) periods_per_year: f64,
}

/// Rolling figures. Each window is computed from its own bars, so that
/// rounding errors do not accumulate.
#[derive(Debug, Clone)]
pub(super) struct Rolling {
    window: usize,
    every: u64,
    scale: f64,
    n_seen: u64,
    last: Option<[f64; 2]>,
    returns: VecDeque<[f64; 2]>,
    series: Series,
}

impl Rolling {
    /// Returns `None` for fewer bars than two windows hold.
    pub(super) fn new(options: RollingOptions) -> Option<Self> {
        let RollingOptions { n_bars, interval_ms, periods_per_year } = options;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of bars, and one that is too large is clamped"
        )]
        let n_bars_of_days = (N_DAYS * DAY_MS as f64 / interval_ms.max(1.0)) as u64;
        let window = n_bars_of_days.min(n_bars / 4).clamp(N_BARS_MIN, N_BARS_MAX);
        if n_bars < 2 * window {
            return None;
        }
        Some(Self {
            window: usize::try_from(window).ok()?,
            every: n_bars.div_ceil(N_POINTS),
            scale: periods_per_year.sqrt(),
            n_seen: 0,
            last: None,
            returns: VecDeque::new(),
            series: Series::new(COLUMNS, 2 * usize::try_from(N_POINTS).ok()?),
        })
    }

    /// Returns the number of bars in a window.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    pub(super) fn series(&self) -> &Series {
        &self.series
    }

    /// Records the agent's equity and buy-and-hold's at a bar.
    pub(super) fn push(&mut self, time_ms: i64, levels: [f64; 2]) {
        let Some(before) = self.last.replace(levels) else { return };
        if self.returns.len() == self.window {
            self.returns.pop_front();
        }
        self.returns.push_back([0, 1].map(|idx| levels[idx] / before[idx] - 1.0));
        self.n_seen += 1;
        if self.returns.len() == self.window && self.n_seen.is_multiple_of(self.every) {
            let row = self.measure();
            self.series.push(time_ms, &row);
        }
    }

    fn measure(&self) -> [f64; 6] {
        let n = self.returns.len() as f64;
        let parts = [self.returns.as_slices().0, self.returns.as_slices().1];
        // Several partial sums, which the processor adds in parallel.
        let mut sums = [0.0; 3];
        for [own, hold] in parts.into_iter().flatten() {
            sums[0] += own;
            sums[1] += hold;
            sums[2] += own.min(0.0).powi(2);
        }
        let means = [sums[0] / n, sums[1] / n];
        let downside = sums[2] / n;
        let mut products = [0.0; 3];
        for [own, hold] in parts.into_iter().flatten() {
            let (own, hold) = (own - means[0], hold - means[1]);
            products[0] += own * own;
            products[1] += hold * hold;
            products[2] += own * hold;
        }
        let [own, hold, both] = products.map(|product| product / (n - 1.0));
        let deviations = [own.sqrt(), hold.sqrt()];
        [
            ratio(means[0], deviations[0]) * self.scale,
            ratio(means[1], deviations[1]) * self.scale,
            ratio(means[0], downside.sqrt()) * self.scale,
            deviations[0] * self.scale,
            deviations[1] * self.scale,
            ratio(both, hold),
        ]
    }
}

/// Returns NaN, a gap in the chart, where the ratio is undefined.
fn ratio(a: f64, b: f64) -> f64 {
    // Rounding gives constant returns a tiny deviation: treat it as 0.
    if b > 1e-15 { a / b } else { f64::NAN }
}
