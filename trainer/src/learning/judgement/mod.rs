//! Judges on held-out training bars whether anything is worth trading.
//!
//! What was learned from the other parts of the training bars trades a
//! part net of costs, beside never trading and beside constant
//! exposures; what cannot be told from their luck is not traded at all.
//! Both kinds of learner ask it. It may use `session`.

mod inner_parts;
mod judged_bars;
mod statistics;

pub use crate::session::Judgement;
pub use inner_parts::InnerPart;
pub use judged_bars::{JudgedBar, JudgedBars};
pub use statistics::Trial;

/// The held-out bars' judgement, and which candidates are to trade.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What is told of it.
    pub judgement: Judgement,
    /// The index of the candidate that earned most; none where nothing is
    /// to be traded.
    pub best: Option<usize>,
    /// The indices, in order, of those that it does not beat by more than
    /// a standard error: which of them is best, is luck.
    pub as_good: Vec<usize>,
}

/// Chooses among `trials` those that have an edge: where the least t
/// statistic of [`Trial::t_statistic`] reaches `min_t_statistic`, and
/// constant exposures of the same volatility earn less.
pub fn choose(trials: &[Trial], min_t_statistic: f64) -> Choice {
    let t_statistics: Vec<f64> = trials.iter().map(Trial::t_statistic).collect();
    let best_by = |of: &dyn Fn(usize) -> f64, among: &[usize]| {
        among.iter().copied().reduce(|best, it| if of(it) > of(best) { it } else { best })
    };
    let all: Vec<usize> = (0..trials.len()).collect();
    let has_edge = |it: &usize| t_statistics[*it] >= min_t_statistic && trials[*it].beats_holding();
    let with_edge: Vec<usize> = all.iter().copied().filter(has_edge).collect();
    let best = best_by(&|it| trials[it].log_return(), &with_edge);
    let is_as_good = |it: &usize| best.is_some_and(|best| !trials[*it].is_beaten_by(&trials[best]));
    let told = best.or_else(|| best_by(&|it| t_statistics[it], &all));
    let judgement = Judgement {
        n_times: trials.first().map_or(0, Trial::n_times),
        n_candidates: trials.len(),
        log_return: told.map_or(0.0, |it| trials[it].log_return()),
        t_statistic: told.map_or(0.0, |it| t_statistics[it]),
        min_t_statistic,
        has_edge: best.is_some(),
    };
    Choice { judgement, best, as_good: with_edge.into_iter().filter(is_as_good).collect() }
}
