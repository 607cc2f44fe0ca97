//! The format of the times of one file.

use std::fmt;

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::digits::{
    MS_PER_DAY, MS_PER_SECOND, of_last_century, parse_digits, parse_epoch, parse_iso_seconds,
};
use super::number_formats::{NUMBER_FORMATS, NumberFormat};
use super::style::{DateOrder, DigitClock, Style, StyleSetting, WallTime};
use super::text::parse_text;
use super::zone::{PreviousRow, TimeZone};

/// Prefixes of `bars.time_format` for numbers since midnight of a day,
/// and their unit in milliseconds.
const TIME_OF_DAY: [(&str, i64); 2] = [("ms_of_day ", 1), ("s_of_day ", MS_PER_SECOND)];

/// The notation of times.
#[derive(Debug, Clone)]
pub(super) enum Notation {
    /// Any unambiguous one: a text or a number since 1970.
    Any,
    Text(Style),
    Number(&'static NumberFormat),
    /// Numbers of a unit since midnight of a given day.
    OfDay {
        day_ms: i64,
        unit_ms: i64,
    },
    /// A pattern as for `strftime`.
    Pattern(String),
}

/// The notation of times, their default zone, order and limits.
#[derive(Debug, Clone)]
pub(crate) struct TimeFormat {
    pub(super) notation: Notation,
    /// The zone of a time that names none.
    pub(crate) zone: Option<TimeZone>,
    pub(crate) is_newest_first: bool,
    /// How long before the written time a bar begins, by the clock.
    pub(crate) early_ms: i64,
    /// The earliest and latest valid time, unless the settings give the
    /// format.
    pub(super) limits_ms: Option<(i64, i64)>,
    /// The latest possible time, which tells the century of a year of two
    /// digits.
    pub(super) latest_ms: i64,
}

impl TimeFormat {
    /// Returns the format of times in any unambiguous notation.
    pub(super) fn any() -> Self {
        Self::new(Notation::Any)
    }

    pub(super) fn new(notation: Notation) -> Self {
        let latest_ms = i64::MAX;
        let is_newest_first = false;
        Self { notation, zone: None, is_newest_first, early_ms: 0, limits_ms: None, latest_ms }
    }

    /// Parses `text` to milliseconds since 1970 UTC.
    #[inline]
    pub(super) fn parse(&self, text: &[u8], previous_ms: Option<i64>) -> Option<i64> {
        let stamp = match &self.notation {
            Notation::Text(style) => match parse_iso_seconds(text) {
                Some(ms) if self.zone.is_none() => {
                    return self.within_limits(Some(ms - self.early_ms));
                }
                _ => parse_text(text, *style)?,
            },
            Notation::Number(number_format) => {
                let wall_ms = self
                    .within_limits(number_format.parse_until(text, self.latest_ms))
                    .or_else(|| self.parse_other_unix_unit(text))?;
                if self.zone.is_none() {
                    return Some(wall_ms);
                }
                WallTime { wall_ms, zone: None }
            }
            Notation::Any => match parse_iso_seconds(text).or_else(|| parse_epoch(text)) {
                Some(time_ms) => return Some(time_ms),
                None => parse_text(text, Style::default())?,
            },
            Notation::OfDay { day_ms, unit_ms } => {
                let of_day_ms = parse_digits(text)?.checked_mul(*unit_ms)?;
                let of_day_ms = Some(of_day_ms).filter(|ms| *ms < MS_PER_DAY)?;
                WallTime { wall_ms: day_ms + of_day_ms, zone: None }
            }
            Notation::Pattern(pattern) => parse_strftime(pattern, text)?,
        };
        let wall_ms = match self.notation {
            Notation::Text(_) | Notation::Pattern(_) => {
                of_last_century(text, stamp.wall_ms, self.latest_ms)
            }
            _ => stamp.wall_ms,
        } - self.early_ms;
        let time_ms = match stamp.zone.or(self.zone.filter(|_| !self.is_absolute())) {
            None => Some(wall_ms),
            Some(TimeZone::Abbreviated(name)) => self.zone?.to_utc_abbreviated(wall_ms, name),
            Some(zone) => {
                let is_newest_first = self.is_newest_first;
                zone.to_utc(wall_ms, &PreviousRow { time_ms: previous_ms, is_newest_first })
            }
        };
        self.within_limits(time_ms)
    }

    #[inline]
    fn within_limits(&self, time_ms: Option<i64>) -> Option<i64> {
        let is_within = |&ms: &i64| self.limits_ms.is_none_or(|(min, max)| min <= ms && ms <= max);
        time_ms.filter(is_within)
    }

    /// Parses a number in another unit since 1970, since an exchange may
    /// change from milli- to microseconds within a file.
    #[cold]
    fn parse_other_unix_unit(&self, text: &[u8]) -> Option<i64> {
        if !self.is_absolute() || self.limits_ms.is_none() {
            return None;
        }
        let others =
            NUMBER_FORMATS.iter().filter(|number_format| number_format.name.starts_with("unix_"));
        others.into_iter().find_map(|number_format| self.within_limits(number_format.parse(text)))
    }

    /// Whether times are numbers since midnight of a given day.
    pub(crate) fn is_time_of_day(&self) -> bool {
        matches!(self.notation, Notation::OfDay { .. })
    }

    /// Whether times are numbers since 1970 UTC, so that no zone matters.
    pub(crate) fn is_absolute(&self) -> bool {
        matches!(&self.notation, Notation::Number(numbers) if numbers.name.starts_with("unix_"))
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.notation {
            Notation::Any => write!(f, "as written")?,
            Notation::Text(style) => {
                match style.order {
                    DateOrder::Unknown => write!(f, "dates as written")?,
                    DateOrder::DayFirst => write!(f, "dates, the day first")?,
                    DateOrder::MonthFirst => write!(f, "dates, the month first")?,
                    DateOrder::YearFirst => write!(f, "dates, the year first")?,
                }
                if style.clock != DigitClock::Whole {
                    write!(f, ", clock times as `{}`", style.clock.name())?;
                }
            }
            Notation::Number(number_format) => write!(f, "{}", number_format.description)?,
            Notation::OfDay { unit_ms: 1, .. } => {
                write!(f, "milliseconds of the day that was given")?;
            }
            Notation::OfDay { .. } => write!(f, "seconds of the day that was given")?,
            Notation::Pattern(pattern) => write!(f, "by the pattern `{pattern}`")?,
        }
        match self.zone {
            _ if self.is_absolute() => Ok(()),
            None => write!(f, ", UTC where they name no zone"),
            Some(zone) => write!(f, ", in {zone} where they name no zone"),
        }?;
        if self.early_ms > 0 {
            write!(f, ", an hour before the end that is written")?;
        }
        Ok(())
    }
}

/// Parses `text` by a pattern as for `strftime`.
fn parse_strftime(pattern: &str, text: &[u8]) -> Option<WallTime> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(time) = DateTime::parse_from_str(text, pattern) {
        let zone = Some(TimeZone::Offset(0));
        return Some(WallTime { wall_ms: time.timestamp_millis(), zone });
    }
    let wall = NaiveDateTime::parse_from_str(text, pattern).ok();
    let date = || NaiveDate::parse_from_str(text, pattern).ok()?.and_hms_opt(0, 0, 0);
    let period = || first_day(pattern, text)?.and_time(NaiveTime::MIN).into();
    let wall_ms = wall.or_else(date).or_else(period)?.and_utc().timestamp_millis();
    Some(WallTime { wall_ms, zone: None })
}

/// Returns the first day of the year, month or week in `text`.
fn first_day(pattern: &str, text: &str) -> Option<NaiveDate> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(pattern)).ok()?;
    if parsed.isoweek().is_some() {
        parsed.set_weekday(Weekday::Mon).ok()?;
    } else {
        parsed.month().is_none().then(|| parsed.set_month(1));
        parsed.day().is_none().then(|| parsed.set_day(1));
    }
    parsed.to_naive_date().ok()
}

/// Parses a value of `bars.time_format` that is not a [`StyleSetting`].
pub(super) fn parse_notation(name: &str) -> Option<Notation> {
    for (prefix, unit_ms) in TIME_OF_DAY {
        if let Some(day) = name.strip_prefix(prefix) {
            let day_ms = parse_text(day.as_bytes(), Style::default())?.wall_ms;
            return Some(Notation::OfDay { day_ms, unit_ms });
        }
    }
    if name.contains('%') {
        let is_right = StrftimeItems::new(name).all(|item| !matches!(item, Item::Error));
        return is_right.then(|| Notation::Pattern(name.to_owned()));
    }
    NumberFormat::named(name).map(Notation::Number)
}

/// Returns whether `name` is a valid value of `bars.time_format`.
pub(crate) fn is_time_format(name: &str) -> bool {
    StyleSetting::parse(name).is_some() || parse_notation(name).is_some()
}
