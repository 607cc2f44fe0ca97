//! Judges policies on the test bars of all symbols at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::Result;

use crate::account::environment::BarOutcome;
use crate::config::TrainingConfig;
use crate::learning::model::Policy;
use crate::market::features::FeatureSet;
use crate::session::{MetricsRecord, StepContext};
use crate::training::train::curve::{EquityCurve, EquityPoint};
use crate::training::train::evaluation::EvaluationResult;
use crate::training::train::histograms::EvaluationHistograms;
use crate::training::train::outputs::RunOutputs;
use crate::training::train::split::N_TEST_MIN;

use super::SymbolData;
use super::account::PortfolioAccount;
use super::symbol_run::{PortfolioStep, SymbolRun};

/// The terms of an evaluation.
pub(super) struct PortfolioEvaluationOptions<'a> {
    pub(super) training: &'a TrainingConfig,
    pub(super) features: &'a FeatureSet,
    pub(super) at: StepContext,
    /// Where the portfolio's curve goes.
    pub(super) curve: PathBuf,
}

/// The figures of each symbol.
pub(super) type Figures = BTreeMap<String, MetricsRecord>;

/// What the portfolio and each symbol earned.
pub(super) struct PortfolioResult {
    pub(super) portfolio: EvaluationResult,
    pub(super) by_symbol: Figures,
}

/// An evaluation under way: the accounts of all symbols, and of what
/// they are together.
pub(super) struct PortfolioEvaluation<'a> {
    initial_cash: f64,
    at: StepContext,
    symbol_runs: Vec<SymbolRun<'a>>,
    agent: PortfolioAccount,
    buy_and_hold: PortfolioAccount,
    never_trade: PortfolioAccount,
    curve: EquityCurve,
    /// The last equities: of the agent, and of the one that holds.
    last: (f64, f64),
    /// The distributions, where they are drawn.
    pub(super) histograms: Option<EvaluationHistograms>,
}

impl PortfolioEvaluationOptions<'_> {
    /// Begins the evaluation of `symbols` on the test bars of `windows`,
    /// which follow each other.
    pub(super) fn begin<'a>(
        &self,
        symbols: &'a [SymbolData],
        windows: Range<usize>,
    ) -> Result<PortfolioEvaluation<'a>> {
        let mut symbol_runs = Vec::new();
        for symbol in symbols {
            let splits = &symbol.splits[windows.clone()];
            if splits.iter().map(|split| split.n_test).sum::<u64>() >= N_TEST_MIN {
                symbol_runs.push(SymbolRun::new(self, symbol, splits)?);
            }
        }
        let initial_cash = self.training.environment.initial_cash;
        let account =
            |n_symbols| PortfolioAccount::new(n_symbols, initial_cash, self.training.seed);
        Ok(PortfolioEvaluation {
            initial_cash,
            at: self.at,
            agent: account(symbol_runs.len()),
            buy_and_hold: account(symbol_runs.len()),
            never_trade: account(1),
            symbol_runs,
            curve: EquityCurve::create(&self.curve)?,
            last: (initial_cash, initial_cash),
            histograms: None,
        })
    }
}

impl PortfolioEvaluation<'_> {
    /// Trades the test bars of `window`, in the order of time, as
    /// `policy` wants; without one, what is held is kept.
    pub(super) fn trade(
        &mut self,
        policy: Option<&dyn Policy>,
        window: usize,
        outputs: &mut RunOutputs<'_>,
    ) -> Result<()> {
        for symbol_run in &mut self.symbol_runs {
            symbol_run.enter(window);
        }
        while let Some(time_ms) = self.symbol_runs.iter().filter_map(SymbolRun::next_ms).min() {
            for (idx, symbol_run) in self.symbol_runs.iter_mut().enumerate() {
                if symbol_run.next_ms() == Some(time_ms) {
                    let portfolio_step = PortfolioStep {
                        at: &self.at,
                        policy,
                        agent: &mut self.agent,
                        buy_and_hold: &mut self.buy_and_hold,
                        histograms: &mut self.histograms,
                    };
                    symbol_run.step(idx, portfolio_step, outputs)?;
                }
            }
            self.end_time(time_ms)?;
        }
        Ok(())
    }

    fn end_time(&mut self, time_ms: i64) -> Result<()> {
        let (outcome, holding) =
            (self.agent.end_time(time_ms), self.buy_and_hold.end_time(time_ms));
        self.never_trade.bar(0, &BarOutcome::idle(self.initial_cash));
        self.never_trade.end_time(time_ms);
        self.last = (outcome.equity, holding.equity);
        if let Some(histograms) = &mut self.histograms {
            histograms.push_equity(outcome.equity);
        }
        self.curve.push(EquityPoint {
            time_ms,
            agent: outcome.equity,
            exposure: outcome.exposure,
            buy_and_hold: Some(holding.equity),
            close: self.symbol_runs.iter().map(SymbolRun::growth).sum::<f64>()
                / self.symbol_runs.len() as f64,
        })
    }

    /// Returns the portfolio's figures, and those of each symbol.
    pub(super) fn finish(self) -> Result<PortfolioResult> {
        let portfolio = EvaluationResult {
            agent: self.agent.tracker.performance(),
            sample: self.agent.tracker.sharpe_sample(),
            buy_and_hold: self.buy_and_hold.tracker.performance(),
            never_trade: self.never_trade.tracker.performance(),
            histograms: Vec::new(),
        };
        // Figures end at ruin; the symbols' accounts may go on.
        let (agent, buy_and_hold) = self.last;
        self.curve.finish(agent, Some(buy_and_hold))?;
        let records = self
            .symbol_runs
            .into_iter()
            .map(|symbol_run| (symbol_run.symbol().to_owned(), symbol_run.record));
        Ok(PortfolioResult { portfolio, by_symbol: records.collect() })
    }
}
