//! `logs/session.json`, format 1: settings, data and results of a run.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::metrics::Alarm;
use crate::config::{TrainingConfig, WalkForwardConfig};
use crate::market::bars::ReadReport;
use crate::session::audit::AuditRecord;
use crate::session::judgement::Judgement;
use crate::session::metrics::{MetricsRecord, SeedRecord};

/// The whole record of a run. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The format's number: 1.
    pub format: u32,
    /// The start in UTC as `YYYYMMDD_HHMMSS`.
    pub id: String,
    /// The status of the run.
    pub status: Status,
    /// Why it failed or was interrupted.
    pub reason: Option<String>,
    /// The trainer's version.
    pub tool_version: String,
    /// When the run began.
    pub started_at: String,
    /// When it ended; null while it runs.
    pub finished_at: Option<String>,
    /// The seed of everything random.
    pub seed: u64,
    /// The session that this one resumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_from: Option<ResumedRecord>,
    /// The bars; null until they were read once.
    pub data: Option<DataRecord>,
    /// The settings in force.
    pub config: ConfigRecord,
    /// Which bars train and which test; null until they were read once.
    pub split: Option<SplitRecord>,
    /// The windows of a walk forward. `metrics` are then those of one
    /// account that trades the test bars of all windows in a row; `split`,
    /// `judgement` and `model` are those of the last fit, to all bars, of
    /// which none test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_forward: Option<WalkForwardRecord>,
    /// The figures of each finished episode.
    pub episodes: Vec<EpisodeRecord>,
    /// The figures on the test bars, net of all costs.
    pub metrics: MetricsRecord,
    /// The results of all seeds, where several were tried, this one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<SeedRecord>,
    /// The figures of each symbol of a portfolio. `metrics` are then the
    /// portfolio's, which starts with equal cash in each symbol.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<SymbolRecord>,
    /// The number of trials, and the Sharpe ratio deflated by them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<TrialsRecord>,
    /// Implausible figures of `metrics` and `symbols`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<Alarm>,
    /// The result of `--audit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditRecord>,
    /// Whether an edge was found on the held-out training bars of the
    /// saved model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
    /// The saved model; null until there is one.
    pub model: Option<ModelRecord>,
}

/// The checkpoint from which a session was resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumedRecord {
    /// The id of the session that was interrupted.
    pub session: String,
    /// Its completed episodes.
    pub n_episodes: usize,
    /// Training bars it had seen, over all episodes.
    pub step: u64,
}

/// The status of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Running, or killed.
    Running,
    /// All episodes and the evaluation are done.
    Completed,
    /// Stopped by an error.
    Failed,
    /// Stopped by a signal, at the end of a batch.
    Interrupted,
}

/// The bars of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecord {
    /// The file, or `builtin:…`.
    pub source: String,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// Bars in all.
    pub n_bars: u64,
    /// The first bar's open.
    pub first: String,
    /// The last bar's open.
    pub last: String,
    /// The most common step between bars.
    pub interval_seconds: f64,
    /// Gaps between bars.
    pub n_gaps: u64,
    /// Bars missing in the gaps.
    pub n_missing_bars: u64,
    /// How the file was read.
    #[serde(default, rename = "understood", skip_serializing_if = "Option::is_none")]
    pub read_report: Option<ReadReport>,
}

/// The settings of a run, and their digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigRecord {
    /// SHA-256 of `training` as compact JSON.
    pub sha256: String,
    /// The settings in force: files and command-line flags.
    pub training: TrainingConfig,
}

/// The split of the bars by time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitRecord {
    /// The bars that train.
    pub train: SpanRecord,
    /// The bars between them, which only warm up the features.
    pub embargo: SpanRecord,
    /// The bars that test.
    pub test: SpanRecord,
}

/// Consecutive bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanRecord {
    /// The first bar's index in the file, counted from 0.
    pub first_bar_idx: u64,
    /// Bars in the span.
    pub n_bars: u64,
    /// The first bar's open.
    pub first: Option<String>,
    /// The last bar's open.
    pub last: Option<String>,
}

/// The settings of a walk forward and its finished windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalkForwardRecord {
    /// The settings.
    pub config: WalkForwardConfig,
    /// The windows that are finished, in order of time.
    pub windows: Vec<WindowRecord>,
}

/// One finished window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowRecord {
    /// Counted from 1.
    pub window: usize,
    /// Its bars; `embargo` holds the purged ones too.
    pub split: SplitRecord,
    /// The figures on its test bars; each window starts with the initial
    /// cash.
    pub metrics: MetricsRecord,
    /// Whether an edge was found on its held-out training bars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
    /// Its model; null when no bar could train one.
    pub model: Option<ModelRecord>,
}

/// The figures of one episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpisodeRecord {
    /// Counted from 1, over all windows.
    pub episode: usize,
    /// The window of a walk forward, counted from 1; the last fit has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Episodes after it that were skipped, since they would have repeated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_skipped: Option<usize>,
    /// Training bars seen in it.
    pub n_bars: u64,
    /// Batches ended in it.
    pub n_batches: usize,
    /// Net return on the training bars, as a fraction, in sample.
    pub train_reward: f64,
    /// Equity at its end on training bars, in money.
    pub train_equity: f64,
    /// Whether the account went bankrupt, which ends the episode.
    pub bankrupt: bool,
    /// The last refit's largest change of a value.
    pub max_abs_delta_q: Option<f64>,
    /// Net return on the test bars after it, as a fraction; null, as all
    /// figures of a test, in the last fit of a walk forward, which has none.
    pub test_net_return: Option<f64>,
    /// Annual Sharpe ratio on the test bars; null also where undefined.
    pub test_sharpe: Option<f64>,
    /// Largest loss from a peak on the test bars, as a fraction.
    pub test_max_drawdown: Option<f64>,
    /// Trades on the test bars.
    pub test_n_trades: Option<u64>,
    /// Seconds it took.
    pub seconds: f64,
}

/// One symbol of a portfolio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymbolRecord {
    /// Its name.
    pub symbol: String,
    /// Its bars in all.
    pub n_bars: u64,
    /// Which of them train and which test.
    pub split: SplitRecord,
    /// The figures of its account on its test bars, net of all costs.
    pub metrics: MetricsRecord,
}

/// The agent's Sharpe ratio among the trials on the same test bars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialsRecord {
    /// Sessions tested on these bars, this one included.
    pub n_trials: u64,
    /// The earlier ones among them, from the ledger of trials.
    pub n_archived: u64,
    /// Earlier sessions that were tested on other bars; not counted.
    pub n_on_other_bars: u64,
    /// The variance (ddof 1) of the trials' Sharpe ratios per bar, not
    /// per year; an undefined ratio counts as 0. 0 for one trial.
    pub variance: f64,
    /// The annual Sharpe ratio that the best of `n_trials` would be
    /// expected to show if none had skill; 0 for one trial.
    pub expected_best_sharpe: Option<f64>,
    /// The deflated Sharpe ratio (Bailey and López de Prado 2014): the
    /// probability that the agent's true ratio is above that; null where
    /// its Sharpe ratio is undefined.
    pub deflated_sharpe: Option<f64>,
}

/// A saved model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRecord {
    /// Its path in the workspace, with `/`.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
