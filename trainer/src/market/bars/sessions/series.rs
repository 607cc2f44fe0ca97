//! The breaks of a series of bars, and how many bars are missing in them.

use std::collections::HashSet;
use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::local_days::{Minutes, count, local, minute_of};
use crate::wording::DAY_MS;

const MS_PER_MINUTE: i64 = 60_000;

/// The shortest series, in days, whose trading hours can be found.
const N_DAYS_MIN: i64 = 2;

/// A step that skips bars, by the open times of the bars around it.
#[derive(Debug, Clone, Copy)]
pub(in crate::market::bars) struct Break {
    pub(in crate::market::bars) before_ms: i64,
    pub(in crate::market::bars) after_ms: i64,
}

/// Steps that skip bars during trading hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::market::bars) struct Gaps {
    pub(in crate::market::bars) count: u64,
    pub(in crate::market::bars) n_missing_bars: u64,
    pub(in crate::market::bars) longest_ms: i64,
}

/// The minutes of one day without bars that one break causes, outside of
/// ordinary closing hours.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) break_idx: usize,
    pub(super) date: NaiveDate,
    pub(super) minutes: Vec<Minutes>,
    /// Whether these are more than half of the trading hours of the day.
    pub(super) is_most: bool,
}

/// The breaks of a series of bars.
pub(super) struct Series<'a> {
    pub(super) breaks: &'a [Break],
    pub(super) interval_ms: i64,
    pub(super) span: Range<i64>,
    /// By how much the times of the bars are later than their opens in
    /// their zone: where they are those of the closes, the interval or, of
    /// days, the time of day; the offset of another zone; or 0.
    pub(super) late_ms: i64,
}

impl Series<'_> {
    /// Whether the series is long enough to find trading hours.
    pub(super) fn is_long_enough(&self) -> bool {
        self.span.end - self.span.start >= N_DAYS_MIN * DAY_MS
    }

    /// Returns the span without bars, in the local time of `zone`.
    pub(super) fn missing_span(&self, zone: Tz, found: Break) -> Range<NaiveDateTime> {
        let opens = [found.before_ms + self.interval_ms, found.after_ms];
        let [begin, end] = opens.map(|time_ms| local(zone, time_ms - self.late_ms));
        begin..end
    }

    /// Returns the number of different times of day at which breaks begin
    /// and end.
    pub(super) fn n_break_times(&self, zone: Tz) -> usize {
        let times = self.breaks.iter().map(|found| {
            let missing_span = self.missing_span(zone, *found);
            (minute_of(missing_span.start), minute_of(missing_span.end))
        });
        times.collect::<HashSet<_>>().len()
    }

    pub(super) fn gaps(&self, missing: &[Missing]) -> Gaps {
        let mut gaps = Gaps::default();
        for found in missing.chunk_by(|left, right| left.break_idx == right.break_idx) {
            let n_minutes = n_minutes(found);
            let n_bars = self.n_bars(n_minutes);
            if n_bars > 0 {
                let Break { before_ms, after_ms } = self.breaks[found[0].break_idx];
                gaps.count += 1;
                gaps.n_missing_bars += n_bars;
                gaps.longest_ms = gaps.longest_ms.max(after_ms - before_ms);
            }
        }
        gaps
    }

    pub(super) fn n_bars(&self, n_minutes: i64) -> u64 {
        let n_bars = (n_minutes * MS_PER_MINUTE + self.interval_ms / 2) / self.interval_ms;
        u64::try_from(n_bars).unwrap_or_default()
    }
}

/// Returns the number of minutes without bars in all of them.
pub(super) fn n_minutes(missing: &[Missing]) -> i64 {
    missing.iter().map(|part| count(&part.minutes)).sum()
}
