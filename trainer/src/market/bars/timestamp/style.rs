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

impl DateOrder {
    pub(super) const ALL: [Self; 4] =
        [Self::Unknown, Self::DayFirst, Self::MonthFirst, Self::YearFirst];

    /// Returns its name in `bars.time_format`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "text",
            Self::DayFirst => "day_first",
            Self::MonthFirst => "month_first",
            Self::YearFirst => "year_first",
        }
    }
}

/// The meaning of a clock time that consists of digits; spreadsheets drop
/// leading zeros. Of two that fit all rows, the first is chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DigitClock {
    /// `HHMM` or `HHMMSS`, by its length.
    #[default]
    Whole,
    /// `H` or `HH`: `9` is nine o'clock.
    Hours,
    /// `HHMM` without leading zeros.
    Minutes,
    /// The number of minutes since midnight.
    MinutesOfDay,
    SecondsOfDay,
    MsOfDay,
    /// `HHMMSS` without leading zeros.
    Seconds,
}

impl DigitClock {
    /// Those that `bars.time_format` can name.
    pub(super) const NAMED: [Self; 6] = [
        Self::Hours,
        Self::Minutes,
        Self::Seconds,
        Self::MinutesOfDay,
        Self::SecondsOfDay,
        Self::MsOfDay,
    ];

    /// Returns its name in `bars.time_format`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Whole => "text",
            Self::Hours => "hh",
            Self::Minutes => "hhmm",
            Self::Seconds => "hhmmss",
            Self::MinutesOfDay => "minutes_of_day",
            Self::SecondsOfDay => "s_of_day",
            Self::MsOfDay => "ms_of_day",
        }
    }
}

/// The style of times as text in a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) order: DateOrder,
    pub(super) clock: DigitClock,
}

/// What `bars.time_format` says of times as text: the order of the date,
/// the unit of the clock time, or both, as in `day_first hhmm`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct StyleSetting {
    pub(super) order: Option<DateOrder>,
    pub(super) clock: Option<DigitClock>,
}

impl StyleSetting {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let order_of = |name| DateOrder::ALL.into_iter().find(|order| order.name() == name);
        let clock_of = |name| DigitClock::NAMED.into_iter().find(|clock| clock.name() == name);
        let mut setting = Self::default();
        for name in text.split(' ') {
            match (order_of(name), clock_of(name)) {
                (Some(order), _) if setting == Self::default() => setting.order = Some(order),
                (_, Some(clock)) if setting.clock.is_none() => setting.clock = Some(clock),
                _ => return None,
            }
        }
        Some(setting)
    }

    pub(super) fn name(self) -> String {
        let names = [self.order.map(DateOrder::name), self.clock.map(DigitClock::name)];
        names.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A local time and its zone, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WallTime {
    /// Milliseconds since 1970-01-01 00:00 local time.
    pub(super) wall_ms: i64,
    pub(super) zone: Option<TimeZone>,
}
