//! Summary of a source: the number of bars, their time range and gaps.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wording::{DAY_MS, counted};

use super::read_report::ReadReport;
use super::timestamp;

/// Months have 28 to 31 days, and are one interval.
pub(super) const INTERVAL_RATIO_MAX: f64 = 1.15;

/// The result of one pass over a source.
///
/// A gap is a step from one bar to the next that skips at least one bar
/// during trading hours; nights, weekends and holidays are no gaps. Gaps
/// are not filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSummary {
    /// The source as it was named.
    pub source: String,
    /// The SHA-256 of the file's bytes, packed or not, in hexadecimal.
    pub sha256: String,
    /// The number of bars, at least 1.
    pub n_bars: u64,
    /// The open time of the first bar, in milliseconds since 1970 UTC.
    pub first_ms: i64,
    /// The open time of the last bar, in milliseconds since 1970 UTC.
    pub last_ms: i64,
    /// The most common step between bars, in milliseconds; the shortest
    /// of equally common ones; 0 for a single bar.
    pub interval_ms: i64,
    /// The number of gaps.
    pub n_gaps: u64,
    /// The number of bars that are missing in the gaps.
    pub n_missing_bars: u64,
    /// The longest gap in milliseconds, from the bar before it to the bar
    /// after it; 0 without gaps.
    pub longest_gap_ms: i64,
    /// How the file was read; null for part of a file.
    #[serde(default, rename = "understood", skip_serializing_if = "Option::is_none")]
    pub read_report: Option<ReadReport>,
}

impl fmt::Display for DataSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} of {}, {} to {} UTC, ",
            self.source,
            counted(self.n_bars, "bar"),
            duration(self.interval_ms),
            timestamp::format_utc(self.first_ms),
            timestamp::format_utc(self.last_ms)
        )?;
        if self.n_gaps == 0 {
            return write!(f, "no gaps");
        }
        write!(
            f,
            "{} missing in {}, the longest {}",
            counted(self.n_missing_bars, "bar"),
            counted(self.n_gaps, "gap"),
            duration(self.longest_gap_ms)
        )
    }
}

/// Writes a duration in the largest unit that leaves no fraction.
pub(super) fn duration(ms: i64) -> String {
    let units = [(DAY_MS, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
    let (unit_ms, unit) =
        units.into_iter().find(|(unit_ms, _)| ms > 0 && ms % unit_ms == 0).unwrap_or((1, "ms"));
    format!("{} {unit}", ms / unit_ms)
}
