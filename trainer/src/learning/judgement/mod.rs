//! Decides on held-out training bars whether any candidate is worth
//! trading.
//!
//! Each candidate trades every fold of the training bars with what it
//! learned from the other folds, net of costs. It is compared with no
//! position and with constant exposures; a candidate whose result chance
//! could explain is not traded. Both kinds of learner use it. It may use
//! `session`.

mod candidate_returns;
mod folds;
mod validation_bars;

pub use crate::session::Judgement;
pub use candidate_returns::CandidateReturns;
pub use folds::Fold;
pub use validation_bars::{ValidationBar, ValidationBars};

/// Which candidates to trade, and the statistics behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateSelection {
    /// The statistics of the best candidate, for the logs and reports.
    pub judgement: Judgement,
    /// The index of the candidate with the highest return among those
    /// with an edge; none where no candidate has one.
    pub best: Option<usize>,
    /// The indices, increasing, of all candidates with an edge that the
    /// best one does not beat by more than one standard error, itself
    /// included.
    pub near_best: Vec<usize>,
}

/// Selects the candidates that have an edge: whose
/// [`CandidateReturns::t_statistic`] is at least `min_t_statistic`, and
/// which earn more than constant exposures of the same volatility.
pub fn select_candidates(
    candidates: &[CandidateReturns],
    min_t_statistic: f64,
) -> CandidateSelection {
    let t_statistics: Vec<f64> = candidates.iter().map(CandidateReturns::t_statistic).collect();
    let argmax = |score: &dyn Fn(usize) -> f64, indices: &[usize]| {
        indices.iter().copied().reduce(|best, it| if score(it) > score(best) { it } else { best })
    };
    let all: Vec<usize> = (0..candidates.len()).collect();
    let has_edge =
        |it: &usize| t_statistics[*it] >= min_t_statistic && candidates[*it].beats_holding();
    let with_edge: Vec<usize> = all.iter().copied().filter(has_edge).collect();
    let best = argmax(&|it| candidates[it].log_return(), &with_edge);
    let is_near_best =
        |it: &usize| best.is_some_and(|best| !candidates[*it].is_beaten_by(&candidates[best]));
    // Without an edge, report the candidate that came closest to one.
    let reported = best.or_else(|| argmax(&|it| t_statistics[it], &all));
    let judgement = Judgement {
        n_times: candidates.first().map_or(0, CandidateReturns::n_times),
        n_candidates: candidates.len(),
        log_return: reported.map_or(0.0, |it| candidates[it].log_return()),
        t_statistic: reported.map_or(0.0, |it| t_statistics[it]),
        min_t_statistic,
        has_edge: best.is_some(),
    };
    let near_best = with_edge.into_iter().filter(is_near_best).collect();
    CandidateSelection { judgement, best, near_best }
}
