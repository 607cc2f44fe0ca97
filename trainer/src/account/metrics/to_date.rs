//! What a curve earned in its last month and year, up to its last bar.

use chrono::{DateTime, Datelike as _};
use serde::Serialize;

/// Follows a curve in order of time.
#[derive(Debug, Clone, Default)]
pub struct ToDateTracker {
    month: Period,
    year: Period,
}

/// Returns since the last bar before the calendar month or year (UTC) of
/// the curve's last bar, or since its first bar where that is later.
/// `None` without bars, and where nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ToDate {
    /// Of the month.
    pub month_to_date: Option<f64>,
    /// Of the year.
    pub year_to_date: Option<f64>,
}

/// A division of time, and what there was at its start.
#[derive(Debug, Clone, Default)]
struct Period {
    name: Option<i32>,
    start: f64,
    end: f64,
}

impl Period {
    fn push(&mut self, name: i32, equity: f64) {
        if self.name != Some(name) {
            self.start = if self.name.is_some() { self.end } else { equity };
            self.name = Some(name);
        }
        self.end = equity;
    }

    fn earned(&self) -> Option<f64> {
        let is_defined = self.name.is_some() && self.start > 0.0 && self.end > 0.0;
        is_defined.then(|| self.end / self.start - 1.0)
    }
}

impl ToDateTracker {
    /// Records the equity at the close of the bar of `time_ms`.
    pub fn push(&mut self, time_ms: i64, equity: f64) {
        let time = DateTime::from_timestamp_millis(time_ms).unwrap_or_default();
        let year = time.year();
        self.month.push(year * 12 + time.month0().cast_signed(), equity);
        self.year.push(year, equity);
    }

    /// Returns the figures so far.
    pub fn figures(&self) -> ToDate {
        ToDate { month_to_date: self.month.earned(), year_to_date: self.year.earned() }
    }
}
