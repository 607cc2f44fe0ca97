//! `logs/trades/equity.csv`: the out-of-sample equity of each bar; and
//! `train_equity.csv`: that of the last training episode, in sample.
//!
//! Columns: `time` (the bar's open, RFC 3339 in UTC), `equity` (the
//! agent's at the bar's close, in money), `exposure` (its position's
//! value as a multiple of equity, below 0 for a short), `buy_and_hold`
//! (the equity of buy-and-hold; empty in sample) and `close` (the
//! price). The last row is after the exit and its costs. Each evaluation
//! replaces the file atomically.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::account::environment::BarOutcome;
use crate::digest::sha256_of_file;
use crate::market::bars::Bar;
use crate::session::{LineFile, rename, time_of_ms};

/// Writes a curve to a temporary file, which replaces the final one.
pub(super) struct EquityCurve {
    path: PathBuf,
    temporary: PathBuf,
    lines: LineFile,
    last: Option<EquityPoint>,
}

/// One row of a curve.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct EquityPoint {
    pub(super) time_ms: i64,
    pub(super) agent: f64,
    pub(super) exposure: f64,
    pub(super) buy_and_hold: Option<f64>,
    pub(super) close: f64,
}

/// The position in a curve within an episode.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CurvePosition {
    /// Bytes written so far.
    pub(super) n_bytes: u64,
    sha256: String,
    /// The last row, which is not written yet.
    last: Option<EquityPoint>,
}

impl CurvePosition {
    /// Returns whether `path` holds exactly the rows up to this position.
    pub(super) fn is_of(&self, path: &Path) -> bool {
        sha256_of_file(path).is_ok_and(|digest| digest == self.sha256)
    }
}

impl EquityPoint {
    /// Returns the row of a training bar.
    pub(super) fn in_sample(bar: &Bar, outcome: &BarOutcome) -> Self {
        Self {
            time_ms: bar.time_ms,
            agent: outcome.equity,
            exposure: outcome.exposure,
            buy_and_hold: None,
            close: bar.close,
        }
    }
}

impl EquityCurve {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let temporary = path.with_extension("csv.tmp");
        // A killed run leaves an incomplete curve there.
        if temporary.exists() {
            fs::remove_file(&temporary)
                .with_context(|| format!("failed to remove `{}`", temporary.display()))?;
        }
        let mut lines = LineFile::append(&temporary)?;
        lines.push("time,equity,exposure,buy_and_hold,close")?;
        Ok(Self::of(path, lines, None))
    }

    /// Continues the curve from `position` if the temporary file holds
    /// its rows; otherwise creates a new one.
    pub(super) fn resume(path: &Path, position: Option<CurvePosition>) -> Result<Self> {
        let temporary = path.with_extension("csv.tmp");
        let Some(position) = position.filter(|position| position.is_of(&temporary)) else {
            return Self::create(path);
        };
        let lines = LineFile::append(&temporary)?;
        Ok(Self::of(path, lines, position.last))
    }

    fn of(path: &Path, lines: LineFile, last: Option<EquityPoint>) -> Self {
        let (path, temporary) = (path.to_owned(), lines.path().to_owned());
        Self { path, temporary, lines, last }
    }

    /// Returns the current position, for [`EquityCurve::resume`].
    pub(super) fn position(&mut self) -> Result<CurvePosition> {
        self.lines.flush()?;
        let n_bytes = fs::metadata(&self.temporary)
            .with_context(|| format!("failed to read `{}`", self.temporary.display()))?
            .len();
        Ok(CurvePosition { n_bytes, sha256: sha256_of_file(&self.temporary)?, last: self.last })
    }

    pub(super) fn push(&mut self, point: EquityPoint) -> Result<()> {
        if let Some(last) = self.last.replace(point) {
            self.write(&last)?;
        }
        Ok(())
    }

    /// Writes the last row with the equities after the exit, and replaces
    /// the earlier curve.
    pub(super) fn finish(mut self, agent: f64, buy_and_hold: Option<f64>) -> Result<()> {
        if let Some(last) = self.last {
            self.write(&EquityPoint { agent, buy_and_hold, ..last })?;
        }
        self.publish()
    }

    fn publish(&mut self) -> Result<()> {
        self.lines.sync()?;
        rename(&self.temporary, &self.path)
            .with_context(|| format!("failed to save `{}`", self.path.display()))
    }

    fn write(&mut self, point: &EquityPoint) -> Result<()> {
        let EquityPoint { time_ms, agent, exposure, buy_and_hold, close } = point;
        let hold = buy_and_hold.map(|equity| equity.to_string()).unwrap_or_default();
        let time = time_of_ms(*time_ms);
        self.lines.push(&format!("{time},{agent},{exposure},{hold},{close}"))
    }
}

impl Drop for EquityCurve {
    fn drop(&mut self) {
        // After a failed evaluation the file would take space on the disk
        // that sealing needs; a published one no longer exists.
        let _ = fs::remove_file(&self.temporary);
    }
}
