//! One symbol's accounts on the test bars.

use anyhow::Result;

use crate::account::environment::{BarOutcome, StepStatus};
use crate::account::metrics::Simulation;
use crate::learning::model::Policy;
use crate::session::{MetricsRecord, StepContext};
use crate::training::train::bar_stream::{BarStream, StreamedBar};
use crate::training::train::histograms::EvaluationHistograms;
use crate::training::train::outputs::RunOutputs;
use crate::training::train::split::Split;

use super::SymbolData;
use super::account::PortfolioAccount;
use super::evaluation::PortfolioEvaluationOptions;

/// A symbol that is tested, standing before its next bar.
pub(super) struct SymbolRun<'a> {
    symbol: &'a SymbolData,
    buy_and_hold_target: f64,
    stream: BarStream,
    /// The next bar, whose features are the pass's row.
    next: Option<StreamedBar>,
    /// Bars to come, the next one included: of all windows, and of the
    /// one at hand.
    n_left: u64,
    n_in_window: u64,
    agent: Simulation,
    buy_and_hold: Simulation,
    /// The close of the first bar and of the last.
    closes: Option<(f64, f64)>,
    pub(super) record: MetricsRecord,
}

/// Where a symbol's bar is traded, by which policy, and what observes it.
pub(super) struct PortfolioStep<'a> {
    pub(super) at: &'a StepContext,
    pub(super) policy: Option<&'a dyn Policy>,
    pub(super) agent: &'a mut PortfolioAccount,
    pub(super) buy_and_hold: &'a mut PortfolioAccount,
    pub(super) histograms: &'a mut Option<EvaluationHistograms>,
}

impl<'a> SymbolRun<'a> {
    /// Returns the lane of `symbol`, which tests on what `splits` say:
    /// bars that follow each other.
    pub(super) fn new(
        options: &PortfolioEvaluationOptions<'_>,
        symbol: &'a SymbolData,
        splits: &[Split],
    ) -> Result<Self> {
        let environment = &options.training.environment;
        let simulation = || {
            let simulation = Simulation::new(environment, None);
            simulation.map(|simulation| simulation.with_risk(options.training.seed))
        };
        let mut stream = BarStream::new(&symbol.source, options.features)?;
        stream.skip_to(splits.first().map_or(0, Split::test_begin))?;
        let next = Some(stream.next()?);
        Ok(Self {
            symbol,
            buy_and_hold_target: environment.buy_and_hold_target(),
            stream,
            next,
            n_left: splits.iter().map(|split| split.n_test).sum(),
            n_in_window: 0,
            agent: simulation()?,
            buy_and_hold: simulation()?,
            closes: None,
            record: MetricsRecord::default(),
        })
    }

    pub(super) fn symbol(&self) -> &str {
        &self.symbol.name
    }

    /// Turns to the test bars of `window`, which come next.
    pub(super) fn enter(&mut self, window: usize) {
        self.n_in_window = self.symbol.splits[window].n_test;
    }

    /// Returns when its next bar opens; none at the window's end.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.next.filter(|_| self.n_in_window > 0).map(|streamed| streamed.bar.time_ms)
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
        portfolio_step: PortfolioStep<'_>,
        outputs: &mut RunOutputs<'_>,
    ) -> Result<()> {
        let Some(streamed) = self.next.take() else {
            return Ok(());
        };
        outputs.set_symbol(Some(&self.symbol.name));
        let bar = &streamed.bar;
        let row = streamed.is_warm.then(|| self.stream.row());
        let outcome = self.agent.step(
            bar,
            &mut |_, environment| {
                let target = environment.target();
                let Some((policy, row)) = portfolio_step.policy.zip(row) else { return target };
                match &mut *portfolio_step.histograms {
                    Some(histograms) => histograms.act(policy, (row, target)),
                    None => policy.act(row, target),
                }
            },
            &mut |event| outputs.event(portfolio_step.at, &event),
        );
        if let (Some(histograms), Some(policy), Some(row)) =
            (portfolio_step.histograms, portfolio_step.policy, row)
        {
            histograms.push_values(policy, row);
        }
        portfolio_step.agent.bar(idx, &flat_if_bankrupt(outcome));
        let holding =
            self.buy_and_hold.step(bar, &mut |_, _| self.buy_and_hold_target, &mut |_| {});
        portfolio_step.buy_and_hold.bar(idx, &flat_if_bankrupt(holding));
        self.closes = Some((self.closes.map_or(bar.close, |(first, _)| first), bar.close));
        self.n_left -= 1;
        self.n_in_window -= 1;
        if self.n_left > 0 {
            self.next = Some(self.stream.next()?);
            return Ok(());
        }
        let exit = self.agent.exit(&mut |event| outputs.event(portfolio_step.at, &event));
        portfolio_step.agent.exit(idx, exit);
        let exit = self.buy_and_hold.exit(&mut |_| {});
        portfolio_step.buy_and_hold.exit(idx, exit);
        self.record.agent = Some(self.agent.performance());
        self.record.buy_and_hold = Some(self.buy_and_hold.performance());
        Ok(())
    }
}

/// A bankrupt account holds nothing.
pub(crate) fn flat_if_bankrupt(outcome: BarOutcome) -> BarOutcome {
    let is_over = outcome.status == StepStatus::Refused;
    if is_over { BarOutcome { exposure: 0.0, ..outcome } } else { outcome }
}
