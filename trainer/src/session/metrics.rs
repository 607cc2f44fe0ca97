//! The figures of the agent, its benchmarks, its decisions filled
//! otherwise and other seeds, in `session.json`.

use serde::{Deserialize, Serialize};

use crate::account::metrics::Performance;

/// The figures of the agent and of what it is compared with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsRecord {
    /// The trained agent.
    pub agent: Option<Performance>,
    /// Buys at the first test bar and holds.
    pub buy_and_hold: Option<Performance>,
    /// Stays in cash.
    pub never_trade: Option<Performance>,
    /// Holds a constant long exposure with the agent's volatility: 0 where
    /// the agent did not trade. Only of a whole session, as the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant_exposure: Option<Performance>,
    /// The agent's decisions, each filled one bar later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled_1_bar_later: Option<Performance>,
    /// The agent's decisions at twice the costs; `None` where these would
    /// be out of range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs_doubled: Option<Performance>,
}

/// The result of the same training with another seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRecord {
    /// The seed.
    pub seed: u64,
    /// The agent's figures on the same test bars.
    pub agent: Performance,
}
