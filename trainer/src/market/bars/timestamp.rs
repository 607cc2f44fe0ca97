//! Reads the times of bars, in the forms that market data comes in.
//!
//! A file has one form for all of its times, decided from many rows. A
//! time without a zone is UTC, unless the settings or the column's name
//! say more. What could be read in two ways is not read at all.

mod cell_errors;
mod classify;
mod clock;
mod column_errors;
mod decide;
mod digits;
mod number_formats;
mod periods;
mod steps;
mod style;
mod style_candidates;
mod text;
mod time_format;
mod words;
mod zone;

use cell_errors::{plain_remedy, remedy};
pub(crate) use classify::{
    is_bare_clock, is_clock, is_date, is_number_of_day, is_numeric_time, is_zoned,
};
pub(crate) use column_errors::{Doubt, TimeText};
pub(crate) use decide::{LATEST_MS, TimeHints, decide};
pub(super) use digits::{MS_PER_DAY, format_utc, full_year};
pub(crate) use time_format::{TimeFormat, is_time_format};
pub(crate) use zone::TimeZone;

/// Reads the times of one file.
#[derive(Debug)]
pub(crate) struct TimeParser {
    format: TimeFormat,
}

impl TimeParser {
    /// Returns a parser of texts that each tell their time by itself.
    pub(crate) fn new() -> Self {
        Self { format: TimeFormat::any() }
    }

    /// Returns the parser of times of this form.
    pub(crate) fn of(format: TimeFormat) -> Self {
        Self { format }
    }

    /// Returns `text` in milliseconds since 1970 UTC, if it is a time;
    /// `previous_ms` is the time of the row before.
    #[inline]
    pub(crate) fn parse_after(&self, text: &[u8], previous_ms: Option<i64>) -> Option<i64> {
        self.format.parse(text, previous_ms)
    }

    /// Does the same for a first row.
    #[inline]
    pub(crate) fn parse(&self, text: &[u8]) -> Option<i64> {
        self.format.parse(text, None)
    }

    /// Returns what to do about a `text` that is not a time.
    pub(crate) fn remedy(&self, text: &[u8]) -> String {
        remedy(&self.format, text)
    }

    /// Does the same where no setting can help.
    pub(crate) fn plain_remedy(&self, text: &[u8]) -> String {
        plain_remedy(&self.format, text)
    }
}

/// Returns `text` in milliseconds since 1970 UTC, if it is a time in one
/// of the forms that bars may have.
pub fn parse_time_ms(text: &str) -> Option<i64> {
    TimeParser::new().parse(text.trim().as_bytes())
}
