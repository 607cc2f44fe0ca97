//! Repeats a training with other seeds, to show the spread of its
//! figures.
//!
//! Each seed is trained in a temporary folder and evaluated on the same
//! test bars; only its figures are kept.

use std::path::Path;

use anyhow::{Context as _, Result};
use tracing::subscriber::{NoSubscriber, with_default};
use tracing::{info, warn};

use crate::account::metrics::Performance;
use crate::config::{RequestedSettings, TrainingConfig};
use crate::session::{Layout, SeedRecord, Session, SessionLogger, remove_folder};

use super::options::TrainOptions;
use super::outputs::RunOutputs;
use super::training_data::TrainingData;
use super::training_run::TrainingRun;
use super::trials::EarlierTrials;

/// Number of seeds where the settings do not say.
const N_SEEDS_DEFAULT: usize = 3;
/// Longest training that is repeated by default: some ten seconds on two
/// cores.
const N_STEPS_DEFAULT_MAX: u64 = 2_000_000;

/// Trains with the seeds that follow the session's own and adds the
/// figures of all to `session`. Their number is in the settings; by
/// default only a short training is repeated. A stop signal ends this.
pub(super) fn add(
    options: &TrainOptions,
    training_data: &TrainingData,
    session: &mut Session,
) -> Result<()> {
    let n_steps = training_data.n_training_bars() * options.training.total_episodes as u64;
    let n_seeds_default = if n_steps <= N_STEPS_DEFAULT_MAX { N_SEEDS_DEFAULT } else { 1 };
    let n_seeds = options.training.seeds.unwrap_or(n_seeds_default);
    let Some(agent) = session.metrics.agent.clone() else { return Ok(()) };
    let own = options.training.seed;
    let mut seeds = vec![SeedRecord { seed: own, agent }];
    let folder = options.layout.seeds();
    for seed in (own + 1..).take(n_seeds.saturating_sub(1)) {
        if options.stop.is_raised() {
            break;
        }
        remove_folder(&folder)?;
        let options_of_seed = seed_options(options, &folder, seed);
        let agent = with_default(NoSubscriber::default(), || {
            train_and_evaluate(&options_of_seed, training_data, session)
        });
        let agent = agent.with_context(|| format!("failed to train with the seed {seed}"));
        remove_folder(&folder)?;
        if let Some(agent) = agent?.filter(|_| !options.stop.is_raised()) {
            info!("seed {seed}: test net return {:+.2} %", agent.net_return * 100.0);
            seeds.push(SeedRecord { seed, agent });
        }
    }
    if options.stop.is_raised() && seeds.len() < n_seeds {
        warn!("stopped by a signal: {} of {n_seeds} seeds are judged", seeds.len());
    }
    if seeds.len() > 1 {
        session.seeds = seeds;
    }
    Ok(())
}

/// Returns the options of a training with `seed` in `folder`, without
/// logs and checkpoints.
fn seed_options(options: &TrainOptions, folder: &Path, seed: u64) -> TrainOptions {
    let training = TrainingConfig {
        seed,
        enable_trade_logging: false,
        enable_trade_tracing: false,
        enable_tensorboard: false,
        checkpoint_every_episodes: 0,
        ..options.training.clone()
    };
    TrainOptions {
        layout: Layout::new(folder),
        training,
        stop: options.stop.clone(),
        requested: RequestedSettings::default(),
        earlier_trials: EarlierTrials::default(),
        resume: None,
        commit: None,
        ..*options
    }
}

/// Trains without the last fit on the bars of `session`, and returns the
/// agent's performance on the test bars.
fn train_and_evaluate(
    options: &TrainOptions,
    training_data: &TrainingData,
    session: &Session,
) -> Result<Option<Performance>> {
    options.layout.create()?;
    let mut logger = SessionLogger::start(&options.session())?;
    logger.session_mut().data.clone_from(&session.data);
    let outputs = RunOutputs::open(options, &mut logger)?;
    TrainingRun::new(options, training_data.without_last_fit(), outputs)?.run()?;
    Ok(logger.session().metrics.agent.clone())
}
