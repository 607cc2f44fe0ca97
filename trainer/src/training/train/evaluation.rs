//! Evaluates policies on the test bars of all symbols at once, against
//! the benchmarks buy-and-hold and never-trade.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::Result;

use crate::account::environment::BarOutcome;
use crate::config::TrainingConfig;
use crate::learning::Policy;
use crate::market::features::FeatureSet;
use crate::session::{MetricsRecord, StepContext};

use super::bar_stream::{BarStream, TestStream};
use super::curve::{EquityCurve, EquityPoint};
use super::evaluation_result::EvaluationResult;
use super::histograms::EvaluationHistograms;
use super::outputs::RunOutputs;
use super::portfolio::PortfolioAccount;
use super::split::N_TEST_MIN;
use super::symbol_run::{EvaluationStep, SymbolRun};
use super::training_data::SymbolData;

/// The options of an evaluation.
pub(super) struct EvaluationOptions<'a> {
    pub(super) training: &'a TrainingConfig,
    pub(super) features: &'a FeatureSet,
    pub(super) at: StepContext,
    /// The path of the equity curve.
    pub(super) curve: PathBuf,
}

/// The results of all symbols together, and of each named one.
pub(super) struct SymbolResults {
    pub(super) all: EvaluationResult,
    pub(super) by_symbol: BTreeMap<String, MetricsRecord>,
}

/// An evaluation in progress: the accounts of the symbols and of their
/// portfolio.
pub(super) struct Evaluation<'a> {
    initial_cash: f64,
    at: StepContext,
    symbol_runs: Vec<SymbolRun<'a>>,
    agent: PortfolioAccount,
    buy_and_hold: PortfolioAccount,
    never_trade: PortfolioAccount,
    curve: EquityCurve,
    last_equity: f64,
    last_buy_and_hold: f64,
    /// The distributions, where TensorBoard is enabled.
    pub(super) histograms: Option<EvaluationHistograms>,
}

impl EvaluationOptions<'_> {
    /// Begins the evaluation of `symbols` on the test bars of consecutive
    /// `windows`. `stream` continues the bars of the first symbol.
    pub(super) fn begin<'a>(
        &self,
        symbols: &'a [SymbolData],
        windows: Range<usize>,
        mut stream: Option<BarStream>,
    ) -> Result<Evaluation<'a>> {
        let mut symbol_runs = Vec::new();
        for symbol in symbols {
            let splits = &symbol.splits[windows.clone()];
            if splits.iter().map(|split| split.n_test).sum::<u64>() >= N_TEST_MIN {
                let new_stream = || BarStream::new(&symbol.source, self.features);
                let stream = TestStream::new(stream.take().map_or_else(new_stream, Ok)?, splits)?;
                symbol_runs.push(SymbolRun::new(self.training, symbol, stream)?);
            }
        }
        let initial_cash = self.training.environment.initial_cash;
        let account =
            |n_symbols| PortfolioAccount::new(n_symbols, initial_cash, self.training.seed);
        Ok(Evaluation {
            initial_cash,
            at: self.at,
            agent: account(symbol_runs.len()),
            buy_and_hold: account(symbol_runs.len()),
            never_trade: account(1),
            symbol_runs,
            curve: EquityCurve::create(&self.curve)?,
            last_equity: initial_cash,
            last_buy_and_hold: initial_cash,
            histograms: None,
        })
    }
}

impl Evaluation<'_> {
    /// Trades the test bars of `window`, an index within the evaluation,
    /// in order of time by `policy`; without one, positions are kept.
    pub(super) fn trade(
        &mut self,
        policy: Option<&dyn Policy>,
        window: usize,
        outputs: &mut RunOutputs<'_>,
    ) -> Result<()> {
        for symbol_run in &mut self.symbol_runs {
            symbol_run.stream.enter(window);
        }
        let next_ms =
            |runs: &[SymbolRun<'_>]| runs.iter().filter_map(|run| run.stream.next_ms()).min();
        while let Some(time_ms) = next_ms(&self.symbol_runs) {
            for (idx, symbol_run) in self.symbol_runs.iter_mut().enumerate() {
                if symbol_run.stream.next_ms() == Some(time_ms) {
                    let step = EvaluationStep {
                        at: &self.at,
                        policy,
                        agent: &mut self.agent,
                        buy_and_hold: &mut self.buy_and_hold,
                        histograms: &mut self.histograms,
                    };
                    symbol_run.step(idx, step, outputs)?;
                }
            }
            self.end_time(time_ms)?;
        }
        outputs.set_symbol(None);
        Ok(())
    }

    fn end_time(&mut self, time_ms: i64) -> Result<()> {
        let (outcome, holding) =
            (self.agent.end_time(time_ms), self.buy_and_hold.end_time(time_ms));
        self.never_trade.bar(0, &BarOutcome::idle(self.initial_cash));
        self.never_trade.end_time(time_ms);
        self.last_equity = outcome.equity;
        self.last_buy_and_hold = holding.equity;
        if let Some(histograms) = &mut self.histograms {
            histograms.push_equity(outcome.equity);
        }
        self.curve.push(EquityPoint {
            time_ms,
            agent: outcome.equity,
            exposure: outcome.exposure,
            buy_and_hold: Some(holding.equity),
            close: self.symbol_runs.iter().map(SymbolRun::price).sum::<f64>()
                / self.symbol_runs.len() as f64,
        })
    }

    /// Returns the results of all symbols together, and of each.
    pub(super) fn finish(self) -> Result<SymbolResults> {
        let all = EvaluationResult {
            agent: self.agent.tracker.performance(),
            sample: self.agent.tracker.sharpe_sample(),
            buy_and_hold: self.buy_and_hold.tracker.performance(),
            never_trade: self.never_trade.tracker.performance(),
            histograms: Vec::new(),
        };
        // The curve covers all bars, while the metrics end at bankruptcy.
        self.curve.finish(self.last_equity, Some(self.last_buy_and_hold))?;
        let by_symbol = self.symbol_runs.into_iter().filter_map(SymbolRun::finish).collect();
        Ok(SymbolResults { all, by_symbol })
    }
}
