//! `logs/trades/equity.csv`: the out-of-sample equity of each bar; and
//! `train_equity.csv`: that of the last lesson, in sample.
//!
//! Columns: `time` (the bar's open, RFC 3339 in UTC), `equity` (the
//! agent's at the bar's close, in money), `exposure` (its position's
//! value as a multiple of equity, below 0 for a short), `buy_and_hold`
//! (that rule's equity; empty in sample) and `close` (the price). The last row is after
//! the exit and its costs. A new evaluation replaces the file whole.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::account::environment::BarOutcome;
use crate::digest::sha256_of_file;
use crate::market::bars::Bar;
use crate::session::{LineFile, TimeWriter, rename};

/// Writes the curve of one evaluation beside the final name.
pub(super) struct EquityCurve {
    path: PathBuf,
    temporary: PathBuf,
    lines: LineFile,
    last: Option<EquityPoint>,
    /// The current row.
    line: String,
    times: TimeWriter,
}

/// One row.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct EquityPoint {
    pub(super) time_ms: i64,
    pub(super) agent: f64,
    pub(super) exposure: f64,
    pub(super) buy_and_hold: Option<f64>,
    pub(super) close: f64,
}

/// Where a curve stood in the middle of a lesson.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CurvePosition {
    /// Rows written until then, in bytes.
    pub(super) n_bytes: u64,
    sha256: String,
    /// The row that waited for the next.
    last: Option<EquityPoint>,
}

impl CurvePosition {
    /// Whether the rows of then are all that `path` holds.
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
        // What a killed run left there was never a whole curve.
        if temporary.exists() {
            fs::remove_file(&temporary)
                .with_context(|| format!("failed to remove `{}`", temporary.display()))?;
        }
        let mut lines = LineFile::append(&temporary)?;
        lines.push("time,equity,exposure,buy_and_hold,close")?;
        Ok(Self::of(path, lines, None))
    }

    /// Goes on with the curve that was left at `position`, the rows of which
    /// lie beside the final name; else begins one.
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
        Self { path, temporary, lines, last, line: String::new(), times: TimeWriter::default() }
    }

    /// Returns where the curve stands, for [`EquityCurve::resume`].
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

    /// Ends the curve with the equities after the exit.
    pub(super) fn finish(mut self, agent: f64, buy_and_hold: Option<f64>) -> Result<()> {
        if let Some(last) = self.last {
            self.write(&EquityPoint { agent, buy_and_hold, ..last })?;
        }
        self.publish()
    }

    /// Replaces the curve before.
    fn publish(&mut self) -> Result<()> {
        self.lines.sync()?;
        rename(&self.temporary, &self.path)
            .with_context(|| format!("failed to save `{}`", self.path.display()))
    }

    fn write(&mut self, point: &EquityPoint) -> Result<()> {
        let EquityPoint { time_ms, agent, exposure, buy_and_hold, close } = point;
        self.line.clear();
        self.times.write(*time_ms, &mut self.line);
        let written = match buy_and_hold {
            Some(hold) => write!(self.line, ",{agent},{exposure},{hold},{close}"),
            None => write!(self.line, ",{agent},{exposure},,{close}"),
        };
        written.expect("a string takes all that is written");
        self.lines.push(&self.line)
    }
}

impl Drop for EquityCurve {
    fn drop(&mut self) {
        // Gone already when it was published. What is left of a failed
        // evaluation would take the space that sealing needs.
        let _ = fs::remove_file(&self.temporary);
    }
}
