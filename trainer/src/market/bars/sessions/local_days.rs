//! Days in the local time of a zone, and ranges of their minutes.

use std::ops::Range;

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _,
    Timelike as _,
};
use chrono_tz::Tz;

/// A half-open range of minutes of a day.
pub(super) type Minutes = (i64, i64);

pub(super) const MINUTES_PER_DAY: i64 = 1440;

pub(super) const WHOLE_DAY: Minutes = (0, MINUTES_PER_DAY);

pub(super) fn is_weekend(date: NaiveDate) -> bool {
    date.weekday().num_days_from_monday() > 4
}

/// A range of minutes of one day.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayPart {
    pub(super) date: NaiveDate,
    pub(super) minutes: Minutes,
}

/// Splits a span of local time into days.
pub(super) fn days(span: &Range<NaiveDateTime>) -> impl Iterator<Item = DayPart> {
    let Range { start: from, end: to } = *span;
    let dates = from.date().iter_days().take_while(move |date| from < to && *date <= to.date());
    let day = move |date| {
        let begin = if date == from.date() { minute_of(from) } else { 0 };
        let end = if date == to.date() { minute_of(to) } else { MINUTES_PER_DAY };
        DayPart { date, minutes: (begin, end) }
    };
    dates.map(day).filter(|part| part.minutes.0 < part.minutes.1)
}

pub(super) fn minute_of(time: NaiveDateTime) -> i64 {
    i64::from(time.hour() * 60 + time.minute())
}

/// Whether these minutes belong to a weekend break: `span` begins before
/// Saturday 00:00 and lasts at least until Sunday 16:00.
pub(super) fn is_weekend_of(part: DayPart, span: &Range<NaiveDateTime>) -> bool {
    let DayPart { date, minutes } = part;
    let to_saturday = 5 - i64::from(date.weekday().num_days_from_monday());
    let begin = (date + TimeDelta::days(to_saturday)).and_time(chrono::NaiveTime::MIN);
    let end = begin + TimeDelta::hours(24 + 16);
    let is_part = to_saturday < 1 || (to_saturday == 1 && minutes.0 > 0);
    is_part && span.start <= begin && span.end >= end
}

pub(super) fn local(zone: Tz, time_ms: i64) -> NaiveDateTime {
    let time = DateTime::from_timestamp_millis(time_ms).unwrap_or_default().naive_utc();
    let offset = zone.offset_from_utc_datetime(&time).fix();
    time + TimeDelta::seconds(i64::from(offset.local_minus_utc()))
}

/// Returns the intersection of two sorted lists of ranges.
pub(super) fn common(left: &[Minutes], right: &[Minutes]) -> Vec<Minutes> {
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (left, right)));
    pairs
        .map(|(left, right)| (left.0.max(right.0), left.1.min(right.1)))
        .filter(|(begin, end)| begin < end)
        .collect()
}

/// Removes `others` from `minutes`.
pub(super) fn remove(minutes: &mut Vec<Minutes>, others: &[Minutes]) {
    for &(begin, end) in others {
        let parts = |&part: &Minutes| {
            let (before, after) = ((part.0, part.1.min(begin)), (part.0.max(end), part.1));
            [before, after].into_iter().filter(|(begin, end)| begin < end)
        };
        *minutes = minutes.iter().flat_map(parts).collect();
    }
}

/// Returns the number of minutes.
pub(super) fn count(minutes: &[Minutes]) -> i64 {
    minutes.iter().map(|(begin, end)| end - begin).sum()
}
