//! Runs episodes: trains on one symbol after the other, then evaluates
//! on all.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use tracing::info;

use crate::learning::RefitStats;
use crate::progress::{self, Unit};
use crate::session::tensorboard::Scalars;
use crate::session::{EpisodeRecord, Phase, Status, StepContext, SymbolRecord};
use crate::wording::counted;

use super::bar_stream::BarStream;
use super::checkpoint::SymbolSchedule;
use super::evaluation::{EvaluationOptions, SymbolResults};
use super::evaluation_result::EvaluationResult;
use super::histograms::EvaluationHistograms;
use super::portfolio::TrainingCurves;
use super::training_data::SymbolData;
use super::training_episode::{EpisodeState, TrainingEpisode};
use super::training_run::TrainingRun;

/// The result of the training part of an episode.
struct TrainingPart {
    training_episode: TrainingEpisode,
    /// The stream after the training bars; `None` with several symbols.
    stream: Option<BarStream>,
}

impl TrainingRun<'_> {
    /// Runs one episode, or the rest of an interrupted one; returns
    /// whether it was completed.
    pub(super) fn episode(&mut self, episode: usize) -> Result<bool> {
        let start = Instant::now();
        let TrainingPart { training_episode, stream } = self.train_symbols(episode)?;
        let result = if self.is_last_fit() {
            None
        } else {
            Some(self.evaluate(episode, training_episode.last_batch, stream)?)
        };
        let seconds = start.elapsed().as_secs_f64();
        let mut record = training_episode.record(episode, result.as_ref(), seconds);
        record.window = (self.window < self.n_windows).then_some(self.window + 1);
        if !training_episode.is_cut_short && self.learner.is_settled() {
            let n_episodes = self.options.training.total_episodes;
            let n_skipped = episode.next_multiple_of(n_episodes) - episode;
            record.n_skipped = (n_skipped > 0).then_some(n_skipped);
        }
        let n_skipped = record.n_skipped.unwrap_or_default();
        let message = self.episode_message(&record);
        self.outputs.logger.session_mut().episodes.push(record);
        if let Some(result) = result {
            self.outputs.scalars(self.progress.step, result.scalars());
            self.record_evaluation(result);
        }
        // Discards profits that no evaluation has taken.
        self.outputs.take_profits();
        if !training_episode.is_cut_short {
            self.leave_window(episode + n_skipped)?;
            self.progress.n_episodes = episode + n_skipped;
            self.save_checkpoint(episode)?;
        }
        self.outputs.flush()?;
        self.outputs.logger.save_session(Status::Running, None)?;
        // Logged last, so that a logged episode is on the disk.
        self.last_message_at = Instant::now();
        info!("{message}");
        if n_skipped > 0 {
            let n_bars = self.split.test_end() * self.symbols.len() as u64;
            progress::advance(Unit::Bars, n_skipped as u64 * n_bars);
            let episodes = counted(n_skipped as u64, "further episode");
            info!("{episodes} skipped: nothing is left to learn from these bars");
        }
        Ok(!training_episode.is_cut_short)
    }

    /// Trains on one symbol after the other, from where an interrupted
    /// episode stopped.
    fn train_symbols(&mut self, episode: usize) -> Result<TrainingPart> {
        let (symbols, layout) = (Arc::clone(&self.symbols), &self.options.layout);
        let mut schedule = self.progress.schedule.take().unwrap_or_default();
        let mut next_stream = None;
        let trained: Vec<&SymbolData> =
            symbols.iter().filter(|symbol| symbol.splits[self.window].n_train > 0).collect();
        for (idx, symbol) in trained.iter().enumerate().skip(schedule.n_done) {
            self.outputs.set_symbol(symbol.name.as_deref());
            self.split = symbol.splits[self.window];
            let state = match self.progress.episode_state.take() {
                Some(state) => state,
                None => self.next_episode_state(&schedule.total)?,
            };
            self.progress.schedule = self.is_portfolio().then(|| schedule.clone());
            let curve = match symbol.name {
                Some(_) => layout.train_equity_part(episode, idx),
                None => layout.train_equity(),
            };
            let (part, stream) = self.train_bars(episode, symbol, state, &curve)?;
            schedule.total.add(&part);
            schedule.n_done = idx + 1;
            next_stream = symbol.name.is_none().then_some(stream);
            if part.is_cut_short {
                break;
            }
            if symbol.name.is_some() {
                self.learner.end_series();
            }
        }
        self.outputs.set_symbol(None);
        self.split = self.splits[self.window];
        self.progress.schedule = None;
        self.end_training(&mut schedule.total)?;
        if self.is_portfolio() {
            let initial_cash = self.options.training.environment.initial_cash;
            TrainingCurves { layout, episode, initial_cash }.publish(schedule.n_done)?;
        }
        let SymbolSchedule { n_done: _, mut total } = schedule;
        total.average(trained.len());
        Ok(TrainingPart { training_episode: total, stream: next_stream })
    }

    /// Returns the initial state for another symbol; `total` sums those
    /// before it.
    fn next_episode_state(&self, total: &TrainingEpisode) -> Result<EpisodeState> {
        let mut state = EpisodeState::new(&self.options.training.environment)?;
        state.training_episode.last_batch = total.last_batch;
        state.trades = self.outputs.train_profits();
        Ok(state)
    }

    /// Ends the training part of an episode, in which some learners fit.
    fn end_training(&mut self, training_episode: &mut TrainingEpisode) -> Result<()> {
        let fitted = self.learner.end_episode()?;
        training_episode.last_backup = fitted.or(training_episode.last_backup);
        if let Some(RefitStats { n_chosen: Some(n_chosen), .. }) = fitted {
            let mut scalars = Scalars::default();
            scalars.add("learner/n_backups", n_chosen as f64);
            self.outputs.scalars(self.progress.step, scalars);
        }
        self.outputs.logger.session_mut().judgement = self.learner.judgement().copied();
        Ok(())
    }

    /// Evaluates the current policy on the test bars.
    fn evaluate(
        &mut self,
        episode: usize,
        batch: usize,
        stream: Option<BarStream>,
    ) -> Result<EvaluationResult> {
        let symbols = Arc::clone(&self.symbols);
        let (window, step) = (self.window, self.progress.step);
        let at = StepContext { episode, batch, step, phase: Phase::Test };
        let options = self.evaluation_options(at);
        let mut evaluation = options.begin(&symbols, window..window + 1, stream)?;
        let policy = self.learner.policy();
        let cash = self.options.training.environment.initial_cash;
        evaluation.histograms =
            self.outputs.has_curves().then(|| EvaluationHistograms::new(policy, cash));
        evaluation.trade(Some(policy), 0, &mut self.outputs)?;
        let histograms = evaluation.histograms.take();
        let mut result = self.record_symbols(evaluation.finish()?);
        if let Some(histograms) = histograms {
            let profits = self.outputs.take_profits();
            result.histograms = histograms.tagged(self.learner.policy(), profits);
        }
        Ok(result)
    }

    /// Returns the options of an evaluation at `at`.
    pub(super) fn evaluation_options(&self, at: StepContext) -> EvaluationOptions<'_> {
        EvaluationOptions {
            training: &self.options.training,
            features: &self.features,
            at,
            curve: self.options.layout.equity(),
        }
    }

    /// Records the metrics of each named symbol; returns the result of all
    /// together.
    pub(super) fn record_symbols(&mut self, results: SymbolResults) -> EvaluationResult {
        let SymbolResults { all, mut by_symbol } = results;
        // The last fit has no test bars; use the split of the last window.
        let window = self.window.min(self.n_windows.saturating_sub(1));
        let records = self.symbols.iter().filter_map(|symbol| {
            let name = symbol.name.clone()?;
            Some(SymbolRecord {
                n_bars: symbol.n_bars(),
                split: symbol.records[window].clone(),
                metrics: by_symbol.remove(&name).unwrap_or_default(),
                symbol: name,
            })
        });
        self.outputs.logger.session_mut().symbols = records.collect();
        all
    }

    fn episode_message(&self, record: &EpisodeRecord) -> String {
        let tested = record.test_net_return.zip(record.test_n_trades);
        let tested = tested.map(|(net_return, n_trades)| {
            let n_trades = counted(n_trades, "test trade");
            format!("test net return {:+.2} %, {n_trades}, ", net_return * 100.0)
        });
        format!(
            "{}: train reward {:+.2} % in sample{}, {}{:.1} s",
            self.position_in_run(record.episode),
            record.train_reward * 100.0,
            if record.bankrupt { " (bankrupt)" } else { "" },
            tested.unwrap_or_default(),
            record.seconds,
        )
    }
}
