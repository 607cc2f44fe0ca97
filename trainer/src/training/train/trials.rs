//! Counts earlier trials, and deflates the Sharpe ratio accordingly.
//!
//! The best of many trials looks good by luck alone. A trial is a
//! session evaluated on the same test bars, the current one included.
//! One that never traded has no Sharpe ratio and counts as 0: it earned
//! the risk-free rate, and could have been selected.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::account::metrics::{SharpeSample, Trials};
use crate::session::TrialsRecord;

/// Earlier evaluated sessions, from the ledger beside the archives.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierTrials {
    format: u32,
    trials: Vec<EarlierTrial>,
}

/// One evaluated session.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct EarlierTrial {
    /// The archive of the session; empty without one.
    #[serde(rename = "archive")]
    _archive: String,
    config_sha256: Option<String>,
    data_sha256: String,
    /// Number of test bars with a return.
    n_bars: u64,
    /// Per bar, not per year; null where undefined.
    sharpe: Option<f64>,
}

/// The current session, as it is compared with trials.
pub(super) struct CurrentSession<'a> {
    pub(super) config_sha256: &'a str,
    pub(super) data_sha256: &'a str,
    pub(super) n_bars: u64,
    pub(super) periods_per_year: f64,
    /// Its Sharpe ratio per bar; `None` where undefined.
    pub(super) sample: Option<SharpeSample>,
}

impl EarlierTrials {
    /// Reads the trials at `path`: `{"format": 1, "trials": […]}`, each
    /// with `archive`, `config_sha256`, `data_sha256`, `n_bars` and
    /// `sharpe` (per bar, or null).
    pub fn load(path: &Path) -> Result<Self> {
        let read = || {
            let trials: Self = serde_json::from_slice(&fs::read(path)?)?;
            ensure!(trials.format == 1, "it has format {}; this reads 1", trials.format);
            Ok(trials)
        };
        read().with_context(|| format!("failed to read the trials `{}`", path.display()))
    }

    /// Returns the record of all trials up to `current`.
    pub(super) fn count(&self, current: &CurrentSession<'_>) -> TrialsRecord {
        let is_other_session = |trial: &&EarlierTrial| {
            trial.data_sha256 != current.data_sha256
                || trial.config_sha256.as_deref() != Some(current.config_sha256)
        };
        let is_on_these_bars = |trial: &EarlierTrial| {
            trial.data_sha256 == current.data_sha256 && trial.n_bars == current.n_bars
        };
        let others: Vec<_> = self.trials.iter().filter(is_other_session).collect();
        let same: Vec<_> = others.iter().filter(|trial| is_on_these_bars(trial)).collect();
        let own = current.sample.map(|sample| sample.sharpe);
        let sharpes = same.iter().map(|trial| trial.sharpe).chain([own]);
        let sharpes: Vec<f64> = sharpes.map(Option::unwrap_or_default).collect();
        let trials = Trials { n: sharpes.len() as u64, variance: variance(&sharpes) };
        let deflated = current.sample.and_then(|sample| sample.deflated(&trials));
        TrialsRecord {
            n_trials: trials.n,
            n_archived: same.len() as u64,
            n_on_other_bars: (others.len() - same.len()) as u64,
            variance: trials.variance,
            expected_best_sharpe: trials
                .expected_best()
                .map(|best| best * current.periods_per_year.sqrt()),
            deflated_sharpe: deflated,
        }
    }
}

/// Returns the variance (ddof 1); 0 for fewer than two values.
fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}
