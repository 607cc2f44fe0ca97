//! The results of the checks.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::wording::counted;

/// The results of all checks: the JSON document, format 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeakReport {
    /// The format version: 1.
    pub format: u32,
    /// Whether every check passed.
    pub is_clean: bool,
    /// The file, or `builtin:…`.
    pub source: String,
    /// SHA-256 of the file's bytes.
    pub data_sha256: String,
    /// The number of bars checked, the latest ones.
    pub n_bars: u64,
    /// The number of features.
    pub n_features: u64,
    /// Episodes of each training.
    pub n_episodes: u64,
    /// The random seed.
    pub seed: u64,
    /// The checks, in the order in which they ran.
    pub checks: Vec<LeakCheck>,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeakCheck {
    /// `prefix_invariance`, `later_bars_changed`, `shuffled_labels` or,
    /// of further columns, `column_foresight`.
    pub name: &'static str,
    /// The symbol; null where there is a single series.
    pub symbol: Option<String>,
    /// Whether it found no leak.
    pub is_passed: bool,
    /// A description of the result.
    pub finding: String,
    /// The runs of `shuffled_labels`; empty for other checks.
    pub shuffled_runs: Vec<ShuffledRun>,
}

/// The out-of-sample performance on shuffled bars, net of costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShuffledRun {
    /// Net return, as a fraction.
    pub net_return: f64,
    /// The number of closed trades.
    pub n_trades: u64,
    /// Annual Sharpe ratio; null where undefined.
    pub sharpe: Option<f64>,
    /// Lower end of its 95 % interval; null where undefined.
    pub sharpe_low: Option<f64>,
    /// Upper end of its 95 % interval; null where undefined.
    pub sharpe_high: Option<f64>,
}

impl LeakCheck {
    pub(super) fn passed(name: &'static str, finding: String) -> Self {
        Self { name, symbol: None, is_passed: true, finding, shuffled_runs: Vec::new() }
    }

    pub(super) fn failed(name: &'static str, finding: String) -> Self {
        Self { name, symbol: None, is_passed: false, finding, shuffled_runs: Vec::new() }
    }
}

impl fmt::Display for ShuffledRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.sharpe, self.sharpe_low, self.sharpe_high) {
            (Some(sharpe), Some(low), Some(high)) => {
                write!(f, "{sharpe:.2} ({low:.2} .. {high:.2})")
            }
            _ => f.write_str("undefined (no trade)"),
        }
    }
}

/// Returns the report as human-readable text.
pub fn leak_table(report: &LeakReport) -> String {
    let LeakReport { source, n_bars, n_features, .. } = report;
    let mut text = format!(
        "{} on the latest {} of {source}\n\n",
        counted(*n_features, "feature"),
        counted(*n_bars, "bar")
    );
    for check in &report.checks {
        let result = if check.is_passed { "passed" } else { "LEAK" };
        let name = check.name.replace('_', " ");
        let symbol = check.symbol.as_ref().map(|symbol| format!("{symbol}: ")).unwrap_or_default();
        let _ = writeln!(text, "{name:<20} {result:<8} {symbol}{}", check.finding);
    }
    let conclusion = if report.is_clean {
        "No leak was found."
    } else {
        "There is a leak: figures of this training would be too good to be true."
    };
    let _ = writeln!(text, "\n{conclusion}");
    text
}
