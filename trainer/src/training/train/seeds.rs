//! The same training with other seeds, so that no figure hangs on one.
//!
//! Each is judged on the same test bars in a folder of its own, which goes
//! again: of it only the figures stay.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use tracing::info;
use tracing::subscriber::{NoSubscriber, with_default};

use crate::account::metrics::Performance;
use crate::config::TrainingConfig;
use crate::session::{Layout, SeedRecord, Session, TradeLogger};

use super::options::TrainOptions;
use super::outputs::RunOutputs;
use super::requested::RequestedSettings;
use super::training_data::TrainingData;
use super::training_run::TrainingRun;
use super::trials::EarlierTrials;

/// Seeds where the settings leave their number open.
const N_SEEDS_DEFAULT: usize = 3;
/// So many steps may a training take that others follow unasked: some
/// ten seconds on two cores.
const N_STEPS_UNASKED_MAX: u64 = 2_000_000;

/// Trains with the seeds after the session's own, as many as the settings
/// want or, where they say nothing and it is a short training, two; adds
/// what all came to. A stop ends it.
pub(super) fn add(
    options: &TrainOptions,
    training_data: &TrainingData,
    session: &mut Session,
) -> Result<()> {
    let n_steps = training_data.n_training_bars() * options.training.total_episodes as u64;
    let unasked = if n_steps <= N_STEPS_UNASKED_MAX { N_SEEDS_DEFAULT } else { 1 };
    let n_seeds = options.training.seeds.unwrap_or(unasked);
    let Some(agent) = session.metrics.agent.clone() else { return Ok(()) };
    let own = options.training.seed;
    let mut seeds = vec![SeedRecord { seed: own, agent }];
    let folder = options.layout.seeds();
    for seed in (own + 1..).take(n_seeds.saturating_sub(1)) {
        if options.stop.is_raised() {
            break;
        }
        remove(&folder)?;
        let of_seed = options_of(options, &folder, seed);
        let found =
            with_default(NoSubscriber::default(), || judge(&of_seed, training_data, session));
        let found = found.with_context(|| format!("failed to train with the seed {seed}"));
        remove(&folder)?;
        if let Some(agent) = found?.filter(|_| !options.stop.is_raised()) {
            info!("seed {seed}: test net return {:+.2} %", agent.net_return * 100.0);
            seeds.push(SeedRecord { seed, agent });
        }
    }
    if seeds.len() > 1 {
        session.seeds = seeds;
    }
    Ok(())
}

/// Returns the options of a training that leaves nothing but figures.
fn options_of(options: &TrainOptions, folder: &Path, seed: u64) -> TrainOptions {
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

/// Trains on the bars of `session` as `options` say, but for the last fit,
/// and returns what the agent earned on the test bars.
fn judge(
    options: &TrainOptions,
    training_data: &TrainingData,
    session: &Session,
) -> Result<Option<Performance>> {
    options.layout.create()?;
    let mut logger = TradeLogger::start(&options.session())?;
    logger.session_mut().data.clone_from(&session.data);
    let outputs = RunOutputs::open(options, &mut logger)?;
    TrainingRun::new(options, training_data.without_last_fit(), outputs)?.run()?;
    Ok(logger.session().metrics.agent.clone())
}

fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("failed to remove `{}`", folder.display()))
}
