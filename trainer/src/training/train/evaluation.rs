//! Judges a policy on the test bars, beside two rules anyone can follow.

use anyhow::Result;

use crate::account::environment::{EnvironmentConfig, StepStatus, TradeEvent};
use crate::account::metrics::{Performance, SharpeSample, Simulation};
use crate::session::MetricsRecord;
use crate::session::tensorboard::{Histogram, Scalars};

use super::bar_stream::BarStream;
use super::curve::{EquityCurve, EquityPoint};

/// What the three earned.
pub(super) struct EvaluationResult {
    pub(super) agent: Performance,
    /// The agent's Sharpe ratio, where defined.
    pub(super) sample: Option<SharpeSample>,
    pub(super) buy_and_hold: Performance,
    pub(super) never_trade: Performance,
    /// What TensorBoard draws as distributions, by tag.
    pub(super) histograms: Vec<(String, Histogram)>,
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

/// The terms of an evaluation.
#[derive(Debug, Clone, Copy)]
pub(super) struct EvaluationOptions<'a> {
    pub(super) environment: &'a EnvironmentConfig,
    /// What the Sharpe ratios' intervals are drawn with.
    pub(super) seed: u64,
}

/// The agent, and what observes it.
pub(super) struct EvaluatedPolicy<'a> {
    /// Returns the target for a row of features and the target held.
    pub(super) act: &'a dyn Fn(&[f64], f64) -> f64,
    /// Takes what happens to the account.
    pub(super) on_event: &'a mut dyn FnMut(TradeEvent),
    /// Takes the equity at each close, and the row where there is one.
    pub(super) on_bar: &'a mut dyn FnMut(f64, Option<&[f64]>),
}

/// Three accounts on the same bars: an agent's, one that holds, and one
/// that never trades. Nothing is learned.
pub(super) struct Evaluation {
    agent: Simulation,
    buy_and_hold: Simulation,
    never_trade: Simulation,
    buy_and_hold_target: f64,
    curve: EquityCurve,
}

impl Evaluation {
    pub(super) fn new(
        evaluation_options: EvaluationOptions<'_>,
        curve: EquityCurve,
    ) -> Result<Self> {
        let fresh = || {
            let simulation = Simulation::new(evaluation_options.environment, None);
            simulation.map(|simulation| simulation.with_risk(evaluation_options.seed))
        };
        let buy_and_hold_target = evaluation_options.environment.buy_and_hold_target();
        Ok(Self {
            agent: fresh()?,
            buy_and_hold: fresh()?,
            never_trade: fresh()?,
            buy_and_hold_target,
            curve,
        })
    }

    /// Trades the next `n_bars` bars of `stream`.
    pub(super) fn trade(
        &mut self,
        (stream, n_bars): (&mut BarStream, u64),
        evaluated: &mut EvaluatedPolicy<'_>,
    ) -> Result<()> {
        for _ in 0..n_bars {
            let streamed = stream.next()?;
            let bar = &streamed.bar;
            let outcome = self.agent.step(
                bar,
                &mut |_, environment| {
                    let target = environment.target();
                    if streamed.is_warm { (evaluated.act)(stream.row(), target) } else { target }
                },
                &mut evaluated.on_event,
            );
            (evaluated.on_bar)(outcome.equity, streamed.is_warm.then(|| stream.row()));
            let holding =
                self.buy_and_hold.step(bar, &mut |_, _| self.buy_and_hold_target, &mut |_| {});
            self.never_trade.step(bar, &mut |_, _| 0.0, &mut |_| {});
            let is_over = outcome.status == StepStatus::Refused;
            self.curve.push(EquityPoint {
                time_ms: bar.time_ms,
                agent: outcome.equity,
                exposure: if is_over { 0.0 } else { outcome.exposure },
                buy_and_hold: Some(holding.equity),
                close: bar.close,
            })?;
        }
        Ok(())
    }

    /// Closes the positions and returns what the three earned.
    pub(super) fn finish(
        mut self,
        evaluated: &mut EvaluatedPolicy<'_>,
    ) -> Result<EvaluationResult> {
        let result = EvaluationResult {
            agent: self.agent.finish(&mut evaluated.on_event),
            sample: self.agent.sharpe_sample(),
            buy_and_hold: self.buy_and_hold.finish(&mut |_| {}),
            never_trade: self.never_trade.finish(&mut |_| {}),
            histograms: Vec::new(),
        };
        // Figures end at ruin; an account that holds on may not.
        let [agent, buy_and_hold] =
            [&self.agent, &self.buy_and_hold].map(|of| of.environment().equity());
        self.curve.finish(agent, Some(buy_and_hold))?;
        Ok(result)
    }
}

impl EvaluationResult {
    /// Returns the figures and distributions for the curves.
    pub(super) fn scalars(&self) -> Scalars {
        let mut scalars = Scalars::default();
        for (tag, figure) in METRICS {
            match figure(&self.agent) {
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
