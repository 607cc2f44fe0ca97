//! The style of times as text, and a parsed local time.

use super::zone::TimeZone;

/// The order of day, month and year in dates such as `03/04/2020` or
/// `20-04-03`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// Of ambiguous dates, only `03.04.2020` is parsed, day first.
    #[default]
    Unknown,
    DayFirst,
    MonthFirst,
    YearFirst,
}

/// The meaning of a clock time that consists of digits; spreadsheets drop
/// leading zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum DigitClock {
    /// `HHMM` or `HHMMSS`, by its length.
    #[default]
    Whole,
    /// `H` or `HH`: `9` is nine o'clock.
    Hours,
    /// `HHMM` without leading zeros.
    Minutes,
    /// `HHMMSS` without leading zeros.
    Seconds,
    /// The number of minutes since midnight.
    MinutesOfDay,
    SecondsOfDay,
    MsOfDay,
}

/// The style of times as text in a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) order: DateOrder,
    pub(super) clock: DigitClock,
}

impl Style {
    /// Returns the name of its order in `bars.time_format`.
    pub(super) fn name(self) -> &'static str {
        match self.order {
            DateOrder::Unknown => "text",
            DateOrder::DayFirst => "day_first",
            DateOrder::MonthFirst => "month_first",
            DateOrder::YearFirst => "year_first",
        }
    }
}

/// A local time and its zone, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WallTime {
    /// Milliseconds since 1970-01-01 00:00 local time.
    pub(super) wall_ms: i64,
    pub(super) zone: Option<TimeZone>,
}
