//! Judges a policy on the test bars, beside two rules anyone can follow.

use anyhow::Result;

use crate::environment::{EnvironmentConfig, StepStatus, TradeEvent};
use crate::metrics::{Performance, PeriodsPerYear, SharpeSample, Simulation};
use crate::session::MetricsRecord;
use crate::tensorboard::Scalars;

use super::curve::{EquityCurve, Point};
use super::pass::Pass;

/// What the three earned.
pub(super) struct Verdict {
    pub(super) agent: Performance,
    /// The agent's Sharpe ratio, where defined.
    pub(super) sample: Option<SharpeSample>,
    pub(super) buy_and_hold: Performance,
    pub(super) never_trade: Performance,
}

/// The terms of an evaluation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) environment: &'a EnvironmentConfig,
    pub(super) periods_per_year: PeriodsPerYear,
    /// What the Sharpe ratios' intervals are drawn with.
    pub(super) seed: u64,
}

/// Three accounts on the same bars: an agent's, one that holds, and one
/// that never trades. Nothing is learned.
pub(super) struct Contest {
    agent: Simulation,
    holder: Simulation,
    idler: Simulation,
    full_target: f64,
    curve: EquityCurve,
}

impl Contest {
    pub(super) fn new(terms: Terms<'_>, curve: EquityCurve) -> Result<Self> {
        let fresh = || {
            let simulation = Simulation::new(terms.environment, terms.periods_per_year);
            simulation.map(|simulation| simulation.with_risk(terms.seed))
        };
        let full_target = terms.environment.buy_and_hold_target();
        Ok(Self { agent: fresh()?, holder: fresh()?, idler: fresh()?, full_target, curve })
    }

    /// Trades the next `n_bars` bars of `pass`: `act` returns the
    /// agent's target for a row of features and the target held.
    pub(super) fn trade(
        &mut self,
        (pass, n_bars): (&mut Pass, u64),
        act: &dyn Fn(&[f64], f64) -> f64,
        on_event: &mut impl FnMut(TradeEvent),
    ) -> Result<()> {
        for _ in 0..n_bars {
            let seen = pass.next()?;
            let bar = &seen.bar;
            let outcome = self.agent.step(
                bar,
                &mut |_, environment| {
                    let target = environment.target();
                    if seen.is_warm { act(pass.row(), target) } else { target }
                },
                on_event,
            );
            let holding = self.holder.step(bar, &mut |_, _| self.full_target, &mut |_| {});
            self.idler.step(bar, &mut |_, _| 0.0, &mut |_| {});
            let is_over = outcome.status == StepStatus::Refused;
            self.curve.push(Point {
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
    pub(super) fn finish(mut self, on_event: &mut impl FnMut(TradeEvent)) -> Result<Verdict> {
        let verdict = Verdict {
            agent: self.agent.finish(on_event),
            sample: self.agent.sharpe_sample(),
            buy_and_hold: self.holder.finish(&mut |_| {}),
            never_trade: self.idler.finish(&mut |_| {}),
        };
        self.curve.finish(verdict.agent.final_equity, Some(verdict.buy_and_hold.final_equity))?;
        Ok(verdict)
    }
}

impl Verdict {
    /// Returns the figures for the curves.
    pub(super) fn scalars(&self) -> Scalars {
        let agent = &self.agent;
        let mut scalars = Scalars::default();
        scalars.add("test/net_return", agent.net_return);
        scalars.add("test/sharpe", agent.sharpe.unwrap_or(f64::NAN));
        scalars.add("test/max_drawdown", agent.max_drawdown);
        scalars.add("test/n_trades", agent.n_trades as f64);
        scalars.add("test/exposure", agent.exposure.unwrap_or(f64::NAN));
        scalars.add("test/turnover", agent.turnover);
        scalars.add("test/buy_and_hold_net_return", self.buy_and_hold.net_return);
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
