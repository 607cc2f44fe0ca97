//! The time of day, passed in as a value.

use anyhow::{Context as _, Result};
use chrono::{DateTime, SecondsFormat, Utc};

/// Where the time of day comes from.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Source);

#[derive(Debug, Clone, Copy)]
enum Source {
    Fixed(DateTime<Utc>),
    Read(fn() -> DateTime<Utc>),
}

impl Clock {
    /// Returns a clock that always shows `time`.
    pub fn fixed(time: DateTime<Utc>) -> Self {
        Self(Source::Fixed(time))
    }

    /// Returns a clock that asks `read`.
    pub fn reading(read: fn() -> DateTime<Utc>) -> Self {
        Self(Source::Read(read))
    }

    /// Returns the time.
    pub fn now(&self) -> DateTime<Utc> {
        match self.0 {
            Source::Fixed(time) => time,
            Source::Read(read) => read(),
        }
    }
}

/// Returns `time` as RFC 3339 in UTC to the second.
pub fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Returns UTC epoch milliseconds as RFC 3339; milliseconds appear
/// only where they are not 0.
pub fn time_of_ms(time_ms: i64) -> String {
    match DateTime::from_timestamp_millis(time_ms) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => format!("{time_ms} ms"),
    }
}

/// Returns the time that `text` gives in RFC 3339.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .with_context(|| format!("`{text}` is no time; write it as `2026-01-31T12:00:00Z`"))
}
