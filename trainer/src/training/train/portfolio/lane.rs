//! One symbol's accounts on the test bars.

use anyhow::Result;

use crate::account::environment::{BarOutcome, StepStatus};
use crate::account::metrics::Simulation;
use crate::learning::model::Policy;
use crate::session::{MetricsRecord, Moment};
use crate::training::train::pass::{Pass, Seen};
use crate::training::train::sinks::Sinks;
use crate::training::train::split::Split;
use crate::training::train::spread::Spread;

use super::Track;
use super::joint::PortfolioAccount;
use super::trial::PortfolioTrial;

/// A symbol that is tested, standing before its next bar.
pub(super) struct Lane<'a> {
    track: &'a Track,
    full_target: f64,
    pass: Pass,
    /// The next bar, whose features are the pass's row.
    next: Option<Seen>,
    /// Bars to come, the next one included: of all windows, and of the
    /// one at hand.
    n_left: u64,
    n_in_window: u64,
    agent: Simulation,
    holder: Simulation,
    /// The close of the first bar and of the last.
    closes: Option<(f64, f64)>,
    pub(super) record: MetricsRecord,
}

/// Where a lane's bar is traded, by which policy, and who is told.
pub(super) struct Stage<'a> {
    pub(super) at: &'a Moment,
    pub(super) policy: Option<&'a dyn Policy>,
    pub(super) agent: &'a mut PortfolioAccount,
    pub(super) holder: &'a mut PortfolioAccount,
    pub(super) spread: &'a mut Option<Spread>,
}

impl<'a> Lane<'a> {
    /// Returns the lane of `track`, which tests on what `splits` say:
    /// bars that follow each other.
    pub(super) fn new(
        trial: &PortfolioTrial<'_>,
        track: &'a Track,
        splits: &[Split],
    ) -> Result<Self> {
        let environment = &trial.training.environment;
        let simulation = || {
            let simulation = Simulation::new(environment, None);
            simulation.map(|simulation| simulation.with_risk(trial.training.seed))
        };
        let mut pass = Pass::new(&track.source, trial.features)?;
        pass.skip_to(splits.first().map_or(0, Split::test_begin))?;
        let next = Some(pass.next()?);
        Ok(Self {
            track,
            full_target: environment.buy_and_hold_target(),
            pass,
            next,
            n_left: splits.iter().map(|split| split.n_test).sum(),
            n_in_window: 0,
            agent: simulation()?,
            holder: simulation()?,
            closes: None,
            record: MetricsRecord::default(),
        })
    }

    pub(super) fn symbol(&self) -> &str {
        &self.track.symbol
    }

    /// Turns to the test bars of `window`, which come next.
    pub(super) fn enter(&mut self, window: usize) {
        self.n_in_window = self.track.splits[window].n_test;
    }

    /// Returns when its next bar opens; none at the window's end.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.next.filter(|_| self.n_in_window > 0).map(|seen| seen.bar.time_ms)
    }

    /// Returns the last close as a multiple of the first.
    pub(super) fn growth(&self) -> f64 {
        self.closes.map_or(1.0, |(first, last)| last / first)
    }

    /// Steps through the next bar, that of the symbol `idx`; after the
    /// last one closes the positions and takes the figures.
    pub(super) fn step(
        &mut self,
        idx: usize,
        stage: Stage<'_>,
        sinks: &mut Sinks<'_>,
    ) -> Result<()> {
        let Some(seen) = self.next.take() else {
            return Ok(());
        };
        sinks.set_symbol(Some(&self.track.symbol));
        let bar = &seen.bar;
        let row = seen.is_warm.then(|| self.pass.row());
        let outcome = self.agent.step(
            bar,
            &mut |_, environment| {
                let target = environment.target();
                let Some((policy, row)) = stage.policy.zip(row) else { return target };
                match &mut *stage.spread {
                    Some(spread) => spread.act(policy, (row, target)),
                    None => policy.act(row, target),
                }
            },
            &mut |event| sinks.event(stage.at, &event),
        );
        if let (Some(spread), Some(policy), Some(row)) = (stage.spread, stage.policy, row) {
            spread.push_values(policy, row);
        }
        stage.agent.bar(idx, &live(outcome));
        let holding = self.holder.step(bar, &mut |_, _| self.full_target, &mut |_| {});
        stage.holder.bar(idx, &live(holding));
        self.closes = Some((self.closes.map_or(bar.close, |(first, _)| first), bar.close));
        self.n_left -= 1;
        self.n_in_window -= 1;
        if self.n_left > 0 {
            self.next = Some(self.pass.next()?);
            return Ok(());
        }
        let exit = self.agent.exit(&mut |event| sinks.event(stage.at, &event));
        stage.agent.exit(idx, exit);
        let exit = self.holder.exit(&mut |_| {});
        stage.holder.exit(idx, exit);
        self.record.agent = Some(self.agent.performance());
        self.record.buy_and_hold = Some(self.holder.performance());
        Ok(())
    }
}

/// A bankrupt account holds nothing.
pub(crate) fn live(outcome: BarOutcome) -> BarOutcome {
    let is_over = outcome.status == StepStatus::Refused;
    if is_over { BarOutcome { exposure: 0.0, ..outcome } } else { outcome }
}
