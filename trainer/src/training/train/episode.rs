//! Episodes: a lesson on the training bars, then a trial on the others.

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracing::{debug, info};

use crate::account::environment::{BarOutcome, StepStatus};
use crate::account::metrics::Simulation;
use crate::learning::agent::RefitStats;
use crate::market::bars::Bar;
use crate::progress;
use crate::session::tensorboard::Scalars;
use crate::session::{Phase, Status, StepContext};
use crate::wording::{counted, money};

use super::bar_stream::BarStream;
use super::curve::{EquityCurve, EquityPoint};
use super::evaluation::{EvaluatedPolicy, Evaluation, EvaluationResult};
use super::histograms::EvaluationHistograms;
use super::memory;
use super::training_episode::{EpisodeState, EquityTracker, TrainingEpisode};
use super::training_run::TrainingRun;

/// A batch is reported on the terminal when the last report is this old.
const MESSAGE_INTERVAL: Duration = Duration::from_secs(3);

impl TrainingRun<'_> {
    /// Runs one episode, or the rest of it; returns whether it was a
    /// whole one.
    pub(super) fn episode(&mut self, episode: usize) -> Result<bool> {
        let start = Instant::now();
        let (training_episode, result) = if self.symbols.is_empty() {
            let mut stream = BarStream::new(&self.source, &self.features)?;
            let curve = self.options.layout.train_equity();
            let mut training_episode = self.train_episode(episode, (&mut stream, &curve))?;
            self.end_training(&mut training_episode)?;
            let result = if self.is_last_fit() {
                None
            } else {
                Some(self.evaluate(episode, &training_episode, &mut stream)?)
            };
            (training_episode, result)
        } else {
            self.portfolio_episode(episode)?
        };
        let seconds = start.elapsed().as_secs_f64();
        let message = self.episode_message(episode, &training_episode, (result.as_ref(), seconds));
        let mut record = training_episode.record(episode, (result.as_ref(), seconds));
        record.window = (self.window < self.n_windows).then_some(self.window + 1);
        self.outputs.logger.session_mut().episodes.push(record);
        if let Some(result) = result {
            self.outputs.scalars(self.progress.step, result.scalars());
            self.record_evaluation(result);
        }
        // Profits that no evaluation drew are not those of a later one.
        self.outputs.take_trades();
        if !training_episode.is_cut_short {
            self.leave_window(episode)?;
            self.progress.n_episodes = episode;
            self.save_checkpoint(episode)?;
        }
        self.outputs.flush()?;
        self.outputs.logger.save_session(Status::Running, None)?;
        // Reported last: what is reported is saved already.
        self.last_message_at = Instant::now();
        info!("{message}");
        Ok(!training_episode.is_cut_short)
    }

    /// Trades and learns on the training bars; the equity goes to `curve`.
    pub(super) fn train_episode(
        &mut self,
        episode: usize,
        (stream, curve): (&mut BarStream, &Path),
    ) -> Result<TrainingEpisode> {
        let config = &self.options.training;
        let mut episode_state = match self.progress.episode_state.take() {
            Some(mut episode_state) => {
                self.outputs.restore_train_trades(episode_state.trades.take());
                episode_state
            }
            None => EpisodeState::new(&config.environment)?,
        };
        let mut curve = EquityCurve::resume(curve, episode_state.curve.take())?;
        let split = self.split;
        stream.skip_to(split.train_begin + episode_state.training_episode.n_bars)?;
        let mut at =
            StepContext { episode, batch: 0, step: self.progress.step, phase: Phase::Train };
        while episode_state.training_episode.n_bars < split.n_train
            && !episode_state.training_episode.is_bankrupt
            && !episode_state.training_episode.is_cut_short
        {
            self.batch(&mut at, stream, (&mut episode_state, &mut curve))?;
            if episode_state.training_episode.n_bars < split.n_train
                && !episode_state.training_episode.is_bankrupt
            {
                self.checkpoint_within(&mut episode_state, &mut curve)?;
            }
        }
        let EpisodeState { mut training_episode, mut simulation, .. } = episode_state;
        let performance = simulation.finish(&mut |event| self.outputs.event(&at, &event));
        training_episode.net_return = performance.net_return;
        training_episode.equity = performance.final_equity;
        curve.finish(training_episode.equity, None)?;
        Ok(training_episode)
    }

    /// Ends the training part of an episode, which may fit and judge.
    pub(super) fn end_training(&mut self, training_episode: &mut TrainingEpisode) -> Result<()> {
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

    /// Trades through the next training bars, then refits.
    fn batch(
        &mut self,
        at: &mut StepContext,
        stream: &mut BarStream,
        (episode_state, curve): (&mut EpisodeState, &mut EquityCurve),
    ) -> Result<()> {
        episode_state.training_episode.last_batch += 1;
        at.batch = episode_state.training_episode.last_batch;
        let n_left = self.split.n_train - episode_state.training_episode.n_bars;
        let n_bars = n_left.min(self.options.training.steps_per_batch as u64);
        for _ in 0..n_bars {
            self.progress.step += 1;
            at.step = self.progress.step;
            episode_state.training_episode.n_bars += 1;
            let (bar, outcome) = self.bar(at, stream, &mut episode_state.simulation)?;
            episode_state.equity_tracker.push(&outcome);
            curve.push(EquityPoint::in_sample(&bar, &outcome))?;
            if outcome.status != StepStatus::Running {
                episode_state.training_episode.is_bankrupt = true;
                break;
            }
        }
        episode_state.training_episode.last_backup = self
            .end_batch(at, &mut episode_state.equity_tracker)?
            .or(episode_state.training_episode.last_backup);
        Ok(())
    }

    /// Saves the state in the middle of an episode: when a stop cuts it
    /// short, and now and then.
    fn checkpoint_within(
        &mut self,
        episode_state: &mut EpisodeState,
        curve: &mut EquityCurve,
    ) -> Result<()> {
        let is_stopped = self.options.stop.is_raised();
        if is_stopped || self.is_time_for_state() {
            episode_state.curve = Some(curve.position()?);
            episode_state.trades = self.outputs.train_trades();
            self.save_state(Some(episode_state))?;
        }
        // After the save: what is resumed is not cut short.
        episode_state.training_episode.is_cut_short = is_stopped;
        Ok(())
    }

    /// Trades through the next training bar and watches it.
    fn bar(
        &mut self,
        at: &StepContext,
        stream: &mut BarStream,
        simulation: &mut Simulation,
    ) -> Result<(Bar, BarOutcome)> {
        let streamed = stream.next()?;
        let row = streamed.is_warm.then(|| stream.row());
        let policy = self.learner.policy();
        let outcome = simulation.step(
            &streamed.bar,
            &mut |_, environment| {
                let target = environment.target();
                row.map_or(target, |row| policy.act(row, target))
            },
            &mut |event| self.outputs.event(at, &event),
        );
        self.learner.observe(&streamed.bar, row)?;
        Ok((streamed.bar, outcome))
    }

    fn end_batch(
        &mut self,
        at: &StepContext,
        equity_tracker: &mut EquityTracker,
    ) -> Result<Option<RefitStats>> {
        let backup = self.learner.refit()?;
        let mut scalars = Scalars::default();
        scalars.add("train/reward", equity_tracker.batch_return());
        scalars.add("train/equity", equity_tracker.equity);
        scalars.add("train/drawdown", equity_tracker.drawdown());
        if let Some(backup) = &backup {
            scalars.add("learner/max_abs_delta_q", backup.max_abs_delta_q);
            scalars.add("learner/fit_seconds", backup.fit_seconds);
        }
        if let Some(peak_mb) = memory::peak_mb() {
            scalars.add("memory/peak_mb", peak_mb);
        }
        self.outputs.scalars(at.step, scalars);
        self.outputs.flush()?;
        let n_batches = self.split.n_train.div_ceil(self.options.training.steps_per_batch as u64);
        let message = format!(
            "{}: batch {}/{n_batches}, train equity {}",
            self.position_in_run(at.episode),
            at.batch,
            money(equity_tracker.equity, 2)
        );
        // A bar tells it, too.
        if self.last_message_at.elapsed() >= MESSAGE_INTERVAL && !progress::is_shown() {
            self.last_message_at = Instant::now();
            info!("{message}");
        } else {
            debug!("{message}");
        }
        equity_tracker.batch_start = equity_tracker.equity;
        Ok(backup)
    }

    /// Judges the policy as it is now on the test bars.
    fn evaluate(
        &mut self,
        episode: usize,
        training_episode: &TrainingEpisode,
        stream: &mut BarStream,
    ) -> Result<EvaluationResult> {
        let split = self.split;
        stream.skip_to(split.test_begin())?;
        let batch = training_episode.last_batch;
        let at = StepContext { episode, batch, step: self.progress.step, phase: Phase::Test };
        let curve = EquityCurve::create(&self.options.layout.equity())?;
        let mut evaluation = Evaluation::new(self.evaluation_options(), curve)?;
        let (policy, outputs) = (self.learner.policy(), &mut self.outputs);
        let cash = self.options.training.environment.initial_cash;
        let histograms =
            RefCell::new(outputs.draws().then(|| EvaluationHistograms::new(policy, cash)));
        let mut evaluated = EvaluatedPolicy {
            act: &|row, target| match &mut *histograms.borrow_mut() {
                Some(histograms) => histograms.act(policy, (row, target)),
                None => policy.act(row, target),
            },
            on_event: &mut |event| outputs.event(&at, &event),
            on_bar: &mut |equity, row| {
                if let Some(histograms) = &mut *histograms.borrow_mut() {
                    histograms.push(policy, (equity, row));
                }
            },
        };
        evaluation.trade((stream, split.n_test), &mut evaluated)?;
        let mut result = evaluation.finish(&mut evaluated)?;
        if let Some(histograms) = histograms.into_inner() {
            result.histograms = histograms.tagged(policy, self.outputs.take_trades());
        }
        Ok(result)
    }

    fn episode_message(
        &self,
        episode: usize,
        training_episode: &TrainingEpisode,
        (result, seconds): (Option<&EvaluationResult>, f64),
    ) -> String {
        let tested = result.map(|result| {
            let n_trades = counted(result.agent.n_trades, "test trade");
            format!("test net return {:+.2} %, {n_trades}, ", result.agent.net_return * 100.0)
        });
        format!(
            "{}: train reward {:+.2} % in sample{}, {}{seconds:.1} s",
            self.position_in_run(episode),
            training_episode.net_return * 100.0,
            if training_episode.is_bankrupt { " (bankrupt)" } else { "" },
            tested.unwrap_or_default(),
        )
    }
}
