//! Trades remembered bars, net of costs.

use super::statistics::Trial;

/// A bar to judge on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedBar {
    /// When it opened.
    pub time_ms: i64,
    /// The return from the next bar's open to the one after it.
    pub next_return: f64,
    /// Whether it is the very next one after the bar before; where it is
    /// not, the account begins flat.
    pub follows: bool,
}

/// Bars to judge on: of one symbol after the other, each in order.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedBars {
    bars: Vec<JudgedBar>,
    /// For each bar the number of its time, of all times in order.
    time_idx: Vec<usize>,
    n_of_time: Vec<f64>,
    cost: f64,
    allows_short: bool,
}

impl JudgedBars {
    /// Returns the bars, traded at `cost` per unit of exposure, as a
    /// fraction of equity.
    pub fn new(bars: Vec<JudgedBar>, cost: f64, allows_short: bool) -> Self {
        let mut times_ms: Vec<i64> = bars.iter().map(|bar| bar.time_ms).collect();
        times_ms.sort_unstable();
        times_ms.dedup();
        let time_idx = bars.iter().map(|bar| times_ms.partition_point(|it| *it < bar.time_ms));
        let time_idx: Vec<usize> = time_idx.collect();
        let mut n_of_time = vec![0.0; times_ms.len()];
        for &idx in &time_idx {
            n_of_time[idx] += 1.0;
        }
        Self { bars, time_idx, n_of_time, cost, allows_short }
    }

    /// Trades all bars: `act` gets a bar's index here and the exposure
    /// held, and returns the one to hold. Each run of bars begins and
    /// ends flat. Symbols that trade at one time have equal parts of the
    /// account: what they earn together counts once.
    pub fn trade(&self, act: impl Fn(usize, f64) -> f64) -> Trial {
        let n_times = self.n_of_time.len();
        let (mut nets, mut market) = (vec![0.0; n_times], vec![0.0; n_times]);
        let mut position = 0.0_f64;
        for (at, bar) in self.bars.iter().enumerate() {
            let target = act(at, position);
            let mut net = target * bar.next_return - self.cost * (target - position).abs();
            position = target;
            if !self.bars.get(at + 1).is_some_and(|next| next.follows) {
                net -= self.cost * position.abs();
                position = 0.0;
            }
            let idx = self.time_idx[at];
            nets[idx] += net.max(-1.0).ln_1p() / self.n_of_time[idx];
            market[idx] += bar.next_return / self.n_of_time[idx];
        }
        Trial { nets, market, allows_short: self.allows_short }
    }
}
