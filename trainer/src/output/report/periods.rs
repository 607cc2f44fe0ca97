//! Returns by day, week, month and longer, from equity at each bar.

use chrono::{DateTime, Datelike as _};

use crate::wording::DAY_MS;

/// A division of time into periods, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calendar {
    /// Spans of this many milliseconds, counted from 1970.
    Every(i64),
    /// Weeks from Monday.
    Week,
    Month,
    Quarter,
    Year,
}

impl Calendar {
    pub(super) const DAY: Self = Self::Every(DAY_MS);

    /// Returns the number of the period of `time_ms`; for months it is
    /// `12 * year + month - 1`.
    pub(super) fn period(self, time_ms: i64) -> i64 {
        let month = || {
            let time = DateTime::from_timestamp_millis(time_ms).unwrap_or_default();
            i64::from(time.year()) * 12 + i64::from(time.month0())
        };
        match self {
            Self::Every(span_ms) => time_ms.div_euclid(span_ms.max(1)),
            // 1970 began on a Thursday.
            Self::Week => (time_ms.div_euclid(DAY_MS) + 3).div_euclid(7),
            Self::Month => month(),
            Self::Quarter => month().div_euclid(3),
            Self::Year => month().div_euclid(12),
        }
    }
}

/// The equity of the agent and of buy-and-hold at the end of each period.
#[derive(Debug, Clone)]
pub(super) struct PeriodEnds {
    calendar: Calendar,
    start: Option<PeriodValues>,
    ends: Vec<PeriodValues>,
}

/// The last bar of a period, and the values of the agent and of buy-and-hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeriodValues {
    pub(super) period: i64,
    pub(super) time_ms: i64,
    /// The agent's and buy-and-hold's: equities, or their ratios to those before.
    pub(super) values: [f64; 2],
}

impl PeriodEnds {
    pub(super) fn new(calendar: Calendar) -> Self {
        Self { calendar, start: None, ends: Vec::new() }
    }

    pub(super) fn push(&mut self, time_ms: i64, values: [f64; 2]) {
        let end = PeriodValues { period: self.calendar.period(time_ms), time_ms, values };
        self.start.get_or_insert(end);
        match self.ends.last_mut() {
            Some(last) if last.period == end.period => *last = end,
            _ => self.ends.push(end),
        }
    }

    /// Returns the return of each period, the first one from the first
    /// bar on; NaN after the equity reached 0.
    pub(super) fn returns(&self) -> Vec<PeriodValues> {
        let before = self.start.iter().chain(&self.ends);
        let pairs = before.zip(&self.ends);
        let ratio = |before: f64, after: f64| {
            if before > 0.0 { after / before - 1.0 } else { f64::NAN }
        };
        let each = pairs.map(|(before, end)| PeriodValues {
            values: [0, 1].map(|idx| ratio(before.values[idx], end.values[idx])),
            ..*end
        });
        each.collect()
    }
}

/// Returns the periods over which returns are shown: days or, where there
/// are too few, shorter ones of whole bars.
pub(super) fn fine_calendar(span_ms: i64, interval_ms: i64) -> Calendar {
    const N_DAYS_MIN: i64 = 30;
    const N_SPANS: i64 = 300;
    let interval_ms = interval_ms.max(1);
    if span_ms >= N_DAYS_MIN * DAY_MS || interval_ms >= DAY_MS {
        return Calendar::Every(DAY_MS.max(interval_ms));
    }
    let n_bars = (span_ms / N_SPANS).div_euclid(interval_ms).max(1);
    Calendar::Every(n_bars * interval_ms)
}
