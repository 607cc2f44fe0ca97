//! The time of day, passed in as a value.

use anyhow::{Context as _, Result};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::wording::DAY_MS;
pub use crate::wording::time_of_ms;

/// A source of the time of day.
#[derive(Debug, Clone, Copy)]
pub struct Clock(TimeSource);

#[derive(Debug, Clone, Copy)]
enum TimeSource {
    Fixed(DateTime<Utc>),
    Read(fn() -> DateTime<Utc>),
}

impl Clock {
    /// Returns a clock that always shows `time`.
    pub fn fixed(time: DateTime<Utc>) -> Self {
        Self(TimeSource::Fixed(time))
    }

    /// Returns a clock that calls `read`.
    pub fn reading(read: fn() -> DateTime<Utc>) -> Self {
        Self(TimeSource::Read(read))
    }

    /// Returns the time.
    pub fn now(&self) -> DateTime<Utc> {
        match self.0 {
            TimeSource::Fixed(time) => time,
            TimeSource::Read(read) => read(),
        }
    }

    /// Returns the latest time that a bar can have, in milliseconds
    /// since 1970 UTC: a day ahead, since exchanges' clocks differ.
    pub fn tomorrow_ms(&self) -> i64 {
        (self.now() + TimeDelta::days(1)).timestamp_millis()
    }
}

/// Returns `time` as RFC 3339 in UTC to the second.
pub fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Writes times as [`time_of_ms`] does, and reuses the text of the date
/// while the day stays the same.
#[derive(Debug, Default)]
pub(crate) struct TimeWriter {
    /// Days since 1970, and the date with its `T`.
    day: Option<(i64, String)>,
}

impl TimeWriter {
    pub(crate) fn write(&mut self, time_ms: i64, text: &mut String) {
        let (day, ms) = (time_ms.div_euclid(DAY_MS), time_ms.rem_euclid(DAY_MS));
        if self.day.as_ref().is_none_or(|(known, _)| *known != day) {
            let date = time_of_ms(day * DAY_MS);
            let date = date.strip_suffix("00:00:00Z").map(str::to_owned);
            self.day = date.map(|date| (day, date));
        }
        // `None` for a day outside the calendar.
        match &self.day {
            Some((_, date)) if ms % 1000 == 0 => {
                text.push_str(date);
                let seconds = ms / 1000;
                push_two_digits(text, seconds / 3600);
                text.push(':');
                push_two_digits(text, seconds / 60 % 60);
                text.push(':');
                push_two_digits(text, seconds % 60);
                text.push('Z');
            }
            _ => text.push_str(&time_of_ms(time_ms)),
        }
    }
}

fn push_two_digits(text: &mut String, number: i64) {
    for digit in [number / 10, number % 10] {
        text.push(char::from(b'0' + digit.unsigned_abs().to_le_bytes()[0]));
    }
}

/// Parses a time in RFC 3339.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .with_context(|| format!("`{text}` is no time; write it as `2026-01-31T12:00:00Z`"))
}
