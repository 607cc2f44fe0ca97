//! The time of day, passed in as a value.

use anyhow::{Context as _, Result};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

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

/// Parses a time in RFC 3339.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .with_context(|| format!("`{text}` is no time; write it as `2026-01-31T12:00:00Z`"))
}
