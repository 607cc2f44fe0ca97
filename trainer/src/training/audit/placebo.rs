//! A placebo: the same exposures, held at other times.
//!
//! A circular shift keeps how often, how long and in which order they
//! were held, and with that the costs; only their place beside the
//! returns is lost. So what other shifts earn, too, is no timing.

use std::collections::VecDeque;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

/// Shifts, spread evenly over the bars.
const N_SHIFTS: usize = 999;
/// Fewest bars to shift.
const N_BARS_MIN: usize = 20;

/// What one symbol's account decided and at which prices, bar by bar.
#[derive(Debug, Default)]
pub(super) struct DecisionSeries {
    opens: VecDeque<f64>,
    decisions: VecDeque<f64>,
}

/// How many shifts earned as much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placebo {
    pub(super) p_value: f64,
    pub(super) n_shifts: usize,
    pub(super) n_bars: usize,
}

impl DecisionSeries {
    /// Takes a bar's open and the decision at its close; of long data
    /// the latest `n_kept` bars count.
    pub(super) fn push(&mut self, (open, decision): (f64, f64), n_kept: usize) {
        if self.opens.len() >= n_kept.max(1) {
            self.opens.pop_front();
            self.decisions.pop_front();
        }
        self.opens.push_back(open);
        self.decisions.push_back(decision);
    }

    /// Returns the decisions, each with the return from the next bar's
    /// open to the one after it, which it earns.
    fn pairs(&self) -> Vec<(f64, f64)> {
        let moves = self.opens.iter().skip(1).zip(self.opens.iter().skip(2));
        let returns = moves.map(|(from, to)| to / from - 1.0);
        self.decisions.iter().copied().zip(returns).collect()
    }
}

/// Returns the share of circular shifts whose gross profit is at least
/// the one of the decisions in their own places; none for too few bars.
pub(super) fn p_value(series_by_symbol: &[DecisionSeries]) -> Option<Placebo> {
    let series: Vec<Vec<(f64, f64)>> = series_by_symbol.iter().map(DecisionSeries::pairs).collect();
    let n_bars = series.iter().map(Vec::len).max().unwrap_or_default();
    if n_bars < N_BARS_MIN {
        return None;
    }
    let n_shifts = N_SHIFTS.min(n_bars - 1);
    let profit = |number: usize| -> f64 {
        let of_symbol = |pairs: &Vec<(f64, f64)>| {
            let shift = pairs.len() * number / (n_shifts + 1);
            let shifted = pairs.iter().cycle().skip(shift);
            pairs
                .iter()
                .zip(shifted)
                .map(|((_, earns), (decision, _))| decision * earns)
                .sum::<f64>()
        };
        series.iter().map(of_symbol).sum()
    };
    let own = profit(0);
    // Exposures that never change earn the same at any shift, but for
    // the order of the sum.
    let least = own - 1e-9 * own.abs();
    let n_as_good =
        (1..=n_shifts).into_par_iter().filter(|number| profit(*number) >= least).count();
    let p_value = (n_as_good + 1) as f64 / (n_shifts + 1) as f64;
    Some(Placebo { p_value, n_shifts, n_bars })
}
