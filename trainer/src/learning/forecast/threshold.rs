//! Chooses how far a forecast must be from 0 to be worth a trade.

use super::policy::{Signal, decide};
use crate::learning::judgement::{Choice, JudgedBar, JudgedBars, Judgement, Trial, choose};

/// The shares of the forecasts, by size, that the candidates leave
/// inside the band.
const QUANTILES: [f64; 8] = [0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995];

/// Bars in order, of one symbol after the other, with forecasts by a
/// regression that did not see them.
#[derive(Debug, Clone)]
pub struct ValidationSlice {
    /// The exposures to choose from, increasing.
    pub exposures: Vec<f64>,
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost: f64,
    /// When each bar opened.
    pub times_ms: Vec<i64>,
    /// The forecast at each bar.
    pub forecasts: Vec<f64>,
    /// What followed: the next bar's open-to-open return.
    pub returns: Vec<f64>,
    /// Whether the bar follows the one before it; where it does not,
    /// the account begins flat.
    pub follows: Vec<bool>,
}

/// Returns the threshold that earns most on the slice, net of costs,
/// among the cost itself and greater quantiles of the forecasts' sizes,
/// of those that have an edge: see [`choose`]. `None` where none has:
/// then luck explains it, and nothing should be traded.
pub fn choose_threshold(slice: &ValidationSlice, min_t_statistic: f64) -> (Option<f64>, Judgement) {
    let bars = slice.bars();
    let thresholds = candidates(slice);
    let trial = |&threshold: &f64| {
        bars.trade(|at, position| {
            decide(&slice.exposures, Signal { forecast: slice.forecasts[at], threshold }, position)
        })
    };
    let trials: Vec<Trial> = thresholds.iter().map(trial).collect();
    let Choice { judgement, best, .. } = choose(&trials, min_t_statistic);
    (best.map(|best| thresholds[best]), judgement)
}

/// Returns the thresholds to try, increasing.
fn candidates(slice: &ValidationSlice) -> Vec<f64> {
    let mut sizes: Vec<f64> = slice.forecasts.iter().map(|forecast| forecast.abs()).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let Some(last) = sizes.len().checked_sub(1) else { return Vec::new() };
    let quantiles = QUANTILES.iter().map(|quantile| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a count is a count"
        )]
        let at = (quantile * last as f64) as usize;
        sizes[at].max(slice.cost)
    });
    let mut thresholds: Vec<f64> = std::iter::once(slice.cost).chain(quantiles).collect();
    thresholds.dedup_by(|a, b| a.total_cmp(b).is_eq());
    thresholds
}

impl ValidationSlice {
    fn bars(&self) -> JudgedBars {
        let bars = self.times_ms.iter().zip(&self.returns).zip(&self.follows);
        let bars = bars.map(|((&time_ms, &next_return), &follows)| JudgedBar {
            time_ms,
            next_return,
            follows,
        });
        JudgedBars::new(bars.collect(), self.cost, self.exposures[0] < 0.0)
    }
}
