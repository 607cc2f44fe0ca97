//! What the checks found.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::wording::counted;

/// What the checks found: the JSON document, format 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeakReport {
    /// 1.
    pub format: u32,
    /// Whether every check passed.
    pub is_clean: bool,
    /// The file, or `builtin:…`.
    pub source: String,
    /// SHA-256 of the file's bytes.
    pub data_sha256: String,
    /// The latest bars, which were checked.
    pub n_bars: u64,
    /// Features of a row.
    pub n_features: u64,
    /// Passes over the training bars in each training.
    pub n_episodes: u64,
    /// The seed of everything random.
    pub seed: u64,
    /// The checks, in the order in which they were made.
    pub checks: Vec<LeakCheck>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeakCheck {
    /// `prefix_invariance`, `later_bars_changed`, `shuffled_labels` or,
    /// of further columns, `column_foresight`.
    pub name: &'static str,
    /// The symbol, where there are several; else null.
    pub symbol: Option<String>,
    /// Whether it found no leak.
    pub is_passed: bool,
    /// What it saw.
    pub finding: String,
    /// The runs of `shuffled_labels`; empty in the others.
    pub shuffled_runs: Vec<ShuffledRun>,
}

/// What was earned out of sample on shuffled bars, net of costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShuffledRun {
    /// Net return, as a fraction.
    pub net_return: f64,
    /// Trades closed.
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

/// Returns the report for a person to read.
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
    let leak_check = if report.is_clean {
        "No leak was found."
    } else {
        "There is a leak: figures of this training would be too good to be true."
    };
    let _ = writeln!(text, "\n{leak_check}");
    text
}
