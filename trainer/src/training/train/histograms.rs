//! The distributions of an evaluation: returns, action values, profits.

use crate::learning::Policy;
use crate::session::tensorboard::Histogram;

use super::outputs::TradeProfits;

/// The distributions of one evaluation.
pub(super) struct EvaluationHistograms {
    /// The equity at the previous close.
    equity: f64,
    returns: Histogram,
    /// The action value of each exposure.
    values: Vec<f64>,
    /// Whether `values` are up to date for the current bar.
    is_decided: bool,
    /// The distribution of the values of each exposure.
    q_values: Vec<Histogram>,
}

impl EvaluationHistograms {
    pub(super) fn new(policy: &dyn Policy, equity: f64) -> Self {
        let n_exposures = policy.shape().exposures.len();
        let (values, q_values) = (vec![0.0; n_exposures], vec![Histogram::default(); n_exposures]);
        Self { equity, returns: Histogram::default(), values, is_decided: false, q_values }
    }

    /// Returns the action of `policy`, and keeps its action values for
    /// [`EvaluationHistograms::push_values`].
    pub(super) fn act(&mut self, policy: &dyn Policy, row: &[f64], target: f64) -> f64 {
        self.is_decided = true;
        policy.decide(row, target, &mut self.values)
    }

    /// Records the equity at a close.
    pub(super) fn push_equity(&mut self, equity: f64) {
        self.returns.push(equity / self.equity - 1.0);
        self.equity = equity;
    }

    /// Records the action values of a bar's row. They are computed here
    /// if no action was taken, as once the account is bankrupt.
    pub(super) fn push_values(&mut self, policy: &dyn Policy, row: &[f64]) {
        if !std::mem::take(&mut self.is_decided) {
            policy.values(row, &mut self.values);
        }
        for (histogram, value) in self.q_values.iter_mut().zip(&self.values) {
            histogram.push(*value);
        }
    }

    /// Returns all distributions with their tags.
    pub(super) fn tagged(
        self,
        policy: &dyn Policy,
        profits: TradeProfits,
    ) -> Vec<(String, Histogram)> {
        let values = policy.shape().exposures.iter().zip(self.q_values);
        let mut tagged: Vec<_> = values
            .map(|(exposure, values)| (format!("test/q_values/{exposure}"), values))
            .collect();
        tagged.push(("test/returns".to_owned(), self.returns));
        tagged.push(("test/trade_net_pnl".to_owned(), profits.test));
        tagged.push(("train/trade_net_pnl".to_owned(), profits.train));
        tagged
    }
}
