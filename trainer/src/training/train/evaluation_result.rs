//! The performance of a policy on the test bars, and of the benchmarks.

use crate::account::metrics::{Performance, SharpeSample};
use crate::session::MetricsRecord;
use crate::session::tensorboard::{Histogram, Scalars};

/// The performance of the agent and of both benchmarks.
pub(super) struct EvaluationResult {
    pub(super) agent: Performance,
    /// The agent's Sharpe ratio per bar; `None` where undefined.
    pub(super) sample: Option<SharpeSample>,
    pub(super) buy_and_hold: Performance,
    pub(super) never_trade: Performance,
    /// The distributions for TensorBoard, by tag.
    pub(super) histograms: Vec<(String, Histogram)>,
}

/// A metric of the agent, NaN where it is undefined.
type Metric = fn(&Performance) -> f64;

/// The agent's metrics for TensorBoard, by tag; the last values are the
/// session's results.
pub(super) const METRICS: [(&str, Metric); 9] = [
    ("test/net_return", |agent| agent.net_return),
    ("test/sharpe", |agent| agent.sharpe.unwrap_or(f64::NAN)),
    ("test/sharpe_low", |agent| agent.sharpe_low.unwrap_or(f64::NAN)),
    ("test/sharpe_high", |agent| agent.sharpe_high.unwrap_or(f64::NAN)),
    ("test/max_drawdown", |agent| agent.max_drawdown),
    ("test/n_trades", |agent| agent.n_trades as f64),
    ("test/exposure", |agent| agent.exposure.unwrap_or(f64::NAN)),
    ("test/turnover", |agent| agent.turnover),
    ("test/final_equity", |agent| agent.final_equity),
];

impl EvaluationResult {
    /// Returns the metrics and distributions for TensorBoard.
    pub(super) fn scalars(&self) -> Scalars {
        let mut scalars = Scalars::default();
        for (tag, metric) in METRICS {
            match metric(&self.agent) {
                value if value.is_finite() => scalars.add(tag, value),
                _ => scalars.add_undefined(tag),
            }
        }
        scalars.add("test/buy_and_hold_net_return", self.buy_and_hold.net_return);
        for (tag, histogram) in &self.histograms {
            scalars.add_histogram(tag, histogram);
        }
        scalars
    }
}

impl From<EvaluationResult> for MetricsRecord {
    fn from(result: EvaluationResult) -> Self {
        Self {
            agent: Some(result.agent),
            buy_and_hold: Some(result.buy_and_hold),
            never_trade: Some(result.never_trade),
            ..Self::default()
        }
    }
}
