//! What a training run does: `config/training_config.json`.

use std::num::NonZeroUsize;

use serde::{Deserialize, Deserializer, Serialize};

use crate::account::environment::EnvironmentConfig;
use crate::config::{
    AgentConfig, ConfigFile, FieldError, ModelKind, ModelSettings, Overrides, WalkForwardConfig,
};
use crate::field::{check_counts, check_numbers};
use crate::market::bars::BarsConfig;
use crate::market::features::FeaturesConfig;

/// The bars that ship inside the program.
pub const BUILTIN_DATA: &str = "builtin:btcusd_30m";

/// The settings of a training run.
///
/// Every key may be left out: it then has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// Where an editor finds the schema of this file; not a setting.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,

    /// Bars in a batch; after each batch the agent refits.
    /// Unit: bars. Range: 1 to 1,000,000. Default: 1000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub steps_per_batch: usize,

    /// Passes over the training bars. Those that would repeat the one
    /// before, since nothing is left to learn, are skipped.
    /// Unit: episodes. Range: 1 to 100,000. Default: 10.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100_000)))]
    pub total_episodes: usize,

    /// Writes `logs/trades/trade_execution.log`, a line a trade.
    /// Default: true.
    pub enable_trade_logging: bool,

    /// Writes `logs/trades/trade_traces_*.jsonl`, a JSON event a line.
    /// Default: true.
    pub enable_trade_tracing: bool,

    /// Writes `logs/tensorboard/events.out.tfevents.*`.
    /// Default: true.
    pub enable_tensorboard: bool,

    /// The bars: CSV (packed or not), JSON or Parquet, or a folder with a
    /// file for each symbol, or folders of parts of it, relative to the
    /// workspace, but no pipe; or `builtin:btcusd_30m`, which ships inside
    /// the program.
    /// Default: `builtin:btcusd_30m`.
    pub data: String,

    /// How the files of bars are read, where that is ambiguous.
    #[serde(skip_serializing_if = "BarsConfig::is_default")]
    pub bars: BarsConfig,

    /// The first part of the bars, which trains; the rest, after the
    /// embargo, tests. Unit: fraction of the bars. Range: 0.05 to 0.95.
    /// Default: 0.8.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.05, max = 0.95)))]
    pub train_ratio: f64,

    /// The last part of the bars, which is neither trained nor tested on:
    /// all other settings divide the bars before it. A sweep keeps it for
    /// its one test. Unit: fraction of the bars. Range: 0 to 0.95.
    /// Default: 0.
    // Omitted at its default, as `keep_checkpoints`.
    #[serde(skip_serializing_if = "is_zero_share")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 0.95)))]
    pub holdout_ratio: f64,

    /// Bars left out between training and test, so that no training
    /// reward depends on a test bar. Unit: bars. Range: 2 to 1,000,000.
    /// Default: 48.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 1_000_000)))]
    pub embargo_bars: usize,

    /// The seed of everything random: equal seeds give equal models.
    /// Range: 0 to 9,007,199,254,740,991. Default: 42.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 9_007_199_254_740_991_u64)))]
    pub seed: u64,

    /// The number of seeds that the training is repeated with: `seed` and
    /// those that follow it, of which only the figures are kept. Null: 3
    /// where a training takes at most 2,000,000 steps (its bars, of all
    /// windows, times its episodes), else 1. Range: 1 to 1000. Default:
    /// null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000)))]
    pub seeds: Option<usize>,

    /// Threads that fit and predict; 0 or null takes all cores. The
    /// model is the same for any number. Range: 0 to 1024. Default: 0.
    #[serde(deserialize_with = "null_is_zero")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<usize>", range(min = 0, max = 1024)))]
    pub threads: usize,

    /// Saves the model under `models/checkpoints/` each time this many
    /// episodes are over; 0 saves none. Unit: episodes. Range: 0 to 100,000.
    /// Default: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100_000)))]
    pub checkpoint_every_episodes: usize,

    /// Keeps only this many of these models, the last ones; 0 keeps all.
    /// Range: 0 to 100,000. Default: 0.
    // Omitted at its default, so that the digest of settings is that of
    // versions without it.
    #[serde(skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100_000)))]
    pub keep_checkpoints: usize,

    /// The kind of model to train: `fitted_q`, which looks ahead, or
    /// `forecast`, which trades by a forecast of the next bar's return.
    /// Default: `fitted_q`.
    pub model: ModelKind,

    /// Training and judging again on later and later bars.
    pub walk_forward: WalkForwardConfig,

    /// What the learner sees of each bar.
    pub features: FeaturesConfig,

    /// The account, the costs and the limits.
    pub environment: EnvironmentConfig,

    /// The learner of `fitted_q`; its exposures are every kind's.
    pub agent: AgentConfig,

    /// The learners of the other kinds.
    pub models: ModelSettings,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            schema: None,
            steps_per_batch: 1000,
            total_episodes: 10,
            enable_trade_logging: true,
            enable_trade_tracing: true,
            enable_tensorboard: true,
            data: BUILTIN_DATA.to_owned(),
            bars: BarsConfig::default(),
            train_ratio: 0.8,
            holdout_ratio: 0.0,
            embargo_bars: 48,
            seed: 42,
            seeds: None,
            threads: 0,
            checkpoint_every_episodes: 1,
            keep_checkpoints: 0,
            model: ModelKind::default(),
            walk_forward: WalkForwardConfig::default(),
            features: FeaturesConfig::default(),
            environment: EnvironmentConfig::default(),
            agent: AgentConfig::default(),
            models: ModelSettings::default(),
        }
    }
}

impl TrainingConfig {
    /// Returns these settings with those of `overrides` in their place.
    #[must_use]
    pub fn with(mut self, overrides: &Overrides) -> Self {
        if let Some(data) = &overrides.data {
            self.data.clone_from(data);
        }
        if let Some(episodes) = overrides.episodes {
            self.total_episodes = episodes.get();
        }
        if let Some(steps) = overrides.steps_per_batch {
            self.steps_per_batch = steps.get();
        }
        self.seed = overrides.seed.unwrap_or(self.seed);
        self.seeds = overrides.seeds.map(NonZeroUsize::get).or(self.seeds);
        self.threads = overrides.threads.unwrap_or(self.threads);
        self.bars = self.bars.with(&overrides.bars);
        let walk = &mut self.walk_forward;
        walk.windows = overrides.windows.or(walk.windows);
        walk.mode = overrides.window_mode.unwrap_or(walk.mode);
        self
    }

    /// Checks that the account can hold the agent's exposures.
    fn validate_exposures(&self) -> Result<(), FieldError> {
        let exposures = &self.agent.exposures;
        let refuse =
            |expected| Err(FieldError::new("agent.exposures", format!("{exposures:?}"), expected));
        if exposures.iter().any(|exposure| !(-1.0..=1.0).contains(exposure)) {
            return refuse(
                "a list of numbers from -1 to 1; `environment.leverage` multiplies them",
            );
        }
        if !self.environment.allow_short && exposures.iter().any(|exposure| *exposure < 0.0) {
            return refuse("without numbers below 0 while `environment.allow_short` is false");
        }
        Ok(())
    }

    fn validate_run(&self) -> Result<(), FieldError> {
        let counts = [
            ("steps_per_batch", self.steps_per_batch as u64, 1..=1_000_000),
            ("total_episodes", self.total_episodes as u64, 1..=100_000),
            ("embargo_bars", self.embargo_bars as u64, 2..=1_000_000),
            ("seed", self.seed, 0..=9_007_199_254_740_991),
            ("seeds", self.seeds.unwrap_or(1) as u64, 1..=1000),
            ("threads", self.threads as u64, 0..=1024),
            ("checkpoint_every_episodes", self.checkpoint_every_episodes as u64, 0..=100_000),
            ("keep_checkpoints", self.keep_checkpoints as u64, 0..=100_000),
        ];
        check_counts("", &counts)?;
        let shares = [
            ("train_ratio", self.train_ratio, 0.05..=0.95, "from 0.05 to 0.95"),
            ("holdout_ratio", self.holdout_ratio, 0.0..=0.95, "from 0 to 0.95"),
        ];
        check_numbers("", &shares)?;
        if self.data.trim().is_empty() {
            return Err(FieldError::new("data", "empty", "a file's path or `builtin:btcusd_30m`"));
        }
        Ok(())
    }
}

impl ConfigFile for TrainingConfig {
    /// Checks every setting against its range.
    fn validate(&self) -> Result<(), FieldError> {
        self.validate_run()?;
        self.bars.validate()?;
        self.walk_forward.validate()?;
        self.features.validate()?;
        self.environment.validate().map_err(|e| within("environment", e))?;
        self.agent.validate().map_err(|e| within("agent", e))?;
        self.models.validate().map_err(|e| within("models", e))?;
        self.validate_exposures()
    }
}

/// Puts `section` before the field, unless the callee has.
fn within(section: &str, mut error: FieldError) -> FieldError {
    if !error.field.starts_with(&format!("{section}.")) {
        error.field = format!("{section}.{}", error.field);
    }
    error
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero_share(share: &f64) -> bool {
    *share == 0.0
}

fn null_is_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    Ok(Option::<usize>::deserialize(deserializer)?.unwrap_or(0))
}
