//! One symbol's accounts on the test bars.

use anyhow::Result;

use crate::account::environment::{BarOutcome, StepStatus};
use crate::account::metrics::Simulation;
use crate::config::TrainingConfig;
use crate::learning::Policy;
use crate::session::{MetricsRecord, StepContext};

use super::bar_stream::TestStream;
use super::histograms::EvaluationHistograms;
use super::outputs::RunOutputs;
use super::portfolio::PortfolioAccount;
use super::training_data::SymbolData;

/// The evaluation of one symbol: the accounts of the agent and of
/// buy-and-hold.
pub(super) struct SymbolRun<'a> {
    symbol: &'a SymbolData,
    pub(super) stream: TestStream<'a>,
    buy_and_hold_target: f64,
    agent: Simulation,
    buy_and_hold: Simulation,
    /// The close of the first and of the latest bar.
    closes: Option<[f64; 2]>,
}

/// The context of a step of one symbol.
pub(super) struct EvaluationStep<'a> {
    pub(super) at: &'a StepContext,
    pub(super) policy: Option<&'a dyn Policy>,
    pub(super) agent: &'a mut PortfolioAccount,
    pub(super) buy_and_hold: &'a mut PortfolioAccount,
    pub(super) histograms: &'a mut Option<EvaluationHistograms>,
}

impl<'a> SymbolRun<'a> {
    /// Returns the run of `symbol` over the bars of `stream`.
    pub(super) fn new(
        training: &TrainingConfig,
        symbol: &'a SymbolData,
        stream: TestStream<'a>,
    ) -> Result<Self> {
        let environment = &training.environment;
        let simulation = || -> Result<Simulation> {
            let simulation = Simulation::new(environment, None)?;
            // Of a symbol without a name no figure is read.
            let is_read = symbol.name.is_some();
            Ok(if is_read { simulation.with_risk(training.seed) } else { simulation })
        };
        Ok(Self {
            symbol,
            stream,
            buy_and_hold_target: environment.buy_and_hold_target(),
            agent: simulation()?,
            buy_and_hold: simulation()?,
            closes: None,
        })
    }

    /// Returns the latest close; of a named symbol, as a multiple of its
    /// first one.
    pub(super) fn price(&self) -> f64 {
        match (self.closes, &self.symbol.name) {
            (None, _) => 1.0,
            (Some([_, last]), None) => last,
            (Some([first, last]), Some(_)) => last / first,
        }
    }

    /// Steps through the next bar, as the symbol `idx` of the portfolio;
    /// after the last bar, closes the positions.
    pub(super) fn step(
        &mut self,
        idx: usize,
        step: EvaluationStep<'_>,
        outputs: &mut RunOutputs<'_>,
    ) -> Result<()> {
        let Some(streamed) = self.stream.next() else {
            return Ok(());
        };
        outputs.set_symbol(self.symbol.name.as_deref());
        let bar = &streamed.bar;
        let row = self.stream.row();
        let outcome = self.agent.step(
            bar,
            &mut |_, environment| {
                let target = environment.target();
                let Some((policy, row)) = step.policy.zip(row) else { return target };
                match &mut *step.histograms {
                    Some(histograms) => histograms.act(policy, row, target),
                    None => policy.act(row, target),
                }
            },
            &mut |event| outputs.event(step.at, &event),
        );
        if let (Some(histograms), Some(policy), Some(row)) = (step.histograms, step.policy, row) {
            histograms.push_values(policy, row);
        }
        step.agent.bar(idx, &flat_if_bankrupt(outcome));
        let holding =
            self.buy_and_hold.step(bar, &mut |_, _| self.buy_and_hold_target, &mut |_| {});
        step.buy_and_hold.bar(idx, &flat_if_bankrupt(holding));
        self.closes = Some([self.closes.map_or(bar.close, |[first, _]| first), bar.close]);
        if self.stream.advance()? {
            let exit = self.agent.exit(&mut |event| outputs.event(step.at, &event));
            step.agent.exit(idx, exit);
            let exit = self.buy_and_hold.exit(&mut |_| {});
            step.buy_and_hold.exit(idx, exit);
        }
        Ok(())
    }

    /// Returns the metrics with the symbol; `None` where it has no name:
    /// the portfolio's metrics are its own.
    pub(super) fn finish(self) -> Option<(String, MetricsRecord)> {
        let name = self.symbol.name.clone()?;
        let record = MetricsRecord {
            agent: Some(self.agent.performance()),
            buy_and_hold: Some(self.buy_and_hold.performance()),
            ..MetricsRecord::default()
        };
        Some((name, record))
    }
}

/// Returns `outcome` without exposure if the account is bankrupt.
pub(super) fn flat_if_bankrupt(outcome: BarOutcome) -> BarOutcome {
    let is_over = outcome.status == StepStatus::Refused;
    if is_over { BarOutcome { exposure: 0.0, ..outcome } } else { outcome }
}
