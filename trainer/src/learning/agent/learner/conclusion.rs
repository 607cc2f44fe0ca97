//! What the end of an episode found.

use serde::{Deserialize, Serialize};

use crate::learning::judgement::Judgement;

/// How an episode ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conclusion {
    pub(super) judgement: Judgement,
    /// How the members learn, in turn; none: flat.
    pub(super) ways: Vec<Way>,
    /// The mean margin of the candidates that are as good as the best.
    pub(super) margin: Option<f64>,
    /// Remembered bars that it is of.
    pub(super) n_rows: usize,
    pub(super) n_members: usize,
}

/// A way to learn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Way {
    pub(super) min_samples_leaf: usize,
    pub(super) n_backups: usize,
}
