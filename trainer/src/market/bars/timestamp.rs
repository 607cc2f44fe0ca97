//! Parses the times of bars, in the formats of market data.
//!
//! All times of a file have one format, decided from many rows. A time
//! without a zone is UTC, unless the settings or the column's name give a
//! zone. Ambiguous times are an error.

mod cell_errors;
mod classify;
mod clock;
mod column_errors;
mod decide;
mod digit_clocks;
mod digits;
mod number_candidates;
mod number_formats;
mod periods;
mod respell;
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
pub(crate) use column_errors::TimeText;
pub(crate) use decide::{LATEST_MS, TimeHints, decide};
pub(super) use digits::{MS_PER_DAY, format_utc, full_year};
pub(crate) use style::DigitClock;
pub(crate) use time_format::{TimeFormat, is_time_format};
pub(crate) use words::{is_month, is_weekday, month_number};
pub(crate) use zone::TimeZone;

/// Parses the times of one file.
#[derive(Debug)]
pub(crate) struct TimeParser {
    format: TimeFormat,
}

impl TimeParser {
    /// Returns a parser of times in any unambiguous format.
    pub(crate) fn new() -> Self {
        Self { format: TimeFormat::any() }
    }

    /// Returns a parser of times in this format.
    pub(crate) fn of(format: TimeFormat) -> Self {
        Self { format }
    }

    /// Parses `text` to milliseconds since 1970 UTC; `previous_ms` is the
    /// time of the row before.
    #[inline]
    pub(crate) fn parse_after(&self, text: &[u8], previous_ms: Option<i64>) -> Option<i64> {
        self.format.parse(text, previous_ms)
    }

    /// Does the same for a row without a row before.
    #[inline]
    pub(crate) fn parse(&self, text: &[u8]) -> Option<i64> {
        self.format.parse(text, None)
    }

    /// Returns the message about a `text` that is not a time, with the
    /// remedy.
    pub(crate) fn remedy(&self, text: &[u8]) -> (String, &'static str) {
        remedy(&self.format, text)
    }

    /// Does the same where no setting applies.
    pub(crate) fn plain_remedy(&self, text: &[u8]) -> String {
        plain_remedy(&self.format, text)
    }
}

/// Parses `text`, a time in any unambiguous format, to milliseconds since
/// 1970 UTC.
pub fn parse_time_ms(text: &str) -> Option<i64> {
    TimeParser::new().parse(text.trim().as_bytes())
}
