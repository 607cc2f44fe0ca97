//! The result of `train --audit`, in `session.json`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The verdicts of an audit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRecord {
    /// The number of further trainings.
    pub n_trainings: u64,
    /// One per check, in the order of the checks.
    pub verdicts: Vec<AuditVerdict>,
}

/// The verdict of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditVerdict {
    /// `filled_1_bar_later`, `filled_2_bars_later`,
    /// `filled_4_bars_later`, `costs_doubled`, `placebo`,
    /// `shuffled_bars` or `prices_rescaled`.
    pub name: String,
    /// The result of the check.
    pub verdict: AuditStatus,
    /// The observation, as text.
    pub finding: String,
    /// Net return of the changed run, as a fraction; null where there is
    /// no single one.
    pub net_return: Option<f64>,
    /// Its annual Sharpe ratio; null where undefined.
    pub sharpe: Option<f64>,
    /// Only for `placebo`.
    pub p_value: Option<f64>,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditStatus {
    /// The check supports the figures.
    Passed,
    /// The check refutes the figures.
    Failed,
    /// There is nothing to check.
    Undecided,
}

impl AuditRecord {
    /// Whether a check failed.
    pub fn has_failed(&self) -> bool {
        self.verdicts.iter().any(|verdict| verdict.verdict == AuditStatus::Failed)
    }
}

impl fmt::Display for AuditStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Undecided => "undecided",
        })
    }
}
