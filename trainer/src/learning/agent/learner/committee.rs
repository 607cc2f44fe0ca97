//! The committee of fits whose averaged values a policy trades by.

use serde::{Deserialize, Serialize};

use crate::learning::judgement::Judgement;

/// The result of a judgement, and how much of the committee is fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Committee {
    pub(super) judgement: Judgement,
    /// The settings that the members use in turn; empty where nothing is
    /// worth trading.
    #[serde(rename = "ways")]
    pub(super) settings: Vec<CandidateSettings>,
    /// The mean margin of the selected candidates, as a fraction of
    /// equity per unit of exposure; none where there are none.
    pub(super) margin: Option<f64>,
    /// Remembered bars at the judgement.
    pub(super) n_rows: usize,
    /// Members fitted so far.
    pub(super) n_members: usize,
}

/// Settings of a fit that are selected on held-out bars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CandidateSettings {
    pub(super) min_samples_leaf: usize,
    pub(super) n_backups: usize,
}
