//! A placebo test of timing: the same exposures, held at other times.
//!
//! A circular shift keeps the order and duration of the exposures, and
//! with them the costs, but not their alignment with the returns. What
//! the shifted exposures earn as well is not due to timing.

use std::collections::VecDeque;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::training::train::Decision;

/// Number of shifts, spread evenly over the bars.
const N_SHIFTS: usize = 999;
/// Fewest bars for the test.
const N_BARS_MIN: usize = 20;

/// One symbol's opens and decisions, bar by bar.
#[derive(Debug, Default)]
pub(super) struct DecisionSeries {
    opens: VecDeque<f64>,
    decisions: VecDeque<f64>,
}

/// The result of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placebo {
    pub(super) p_value: f64,
    pub(super) n_shifts: usize,
    pub(super) n_bars: usize,
}

impl DecisionSeries {
    /// Adds the next bar's decision; at most the latest `n_bars_max` are
    /// kept.
    pub(super) fn push(&mut self, decision: &Decision, n_bars_max: usize) {
        if self.opens.len() >= n_bars_max.max(1) {
            self.opens.pop_front();
            self.decisions.pop_front();
        }
        self.opens.push_back(decision.open);
        self.decisions.push_back(decision.target);
    }

    /// Returns each decision with the return that it earns: from the
    /// next bar's open to the open after that.
    fn pairs(&self) -> Vec<(f64, f64)> {
        let moves = self.opens.iter().skip(1).zip(self.opens.iter().skip(2));
        let returns = moves.map(|(from, to)| to / from - 1.0);
        self.decisions.iter().copied().zip(returns).collect()
    }
}

/// Returns the permutation p value of the gross profit: the fraction of
/// circular shifts, the identity included, that earn at least as much;
/// `None` for too few bars.
pub(super) fn p_value(series_by_symbol: &[DecisionSeries]) -> Option<Placebo> {
    let series: Vec<Vec<(f64, f64)>> = series_by_symbol.iter().map(DecisionSeries::pairs).collect();
    let n_bars = series.iter().map(Vec::len).max().unwrap_or_default();
    if n_bars < N_BARS_MIN {
        return None;
    }
    let n_shifts = N_SHIFTS.min(n_bars - 1);
    let profit = |shift_idx: usize| -> f64 {
        let of_symbol = |pairs: &Vec<(f64, f64)>| {
            let shift = pairs.len() * shift_idx / (n_shifts + 1);
            let shifted = pairs.iter().cycle().skip(shift);
            pairs
                .iter()
                .zip(shifted)
                .map(|((_, earns), (decision, _))| decision * earns)
                .sum::<f64>()
        };
        series.iter().map(of_symbol).sum()
    };
    let unshifted = profit(0);
    // Constant exposures earn the same at any shift, up to rounding.
    let threshold = unshifted - 1e-9 * unshifted.abs();
    let n_as_good = (1..=n_shifts).into_par_iter().filter(|idx| profit(*idx) >= threshold).count();
    let p_value = (n_as_good + 1) as f64 / (n_shifts + 1) as f64;
    Some(Placebo { p_value, n_shifts, n_bars })
}
