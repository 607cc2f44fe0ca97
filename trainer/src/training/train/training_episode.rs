//! The state and figures of the training part of an episode.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::account::environment::{BarOutcome, EnvironmentConfig};
use crate::account::metrics::Simulation;
use crate::learning::RefitStats;
use crate::session::EpisodeRecord;
use crate::session::tensorboard::Histogram;

use super::curve::CurvePosition;
use super::evaluation_result::EvaluationResult;

/// The state of an episode on one symbol, between two bars.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EpisodeState {
    #[serde(rename = "lesson")]
    pub(super) training_episode: TrainingEpisode,
    #[serde(rename = "meter")]
    pub(super) equity_tracker: EquityTracker,
    pub(super) simulation: Simulation,
    /// The position in the equity curve; set when the state is saved.
    pub(super) curve: Option<CurvePosition>,
    /// The profits of closed trades, if any; set when the state is saved.
    pub(super) trades: Option<Histogram>,
}

impl EpisodeState {
    pub(super) fn new(config: &EnvironmentConfig) -> Result<Self> {
        let simulation = Simulation::new(config, None)?;
        let equity_tracker = EquityTracker::new(config.initial_cash);
        Ok(Self {
            training_episode: TrainingEpisode::default(),
            equity_tracker,
            simulation,
            curve: None,
            trades: None,
        })
    }
}

/// The figures of the training part of an episode.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainingEpisode {
    pub(super) n_bars: u64,
    /// Counted from 1; 0 before the first.
    pub(super) last_batch: usize,
    pub(super) net_return: f64,
    pub(super) equity: f64,
    pub(super) is_bankrupt: bool,
    pub(super) last_backup: Option<RefitStats>,
    pub(super) is_cut_short: bool,
}

impl TrainingEpisode {
    /// Adds the figures of the next symbol.
    pub(super) fn add(&mut self, other: &Self) {
        self.n_bars += other.n_bars;
        self.last_batch = other.last_batch;
        self.net_return += other.net_return;
        self.equity += other.equity;
        self.is_bankrupt |= other.is_bankrupt;
        self.last_backup = other.last_backup.or(self.last_backup);
        self.is_cut_short |= other.is_cut_short;
    }

    /// Turns the sums over `n_symbols` symbols into their mean, the
    /// portfolio's.
    pub(super) fn average(&mut self, n_symbols: usize) {
        self.net_return /= n_symbols.max(1) as f64;
        self.equity /= n_symbols.max(1) as f64;
    }
}

/// Tracks the equity of an episode, for TensorBoard.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EquityTracker {
    pub(super) equity: f64,
    peak: f64,
    pub(super) batch_start: f64,
}

impl EquityTracker {
    pub(super) fn new(equity: f64) -> Self {
        Self { equity, peak: equity, batch_start: equity }
    }

    pub(super) fn push(&mut self, outcome: &BarOutcome) {
        self.equity = outcome.equity;
        self.peak = self.peak.max(outcome.equity);
    }

    pub(super) fn drawdown(&self) -> f64 {
        1.0 - self.equity / self.peak
    }

    pub(super) fn batch_return(&self) -> f64 {
        self.equity / self.batch_start - 1.0
    }
}

impl TrainingEpisode {
    /// Returns the record of `episode`, which took `seconds`.
    pub(super) fn record(
        &self,
        episode: usize,
        result: Option<&EvaluationResult>,
        seconds: f64,
    ) -> EpisodeRecord {
        let agent = result.map(|result| &result.agent);
        EpisodeRecord {
            episode,
            window: None,
            n_skipped: None,
            n_bars: self.n_bars,
            n_batches: self.last_batch,
            train_reward: self.net_return,
            train_equity: self.equity,
            bankrupt: self.is_bankrupt,
            max_abs_delta_q: self.last_backup.map(|backup| backup.max_abs_delta_q),
            test_net_return: agent.map(|agent| agent.net_return),
            test_sharpe: agent.and_then(|agent| agent.sharpe),
            test_max_drawdown: agent.map(|agent| agent.max_drawdown),
            test_n_trades: agent.map(|agent| agent.n_trades),
            seconds,
        }
    }
}
