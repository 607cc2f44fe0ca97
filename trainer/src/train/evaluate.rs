//! Judges a policy on the test bars, beside two rules anyone can follow.

use anyhow::Result;

use crate::environment::{EnvironmentConfig, StepStatus};
use crate::metrics::{Performance, PeriodsPerYear, Simulation};
use crate::model::Policy;
use crate::session::{MetricsRecord, Moment};
use crate::tensorboard::{Histogram, Scalars};

use super::curve::{EquityCurve, Point};
use super::pass::Pass;
use super::sinks::{Sinks, TradeProfits};

/// The terms of an evaluation.
pub(super) struct Trial<'a> {
    pub(super) environment: &'a EnvironmentConfig,
    pub(super) periods_per_year: PeriodsPerYear,
    /// What the Sharpe ratios' intervals are drawn with.
    pub(super) seed: u64,
    pub(super) n_bars: u64,
    pub(super) at: Moment,
}

/// What the three earned.
pub(super) struct Verdict {
    pub(super) agent: Performance,
    pub(super) buy_and_hold: Performance,
    pub(super) never_trade: Performance,
    /// What TensorBoard draws as distributions, by tag.
    histograms: Vec<(String, Histogram)>,
}

/// A figure of an evaluation, NaN where it is undefined.
type Figure = fn(&Performance) -> f64;

/// The agent's figures that are drawn as curves, whose last values are
/// the session's result.
pub(super) const METRICS: [(&str, Figure); 9] = [
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

/// The distributions of one evaluation.
struct Spread {
    /// The equity at the close before.
    equity: f64,
    returns: Histogram,
    /// The value of each exposure, and their distributions.
    values: Vec<f64>,
    q_values: Vec<Histogram>,
}

impl Spread {
    fn new(policy: &dyn Policy, equity: f64) -> Self {
        let n_exposures = policy.shape().exposures.len();
        let (values, q_values) = (vec![0.0; n_exposures], vec![Histogram::default(); n_exposures]);
        Self { equity, returns: Histogram::default(), values, q_values }
    }

    fn push(&mut self, equity: f64) {
        self.returns.push(equity / self.equity - 1.0);
        self.equity = equity;
    }

    fn push_values(&mut self, policy: &dyn Policy, row: &[f64]) {
        policy.values(row, &mut self.values);
        for (histogram, value) in self.q_values.iter_mut().zip(&self.values) {
            histogram.push(*value);
        }
    }

    fn tagged(self, policy: &dyn Policy, trades: TradeProfits) -> Vec<(String, Histogram)> {
        let values = policy.shape().exposures.iter().zip(self.q_values);
        let mut tagged: Vec<_> = values
            .map(|(exposure, values)| (format!("test/q_values/{exposure}"), values))
            .collect();
        tagged.push(("test/returns".to_owned(), self.returns));
        tagged.push(("test/trade_net_pnl".to_owned(), trades.test));
        tagged.push(("train/trade_net_pnl".to_owned(), trades.train));
        tagged
    }
}

impl Trial<'_> {
    /// Trades the next bars of `pass` three times at once: by `policy`,
    /// by holding, and not at all. Nothing is learned.
    pub(super) fn judge(
        &self,
        policy: &dyn Policy,
        pass: &mut Pass,
        outlets: (&mut Sinks<'_>, EquityCurve),
    ) -> Result<Verdict> {
        let (sinks, mut curve) = outlets;
        let fresh = || {
            let simulation = Simulation::new(self.environment, self.periods_per_year);
            simulation.map(|simulation| simulation.with_risk(self.seed))
        };
        let (mut agent, mut holder, mut idler) = (fresh()?, fresh()?, fresh()?);
        let mut spread = sinks.draws().then(|| Spread::new(policy, self.environment.initial_cash));
        let full_target = self.environment.buy_and_hold_target();
        let mut on_event = |event| sinks.event(&self.at, &event);
        for _ in 0..self.n_bars {
            let seen = pass.next()?;
            let bar = &seen.bar;
            let outcome = agent.step(
                bar,
                &mut |_, environment| {
                    let target = environment.target();
                    if seen.is_warm { policy.act(pass.row(), target) } else { target }
                },
                &mut on_event,
            );
            let holding = holder.step(bar, &mut |_, _| full_target, &mut |_| {});
            idler.step(bar, &mut |_, _| 0.0, &mut |_| {});
            if let Some(spread) = &mut spread {
                spread.push(outcome.equity);
                if seen.is_warm {
                    spread.push_values(policy, pass.row());
                }
            }
            let is_over = outcome.status == StepStatus::Refused;
            curve.push(Point {
                time_ms: bar.time_ms,
                agent: outcome.equity,
                exposure: if is_over { 0.0 } else { outcome.exposure },
                buy_and_hold: Some(holding.equity),
                close: bar.close,
            })?;
        }
        let mut verdict = Verdict {
            agent: agent.finish(&mut on_event),
            buy_and_hold: holder.finish(&mut |_| {}),
            never_trade: idler.finish(&mut |_| {}),
            histograms: Vec::new(),
        };
        if let Some(spread) = spread {
            verdict.histograms = spread.tagged(policy, sinks.take_trades());
        }
        curve.finish(verdict.agent.final_equity, Some(verdict.buy_and_hold.final_equity))?;
        Ok(verdict)
    }
}

impl Verdict {
    /// Returns the figures and distributions for the curves.
    pub(super) fn scalars(&self) -> Scalars {
        let mut scalars = Scalars::default();
        for (tag, figure) in METRICS {
            scalars.add(tag, figure(&self.agent));
        }
        scalars.add("test/buy_and_hold_net_return", self.buy_and_hold.net_return);
        for (tag, histogram) in &self.histograms {
            scalars.add_histogram(tag, histogram);
        }
        scalars
    }
}

impl From<Verdict> for MetricsRecord {
    fn from(verdict: Verdict) -> Self {
        Self {
            agent: Some(verdict.agent),
            buy_and_hold: Some(verdict.buy_and_hold),
            never_trade: Some(verdict.never_trade),
        }
    }
}
