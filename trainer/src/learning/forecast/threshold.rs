//! Chooses how far a forecast must be from 0 to be worth a trade.

use std::collections::BTreeMap;

use super::policy::{Signal, decide};

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

/// What a threshold earned on the slice, net of costs.
#[derive(Debug, Clone, Copy)]
struct ThresholdResult {
    log_return: f64,
    /// The mean log return over its standard error.
    t_statistic: f64,
}

/// Returns the threshold that earns most on the slice, net of costs,
/// among the cost itself and greater quantiles of the forecasts' sizes;
/// of equally good ones the greatest. `None` where the best one loses, or
/// its bars' net returns have a t statistic below `min_t_statistic`:
/// then luck explains it, and nothing should be traded.
pub fn choose_threshold(slice: &ValidationSlice, min_t_statistic: f64) -> Option<f64> {
    let mut best: Option<(f64, ThresholdResult)> = None;
    for threshold in candidates(slice) {
        let earned = slice.trade(threshold);
        if best.is_none_or(|(_, best)| earned.log_return >= best.log_return) {
            best = Some((threshold, earned));
        }
    }
    let (threshold, earned) = best?;
    let is_earned = earned.log_return > 0.0 && earned.t_statistic >= min_t_statistic;
    is_earned.then_some(threshold)
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
    /// Trades all bars; each run of them begins and ends flat. Symbols
    /// that trade at one time have equal parts of the account: what they
    /// earn together counts once.
    fn trade(&self, threshold: f64) -> ThresholdResult {
        let n_bars = self.forecasts.len();
        let mut position = 0.0_f64;
        let mut net_returns: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        for at in 0..n_bars {
            let signal = Signal { forecast: self.forecasts[at], threshold };
            let target = decide(&self.exposures, signal, position);
            let mut net = target * self.returns[at] - self.cost * (target - position).abs();
            position = target;
            if !self.follows.get(at + 1).is_some_and(|follows| *follows) {
                net -= self.cost * position.abs();
                position = 0.0;
            }
            let (sum, n) = net_returns.entry(self.times_ms[at]).or_default();
            *sum += if net > -1.0 { net.ln_1p() } else { f64::NEG_INFINITY };
            *n += 1.0;
        }
        let means: Vec<f64> = net_returns.into_values().map(|(sum, n)| sum / n).collect();
        ThresholdResult::of(&means)
    }
}

impl ThresholdResult {
    fn of(log_returns: &[f64]) -> Self {
        let (n, log_return) = (log_returns.len() as f64, log_returns.iter().sum::<f64>());
        let mean = log_return / n;
        let squares: f64 = log_returns.iter().map(|it| (it - mean).powi(2)).sum();
        let error = (squares / (n - 1.0) / n).sqrt();
        let t_statistic = if error > 0.0 { mean / error } else { 0.0 };
        Self { log_return, t_statistic }
    }
}
