//! Trains on the bars of one symbol: trades, observes and, after each
//! batch, refits.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracing::{debug, info};

use crate::account::environment::{BarOutcome, StepStatus};
use crate::learning::RefitStats;
use crate::progress;
use crate::session::tensorboard::Scalars;
use crate::session::{Phase, StepContext};
use crate::wording::money;

use super::bar_stream::{BarStream, StreamedBar};
use super::curve::{EquityCurve, EquityPoint};
use super::training_data::SymbolData;
use super::training_episode::{EpisodeState, EquityTracker, TrainingEpisode};
use super::training_run::TrainingRun;

/// Least time between two messages about batches on the terminal.
const MESSAGE_INTERVAL: Duration = Duration::from_secs(3);

/// The training on one symbol, in progress.
struct SymbolTraining {
    at: StepContext,
    stream: BarStream,
    state: EpisodeState,
    curve: EquityCurve,
}

impl TrainingRun<'_> {
    /// Trains on the bars of `symbol`, continuing from `state`, and writes
    /// the equity to `curve`. Returns the figures, and the stream after
    /// the training bars.
    pub(super) fn train_bars(
        &mut self,
        episode: usize,
        symbol: &SymbolData,
        mut state: EpisodeState,
        curve: &Path,
    ) -> Result<(TrainingEpisode, BarStream)> {
        self.outputs.restore_train_profits(state.trades.take());
        let split = self.split;
        let mut training = SymbolTraining {
            at: StepContext { episode, batch: 0, step: self.progress.step, phase: Phase::Train },
            stream: BarStream::new(&symbol.source, &self.features)?,
            curve: EquityCurve::resume(curve, state.curve.take())?,
            state,
        };
        training.stream.skip_to(split.train_begin + training.state.training_episode.n_bars)?;
        while training.is_running(split.n_train) && !training.state.training_episode.is_cut_short {
            self.batch(&mut training)?;
            if training.is_running(split.n_train) {
                self.checkpoint_within(&mut training)?;
            }
        }
        let SymbolTraining { at, stream, state, curve } = training;
        let EpisodeState { mut training_episode, mut simulation, .. } = state;
        let performance = simulation.finish(&mut |event| self.outputs.event(&at, &event));
        training_episode.net_return = performance.net_return;
        training_episode.equity = performance.final_equity;
        curve.finish(training_episode.equity, None)?;
        Ok((training_episode, stream))
    }

    /// Steps through the bars of the next batch, then refits.
    fn batch(&mut self, training: &mut SymbolTraining) -> Result<()> {
        training.state.training_episode.last_batch += 1;
        training.at.batch = training.state.training_episode.last_batch;
        let n_left = self.split.n_train - training.state.training_episode.n_bars;
        let n_bars = n_left.min(self.options.training.steps_per_batch as u64);
        for _ in 0..n_bars {
            if self.bar(training)?.status != StepStatus::Running {
                training.state.training_episode.is_bankrupt = true;
                break;
            }
        }
        let backup = self.end_batch(&training.at, &mut training.state.equity_tracker)?;
        let training_episode = &mut training.state.training_episode;
        training_episode.last_backup = backup.or(training_episode.last_backup);
        Ok(())
    }

    /// Saves the state within an episode, when it is due or a stop signal
    /// ends the episode.
    fn checkpoint_within(&mut self, training: &mut SymbolTraining) -> Result<()> {
        let is_stopped = self.options.stop.is_raised();
        if is_stopped || self.is_checkpoint_due() {
            training.state.curve = Some(training.curve.position()?);
            training.state.trades = self.outputs.train_profits();
            self.save_state(Some(&training.state))?;
        }
        // Set after the save, since a resumed episode is not cut short.
        training.state.training_episode.is_cut_short = is_stopped;
        Ok(())
    }

    /// Steps through the next training bar and lets the learner observe it.
    fn bar(&mut self, training: &mut SymbolTraining) -> Result<BarOutcome> {
        let SymbolTraining { at, stream, state, curve } = training;
        self.progress.step += 1;
        at.step = self.progress.step;
        state.training_episode.n_bars += 1;
        let StreamedBar { bar, is_warm } = stream.next()?;
        let row = is_warm.then(|| stream.row());
        let policy = self.learner.policy();
        let outcome = state.simulation.step(
            &bar,
            &mut |_, environment| {
                let target = environment.target();
                row.map_or(target, |row| policy.act(row, target))
            },
            &mut |event| self.outputs.event(at, &event),
        );
        self.learner.observe(bar.time_ms, bar.open, row)?;
        state.equity_tracker.push(&outcome);
        curve.push(EquityPoint::in_sample(&bar, &outcome))?;
        Ok(outcome)
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
        if let Some(peak_mb) = peak_mb() {
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
        // A progress bar shows the same.
        if self.last_message_at.elapsed() >= MESSAGE_INTERVAL && !progress::is_shown() {
            self.last_message_at = Instant::now();
            info!("{message}");
        } else {
            debug!("{message}");
        }
        equity_tracker.batch_start = equity_tracker.equity;
        Ok(backup)
    }
}

impl SymbolTraining {
    /// Returns whether bars are left and the account is not bankrupt.
    fn is_running(&self, n_train: u64) -> bool {
        let TrainingEpisode { n_bars, is_bankrupt, .. } = self.state.training_episode;
        n_bars < n_train && !is_bankrupt
    }
}

/// Returns the peak resident memory in MB (10^6 bytes); `None` where
/// there is no `/proc`.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}
