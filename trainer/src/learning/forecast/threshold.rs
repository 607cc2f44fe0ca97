//! Selects how far a forecast must be from 0 to change the position.

use super::policy::{Signal, decide};
use crate::learning::judgement::{
    CandidateReturns, CandidateSelection, Judgement, ValidationBars, select_candidates,
};

/// Quantiles of the forecasts' absolute values that are tried as
/// thresholds.
const QUANTILES: [f64; 8] = [0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995];

/// The held-out bars of all folds, of one symbol after the other, each
/// with the forecast of a regression that was not fitted on it.
#[derive(Debug, Clone)]
pub struct ValidationSlice {
    /// The exposures to choose from, increasing.
    pub exposures: Vec<f64>,
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost: f64,
    /// The bars, in order, traded at that cost.
    pub bars: ValidationBars,
    /// For each bar the forecast of its `next_return`.
    pub forecasts: Vec<f64>,
}

/// Returns the threshold with the highest return on the slice, net of
/// costs, among those that have an edge (see [`select_candidates`]).
///
/// The candidates are the cost and the quantiles of the forecasts'
/// absolute values above it. `None` where none has an edge: then nothing
/// should be traded.
pub fn choose_threshold(slice: &ValidationSlice, min_t_statistic: f64) -> (Option<f64>, Judgement) {
    let thresholds = candidate_thresholds(slice);
    let trade = |&threshold: &f64| {
        slice.bars.trade(|bar_idx, position| {
            let forecast = slice.forecasts[bar_idx];
            decide(&slice.exposures, Signal { forecast, threshold }, position)
        })
    };
    let candidates: Vec<CandidateReturns> = thresholds.iter().map(trade).collect();
    let CandidateSelection { judgement, best, .. } =
        select_candidates(&candidates, min_t_statistic);
    (best.map(|best| thresholds[best]), judgement)
}

/// Returns the thresholds to try, increasing.
fn candidate_thresholds(slice: &ValidationSlice) -> Vec<f64> {
    let mut sizes: Vec<f64> = slice.forecasts.iter().map(|forecast| forecast.abs()).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let Some(last_idx) = sizes.len().checked_sub(1) else { return Vec::new() };
    let quantiles = QUANTILES.iter().map(|quantile| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a fraction of an index is an index"
        )]
        let size_idx = (quantile * last_idx as f64) as usize;
        sizes[size_idx].max(slice.cost)
    });
    let mut thresholds: Vec<f64> = std::iter::once(slice.cost).chain(quantiles).collect();
    thresholds.dedup_by(|a, b| a.total_cmp(b).is_eq());
    thresholds
}
