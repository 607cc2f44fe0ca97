//! Settings of the command line, which override the settings file.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::config::WindowMode;
use crate::market::bars::BarsConfig;

/// Settings of the command line; an absent one keeps the file's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// Replaces `data`.
    pub data: Option<String>,
    /// Replaces `total_episodes`.
    pub episodes: Option<NonZeroUsize>,
    /// Replaces `steps_per_batch`.
    pub steps_per_batch: Option<NonZeroUsize>,
    /// Replaces `seed`.
    pub seed: Option<u64>,
    /// Replaces `seeds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<NonZeroUsize>,
    /// Replaces `threads`.
    pub threads: Option<usize>,
    /// Replaces `walk_forward.windows`; 0: a single split.
    pub windows: Option<usize>,
    /// Replaces `walk_forward.mode`.
    pub window_mode: Option<WindowMode>,
    /// Replaces settings of `bars`.
    #[serde(default, skip_serializing_if = "BarsConfig::is_default")]
    pub bars: BarsConfig,
}

impl Overrides {
    /// Returns these overrides and, where absent, those of `earlier`.
    #[must_use]
    pub fn or(self, earlier: &Self) -> Self {
        Self {
            data: self.data.or_else(|| earlier.data.clone()),
            episodes: self.episodes.or(earlier.episodes),
            steps_per_batch: self.steps_per_batch.or(earlier.steps_per_batch),
            seed: self.seed.or(earlier.seed),
            seeds: self.seeds.or(earlier.seeds),
            threads: self.threads.or(earlier.threads),
            windows: self.windows.or(earlier.windows),
            window_mode: self.window_mode.or(earlier.window_mode),
            bars: earlier.bars.clone().with(&self.bars),
        }
    }
}

/// The origin of the settings of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedSettings {
    /// The settings of the command line.
    pub overrides: Overrides,
    /// Whether `--default` disabled the configuration files.
    pub is_default: bool,
}
