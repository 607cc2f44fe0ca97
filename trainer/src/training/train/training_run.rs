//! The loop over the episodes of a run, and its checkpoints.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracing::{debug, info, warn};

use crate::learning::{Learner, LearnerSetup};
use crate::market::bars::BarKind;
use crate::market::features::FeatureSet;
use crate::progress::{EpisodeCounts, ProgressGuard, begin_episodes};
use crate::session::SplitRecord;

use super::checkpoint::{self, CheckpointHeader, Progress, log_lengths};
use super::evaluation_result::EvaluationResult;
use super::options::{RunEnd, TrainOptions};
use super::outputs::RunOutputs;
use super::portfolio::remove_symbol_curves;
use super::save::{self, ModelContext};
use super::split::Split;
use super::training_data::{SymbolData, TrainingData};
use super::training_episode::EpisodeState;
use super::trials::CurrentSession;

/// Least time between two checkpoints within an episode.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(60);
/// The interval is also at least this many times the duration of a
/// checkpoint.
const CHECKPOINT_INTERVAL_RATIO: u32 = 20;

/// The state of a run between episodes.
pub(super) struct TrainingRun<'a> {
    pub(super) options: &'a TrainOptions,
    /// One or, walking forward, one for each window and that of the last
    /// fit.
    pub(super) splits: Vec<Split>,
    pub(super) split_records: Vec<SplitRecord>,
    /// Number of windows of the walk forward; 0 for a single split.
    pub(super) n_windows: usize,
    /// Index of the current split.
    pub(super) window: usize,
    /// The current split: that of the window or, while one of several
    /// symbols trains, the symbol's own.
    pub(super) split: Split,
    pub(super) symbols: Arc<[SymbolData]>,
    pub(super) features: FeatureSet,
    bar_kind: BarKind,
    pub(super) learner: Box<dyn Learner>,
    pub(super) outputs: RunOutputs<'a>,
    pub(super) progress: Progress,
    data_sha256: String,
    pub(super) last_message_at: Instant,
    last_checkpoint: Instant,
    checkpoint_duration: Duration,
}

impl<'a> TrainingRun<'a> {
    pub(super) fn new(
        options: &'a TrainOptions,
        training_data: TrainingData,
        outputs: RunOutputs<'a>,
    ) -> Result<Self> {
        let TrainingData { features, summary, kind, splits, records, n_windows, symbols, .. } =
            training_data;
        let now = Instant::now();
        let mut training_run = Self {
            options,
            split: splits[0],
            splits,
            split_records: records,
            n_windows,
            window: 0,
            learner: new_learner(options, &features)?,
            symbols,
            features,
            bar_kind: kind,
            outputs,
            progress: Progress::default(),
            data_sha256: summary.sha256,
            last_message_at: now,
            last_checkpoint: now,
            checkpoint_duration: Duration::ZERO,
        };
        training_run.record_windows();
        training_run.resume()?;
        Ok(training_run)
    }

    /// Restores the state of the interrupted session, if one is resumed.
    fn resume(&mut self) -> Result<()> {
        let Some(resume) = &self.options.resume else {
            return Ok(());
        };
        resume.restore(self.learner.as_mut())?;
        let header = resume.header();
        self.progress = header.progress.clone();
        let session = self.outputs.logger.session_mut();
        session.episodes.clone_from(&header.episodes);
        session.metrics = header.metrics.clone();
        session.symbols.clone_from(&header.symbols);
        session.trials = header.trials;
        session.walk_forward.clone_from(&header.walk_forward);
        info!(
            "going on from session {}, after {} whole episodes and {} training bars",
            header.session, header.progress.n_episodes, header.progress.step
        );
        Ok(())
    }

    /// Records `result` as the session's, with the deflated Sharpe ratio.
    pub(super) fn record_evaluation(&mut self, result: EvaluationResult) {
        let session = self.outputs.logger.session();
        let trials = self.options.earlier_trials.count(&CurrentSession {
            config_sha256: &session.config.sha256,
            data_sha256: &self.data_sha256,
            n_bars: result.agent.n_bars,
            periods_per_year: result.agent.periods_per_year.value,
            sample: result.sample,
        });
        let session = self.outputs.logger.session_mut();
        session.trials = Some(trials);
        session.metrics = result.into();
    }

    /// Runs the episodes and saves the model.
    pub(super) fn run(mut self) -> Result<RunEnd> {
        let n_episodes = self.options.training.total_episodes * self.splits.len();
        let _progress = self.show_progress(n_episodes);
        let mut end = RunEnd::Completed;
        while self.progress.n_episodes < n_episodes {
            let episode = self.progress.n_episodes + 1;
            self.enter_window(episode)?;
            let is_whole = self.episode(episode)?;
            let wants_stop = self.options.stop.is_raised() && self.progress.n_episodes < n_episodes;
            if is_whole && wants_stop {
                self.save_state(None)?;
            }
            if !is_whole || wants_stop {
                end = RunEnd::Interrupted;
                break;
            }
        }
        if end == RunEnd::Interrupted {
            warn!("stopped by a signal; saving what there is");
        }
        if end == RunEnd::Completed {
            self.remove_symbol_curves(usize::MAX)?;
        }
        self.join_windows()?;
        self.save_final_model()?;
        self.outputs.finish(end)?;
        Ok(end)
    }

    /// Returns whether the bars have symbols.
    pub(super) fn is_portfolio(&self) -> bool {
        self.symbols[0].name.is_some()
    }

    fn show_progress(&self, n_episodes: usize) -> ProgressGuard {
        let of_all: u64 = self.splits.iter().map(Split::test_end).sum();
        let n_symbols = self.symbols.len() as u64;
        begin_episodes(EpisodeCounts {
            n: n_episodes as u64,
            n_done: self.progress.n_episodes as u64,
            n_bars: of_all / self.splits.len().max(1) as u64 * n_symbols,
        })
    }

    /// Saves the model and the state after `episode`, if they are due.
    pub(super) fn save_checkpoint(&mut self, episode: usize) -> Result<()> {
        let every = self.options.training.checkpoint_every_episodes;
        if every == 0 {
            self.remove_symbol_curves(usize::MAX)?;
        }
        // One is also due where an episode that was skipped had made it.
        if every == 0 || self.progress.n_episodes / every == (episode - 1) / every {
            return Ok(());
        }
        if self.learner.is_trained() {
            let path = self.options.layout.checkpoint(episode);
            let model = save::save(&self.model_context(), &path)?;
            debug!("saved `{}`", model.path);
        }
        self.save_state(None)?;
        // Removed after the save, so that a kill leaves a checkpoint.
        let n_kept = self.options.training.keep_checkpoints;
        if n_kept > 0
            && let Err(error) = save::remove_older(&self.options.layout, n_kept)
        {
            warn!("old checkpoints stay: {error:#}");
        }
        Ok(())
    }

    /// Returns whether a checkpoint within the episode is due.
    pub(super) fn is_checkpoint_due(&self) -> bool {
        let interval =
            CHECKPOINT_INTERVAL.max(self.checkpoint_duration * CHECKPOINT_INTERVAL_RATIO);
        let is_enabled = self.options.training.checkpoint_every_episodes > 0;
        is_enabled && self.last_checkpoint.elapsed() >= interval
    }

    /// Saves the checkpoint from which the run can be resumed.
    pub(super) fn save_state(&mut self, episode_state: Option<&EpisodeState>) -> Result<()> {
        let start = Instant::now();
        self.outputs.flush()?;
        let options = self.options;
        let session = self.outputs.logger.session();
        let header = CheckpointHeader {
            format: checkpoint::FORMAT,
            tool_version: session.tool_version.clone(),
            tree_library: crate::learning::forest::LIBRARY.to_owned(),
            session: session.id.clone(),
            requested: options.requested.clone(),
            training: options.training.clone(),
            data_sha256: self.data_sha256.clone(),
            progress: Progress {
                episode_state: episode_state.cloned(),
                schedule: self.progress.schedule.clone(),
                ..self.progress
            },
            episodes: session.episodes.clone(),
            metrics: session.metrics.clone(),
            symbols: session.symbols.clone(),
            trials: session.trials,
            walk_forward: session.walk_forward.clone(),
            logs: log_lengths(&options.layout)?,
        };
        checkpoint::write(&options.layout.training_state(), &header, self.learner.as_ref())?;
        // Curves that only the replaced checkpoint needed.
        let n_episodes = self.progress.n_episodes;
        let is_within = episode_state.is_some();
        self.remove_symbol_curves(if is_within { n_episodes + 1 } else { usize::MAX })?;
        self.checkpoint_duration = start.elapsed();
        self.last_checkpoint = Instant::now();
        Ok(())
    }

    /// Removes the symbols' curves of episodes before `episode`.
    fn remove_symbol_curves(&self, episode: usize) -> Result<()> {
        remove_symbol_curves(&self.options.layout, episode)
    }

    fn save_final_model(&mut self) -> Result<()> {
        if !self.learner.is_trained() {
            return Ok(());
        }
        let path = self.options.layout.final_model();
        let model = save::save(&self.model_context(), &path)?;
        info!("saved `{}`", model.path);
        self.outputs.logger.session_mut().model = Some(model);
        Ok(())
    }

    pub(super) fn model_context(&self) -> ModelContext<'_> {
        ModelContext {
            options: self.options,
            learner: self.learner.as_ref(),
            features: &self.features,
            bar_kind: &self.bar_kind,
            session: self.outputs.logger.session(),
        }
    }
}

/// Returns an untrained learner.
pub(super) fn new_learner(
    options: &TrainOptions,
    features: &FeatureSet,
) -> Result<Box<dyn Learner>> {
    let config = &options.training;
    let setup = LearnerSetup {
        n_features: features.n_features(),
        cost_per_exposure: config.environment.cost_per_exposure(),
        seed: config.seed,
    };
    config.model.learner(config, setup)
}
