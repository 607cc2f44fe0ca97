//! Simulates a candidate's trades on held-out bars, net of costs.

use super::candidate_returns::CandidateReturns;

/// A bar to validate on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValidationBar {
    /// When it opened, in milliseconds since 1970 (UTC).
    pub time_ms: i64,
    /// The return from the next bar's open to the one after it.
    pub next_return: f64,
    /// Whether it directly follows the bar before it in the list; where
    /// it does not, the position starts at 0.
    pub follows: bool,
}

/// The bars to validate on: one symbol after the other, each in order of
/// time.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidationBars {
    bars: Vec<ValidationBar>,
    /// For each bar the index of its time among the distinct times.
    time_idxs: Vec<usize>,
    /// The number of bars at each distinct time.
    n_bars_at: Vec<f64>,
    cost: f64,
    allows_short: bool,
}

impl ValidationBars {
    /// Returns the bars, traded at `cost` per unit of exposure, as a
    /// fraction of equity.
    pub fn new(bars: Vec<ValidationBar>, cost: f64, allows_short: bool) -> Self {
        let mut times_ms: Vec<i64> = bars.iter().map(|bar| bar.time_ms).collect();
        times_ms.sort_unstable();
        times_ms.dedup();
        let time_idxs = bars.iter().map(|bar| times_ms.partition_point(|it| *it < bar.time_ms));
        let time_idxs: Vec<usize> = time_idxs.collect();
        let mut n_bars_at = vec![0.0; times_ms.len()];
        for &time_idx in &time_idxs {
            n_bars_at[time_idx] += 1.0;
        }
        Self { bars, time_idxs, n_bars_at, cost, allows_short }
    }

    /// Trades all bars. `act` takes the index of a bar and the exposure
    /// held, and returns the exposure to hold next. Every unbroken run of
    /// bars begins and ends without a position. Symbols with a bar at the
    /// same time share the account equally: their log returns are
    /// averaged into one.
    pub fn trade(&self, act: impl Fn(usize, f64) -> f64) -> CandidateReturns {
        let n_times = self.n_bars_at.len();
        let (mut net_log_returns, mut market_returns) = (vec![0.0; n_times], vec![0.0; n_times]);
        let mut position = 0.0_f64;
        for (bar_idx, bar) in self.bars.iter().enumerate() {
            let target = act(bar_idx, position);
            let mut net = target * bar.next_return - self.cost * (target - position).abs();
            position = target;
            if !self.bars.get(bar_idx + 1).is_some_and(|next| next.follows) {
                net -= self.cost * position.abs();
                position = 0.0;
            }
            let time_idx = self.time_idxs[bar_idx];
            net_log_returns[time_idx] += net.max(-1.0).ln_1p() / self.n_bars_at[time_idx];
            market_returns[time_idx] += bar.next_return / self.n_bars_at[time_idx];
        }
        CandidateReturns { net_log_returns, market_returns, allows_short: self.allows_short }
    }
}
