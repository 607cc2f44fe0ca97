//! The month-to-date and year-to-date returns of a curve.

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

/// The latest calendar period, with the equity at its start and end.
#[derive(Debug, Clone, Default)]
struct Period {
    number: Option<i32>,
    start: f64,
    end: f64,
}

impl Period {
    fn push(&mut self, number: i32, equity: f64) {
        if self.number != Some(number) {
            self.start = if self.number.is_some() { self.end } else { equity };
            self.number = Some(number);
        }
        self.end = equity;
    }

    fn net_return(&self) -> Option<f64> {
        let is_defined = self.number.is_some() && self.start > 0.0 && self.end > 0.0;
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
        ToDate { month_to_date: self.month.net_return(), year_to_date: self.year.net_return() }
    }
}
