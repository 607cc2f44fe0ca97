//! Judges a policy on the test bars, beside two rules anyone can follow.

use anyhow::Result;

use crate::environment::{EnvironmentConfig, StepStatus};
use crate::metrics::{Performance, PeriodsPerYear, Simulation};
use crate::model::Policy;
use crate::session::{MetricsRecord, Moment};
use crate::tensorboard::Scalars;

use super::curve::{EquityCurve, Point};
use super::pass::Pass;
use super::sinks::Sinks;

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
            let is_over = outcome.status == StepStatus::Refused;
            curve.push(Point {
                time_ms: bar.time_ms,
                agent: outcome.equity,
                exposure: if is_over { 0.0 } else { outcome.exposure },
                buy_and_hold: holding.equity,
                close: bar.close,
            })?;
        }
        let verdict = Verdict {
            agent: agent.finish(&mut on_event),
            buy_and_hold: holder.finish(&mut |_| {}),
            never_trade: idler.finish(&mut |_| {}),
        };
        curve.finish(verdict.agent.final_equity, verdict.buy_and_hold.final_equity)?;
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
