//! How the texts of a column of times are to be taken, and what one says.

use super::zone::TimeZone;

/// What a date such as `03/04/2020` or `20-04-03` begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// Only `03.04.2020` is read, the day first.
    #[default]
    Unknown,
    DayFirst,
    MonthFirst,
    YearFirst,
}

/// What a clock time of digits alone is: spreadsheets drop its zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum DigitClock {
    /// `HHMM` or `HHMMSS`, by its length.
    #[default]
    Whole,
    /// `9` is nine o'clock.
    Hours,
    Minutes,
    Seconds,
    /// Counts from midnight on.
    MinutesOfDay,
    SecondsOfDay,
    MsOfDay,
}

/// How the texts of a column are to be taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) order: DateOrder,
    pub(super) clock: DigitClock,
}

impl Style {
    /// Returns what `bars.time_format` calls its order.
    pub(super) fn name(self) -> &'static str {
        match self.order {
            DateOrder::Unknown => "text",
            DateOrder::DayFirst => "day_first",
            DateOrder::MonthFirst => "month_first",
            DateOrder::YearFirst => "year_first",
        }
    }
}

/// What a text says: what calendar and clock show, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WallTime {
    pub(super) wall_ms: i64,
    pub(super) zone: Option<TimeZone>,
}
