//! One symbol's accounts on the test bars.

use anyhow::Result;

use crate::environment::{BarOutcome, StepStatus};
use crate::metrics::Simulation;
use crate::model::Policy;
use crate::session::MetricsRecord;
use crate::train::pass::{Pass, Seen};
use crate::train::sinks::Sinks;

use super::Track;
use super::joint::PortfolioAccount;
use super::trial::PortfolioTrial;

/// A symbol that is tested, standing before its next bar.
pub(super) struct Lane<'a> {
    pub(super) track: &'a Track,
    pass: Pass,
    /// The next bar, whose features are the pass's row.
    next: Option<Seen>,
    /// Bars that come after it.
    n_left: u64,
    agent: Simulation,
    holder: Simulation,
    /// The close of the first bar and of the last.
    closes: Option<(f64, f64)>,
    pub(super) record: MetricsRecord,
}

/// What all symbols' accounts add up to at one time.
pub(super) struct Moments<'a> {
    pub(super) agent: &'a mut PortfolioAccount,
    pub(super) holder: &'a mut PortfolioAccount,
}

impl<'a> Lane<'a> {
    pub(super) fn new(trial: &PortfolioTrial<'_>, track: &'a Track) -> Result<Self> {
        let simulation = || {
            let simulation = Simulation::new(&trial.training.environment, trial.periods_per_year);
            simulation.map(|simulation| simulation.with_risk(trial.training.seed))
        };
        let mut pass = Pass::new(&track.source, trial.features)?;
        pass.skip_to(track.split.test_begin())?;
        let next = Some(pass.next()?);
        Ok(Self {
            track,
            pass,
            next,
            n_left: track.split.n_test - 1,
            agent: simulation()?,
            holder: simulation()?,
            closes: None,
            record: MetricsRecord::default(),
        })
    }

    /// Returns when its next bar opens; none when it is over.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.next.map(|seen| seen.bar.time_ms)
    }

    /// Returns the last close as a multiple of the first.
    pub(super) fn growth(&self) -> f64 {
        self.closes.map_or(1.0, |(first, last)| last / first)
    }

    /// Steps through the next bar and tells `moments` what it did; after
    /// the last one closes the positions and takes the figures.
    pub(super) fn step(
        &mut self,
        (trial, policy): (&PortfolioTrial<'_>, &dyn Policy),
        (idx, moments): (usize, &mut Moments<'_>),
        sinks: &mut Sinks<'_>,
    ) -> Result<()> {
        let Some(seen) = self.next.take() else {
            return Ok(());
        };
        sinks.set_symbol(Some(&self.track.symbol));
        let bar = &seen.bar;
        let row = self.pass.row();
        let full_target = trial.training.environment.buy_and_hold_target();
        let outcome = self.agent.step(
            bar,
            &mut |_, environment| {
                let target = environment.target();
                if seen.is_warm { policy.act(row, target) } else { target }
            },
            &mut |event| sinks.event(&trial.at, &event),
        );
        moments.agent.bar(idx, &live(outcome));
        let holding = self.holder.step(bar, &mut |_, _| full_target, &mut |_| {});
        moments.holder.bar(idx, &live(holding));
        self.closes = Some((self.closes.map_or(bar.close, |(first, _)| first), bar.close));
        if self.n_left > 0 {
            self.n_left -= 1;
            self.next = Some(self.pass.next()?);
            return Ok(());
        }
        let exit = self.agent.exit(&mut |event| sinks.event(&trial.at, &event));
        moments.agent.exit(idx, exit);
        let exit = self.holder.exit(&mut |_| {});
        moments.holder.exit(idx, exit);
        self.record.agent = Some(self.agent.performance());
        self.record.buy_and_hold = Some(self.holder.performance());
        Ok(())
    }
}

/// A bankrupt account holds nothing.
fn live(outcome: BarOutcome) -> BarOutcome {
    let is_over = outcome.status == StepStatus::Refused;
    if is_over { BarOutcome { exposure: 0.0, ..outcome } } else { outcome }
}
