//! Episodes over several symbols: a tour of lessons, then one trial.

use std::mem;
use std::ops::Range;

use anyhow::Result;

use crate::learning::model::TradingModel;
use crate::session::{Phase, StepContext, SymbolRecord, WindowRecord};
use crate::training::train::bar_stream::BarStream;
use crate::training::train::checkpoint::SymbolSchedule;
use crate::training::train::evaluation::EvaluationResult;
use crate::training::train::histograms::EvaluationHistograms;
use crate::training::train::split::Split;
use crate::training::train::training_episode::{EpisodeState, TrainingEpisode};
use crate::training::train::training_run::TrainingRun;

use super::SymbolData;
use super::evaluation::{PortfolioEvaluationOptions, PortfolioResult};
use super::training_curve::TrainingCurves;

impl TrainingRun<'_> {
    /// Runs an episode over all symbols, or the rest of it.
    pub(in crate::training::train) fn portfolio_episode(
        &mut self,
        episode: usize,
    ) -> Result<(TrainingEpisode, Option<EvaluationResult>)> {
        let (symbols, split) = (mem::take(&mut self.symbols), self.split);
        let result = self.portfolio_parts(episode, &symbols);
        (self.symbols, self.split) = (symbols, split);
        self.outputs.set_symbol(None);
        result
    }

    fn portfolio_parts(
        &mut self,
        episode: usize,
        symbols: &[SymbolData],
    ) -> Result<(TrainingEpisode, Option<EvaluationResult>)> {
        let whole = self.train_symbols(episode, symbols)?;
        if self.is_last_fit() {
            return Ok((whole, None));
        }
        let (batch, step) = (whole.last_batch, self.progress.step);
        let at = StepContext { episode, batch, step, phase: Phase::Test };
        let window = self.window;
        let mut evaluation = self.portfolio_evaluation(at).begin(symbols, window..window + 1)?;
        let policy = self.learner.policy();
        let cash = self.options.training.environment.initial_cash;
        evaluation.histograms =
            self.outputs.draws().then(|| EvaluationHistograms::new(policy, cash));
        evaluation.trade(Some(policy), window, &mut self.outputs)?;
        let histograms = evaluation.histograms.take();
        let PortfolioResult { mut portfolio, by_symbol } = evaluation.finish()?;
        let trades = self.outputs.take_trades();
        if let Some(histograms) = histograms {
            portfolio.histograms = histograms.tagged(self.learner.policy(), trades);
        }
        self.record_symbols(symbols, by_symbol);
        Ok((whole, Some(portfolio)))
    }

    /// Trades and learns on the training bars of one symbol after the
    /// other, from where the episode was left.
    fn train_symbols(&mut self, episode: usize, symbols: &[SymbolData]) -> Result<TrainingEpisode> {
        let mut schedule = self.progress.schedule.take().unwrap_or_default();
        let learned: Vec<&SymbolData> =
            symbols.iter().filter(|symbol| symbol.splits[self.window].n_train > 0).collect();
        for (idx, symbol) in learned.iter().enumerate().skip(schedule.n_done) {
            self.outputs.set_symbol(Some(&symbol.name));
            self.split = symbol.splits[self.window];
            self.progress.schedule = Some(schedule.clone());
            if self.progress.episode_state.is_none() {
                self.progress.episode_state = Some(self.next_episode_state(&schedule.whole)?);
            }
            let mut stream = BarStream::new(&symbol.source, &self.features)?;
            let curve = self.options.layout.train_equity_part(episode, idx);
            let part = self.train_episode(episode, (&mut stream, &curve))?;
            schedule.whole.add(&part);
            schedule.n_done = idx + 1;
            if part.is_cut_short {
                break;
            }
            self.learner.end_series()?;
        }
        self.progress.schedule = None;
        self.end_training(&mut schedule.whole)?;
        let curves = TrainingCurves {
            layout: &self.options.layout,
            episode,
            initial_cash: self.options.training.environment.initial_cash,
        };
        curves.publish(schedule.n_done)?;
        let SymbolSchedule { n_done: _, mut whole } = schedule;
        whole.average(learned.len());
        Ok(whole)
    }

    /// Returns the lesson on another symbol, after those of `whole`.
    fn next_episode_state(&self, whole: &TrainingEpisode) -> Result<EpisodeState> {
        let mut episode_state = EpisodeState::new(&self.options.training.environment)?;
        episode_state.training_episode.last_batch = whole.last_batch;
        episode_state.trades = self.outputs.train_trades();
        Ok(episode_state)
    }

    fn portfolio_evaluation(&self, at: StepContext) -> PortfolioEvaluationOptions<'_> {
        PortfolioEvaluationOptions {
            training: &self.options.training,
            features: &self.features,
            at,
            curve: self.options.layout.equity(),
        }
    }

    /// Trades the test bars of the finished `windows` in one account a
    /// symbol, each by the model of its window.
    pub(in crate::training::train) fn join_symbols(
        &mut self,
        at: StepContext,
        windows: &[WindowRecord],
    ) -> Result<EvaluationResult> {
        let symbols = mem::take(&mut self.symbols);
        let result = self.joined(at, (&symbols, windows));
        self.outputs.set_symbol(None);
        let joined = result.map(|PortfolioResult { portfolio, by_symbol }| {
            self.record_symbols(&symbols, by_symbol);
            portfolio
        });
        self.symbols = symbols;
        joined
    }

    fn joined(
        &mut self,
        at: StepContext,
        (symbols, windows): (&[SymbolData], &[WindowRecord]),
    ) -> Result<PortfolioResult> {
        let all: Range<usize> = 0..windows.len();
        let mut evaluation = self.portfolio_evaluation(at).begin(symbols, all)?;
        for (window, record) in windows.iter().enumerate() {
            let path =
                record.model.as_ref().map(|model| self.options.layout.root().join(&model.path));
            let model = path.map(|path| TradingModel::load(&path)).transpose()?;
            evaluation.trade(
                model.as_ref().map(TradingModel::policy),
                window,
                &mut self.outputs,
            )?;
        }
        evaluation.finish()
    }

    fn record_symbols(&mut self, symbols: &[SymbolData], mut results: super::evaluation::Figures) {
        // The figures are no last fit's.
        let window = self.window.min(self.n_windows.saturating_sub(1));
        let records = symbols.iter().map(|symbol| SymbolRecord {
            symbol: symbol.name.clone(),
            n_bars: symbol.splits.last().map_or(0, Split::test_end),
            split: symbol.records[window].clone(),
            metrics: results.remove(&symbol.name).unwrap_or_default(),
        });
        let records = records.collect();
        self.outputs.logger.session_mut().symbols = records;
    }
}
