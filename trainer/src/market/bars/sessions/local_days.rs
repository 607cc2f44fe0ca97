//! Days and weekends on the clock of a zone.

use std::ops::Range;

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _,
    Timelike as _,
};
use chrono_tz::Tz;

use super::minutes::{MINUTES_PER_DAY, Minutes};

pub(super) fn is_weekend(date: NaiveDate) -> bool {
    date.weekday().num_days_from_monday() > 4
}

/// Some minutes of a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayPart {
    pub(super) date: NaiveDate,
    pub(super) minutes: Minutes,
}

/// Returns the days of a span of local time.
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

/// Whether these minutes are of a weekend, in a break that goes from a
/// Friday, or the Saturday's begin, until late on Sunday or longer.
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
