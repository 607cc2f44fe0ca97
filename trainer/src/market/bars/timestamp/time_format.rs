//! The form of the times of one file: one for the whole column.

use std::fmt;

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::digits::{MS_PER_DAY, MS_PER_SECOND, parse_digits, parse_epoch, parse_iso_seconds};
use super::number_formats::{NUMBER_FORMATS, NumberFormat};
use super::style::{DateOrder, DigitClock, Style, WallTime};
use super::text::parse_text;
use super::zone::{PreviousRow, TimeZone};

/// What counts from midnight on, of a day that the setting names.
const OF_DAY: [(&str, i64); 2] = [("ms_of_day ", 1), ("s_of_day ", MS_PER_SECOND)];

/// How the times of a file are written.
#[derive(Debug, Clone)]
pub(super) enum Notation {
    /// Any that leaves no doubt by itself: a text or a count since 1970.
    Any,
    Text(Style),
    Number(&'static NumberFormat),
    /// So many milliseconds each, from the begin of a day on.
    OfDay {
        day_ms: i64,
        unit_ms: i64,
    },
    /// A pattern of `strftime`.
    Pattern(String),
}

/// How the times of a file are written, and where its clock is.
#[derive(Debug, Clone)]
pub(crate) struct TimeFormat {
    pub(super) notation: Notation,
    /// The zone of a time that names none.
    pub(crate) zone: Option<TimeZone>,
    pub(crate) is_newest_first: bool,
    /// Between what times all must be, where nobody said what they are.
    pub(super) limits_ms: Option<(i64, i64)>,
}

impl TimeFormat {
    /// Returns the form of texts that each tell their time.
    pub(super) fn any() -> Self {
        Self::new(Notation::Any)
    }

    pub(super) fn new(notation: Notation) -> Self {
        Self { notation, zone: None, is_newest_first: false, limits_ms: None }
    }

    /// Returns `text` in milliseconds since 1970 UTC, if it is a time.
    #[inline]
    pub(super) fn parse(&self, text: &[u8], previous_ms: Option<i64>) -> Option<i64> {
        let stamp = match &self.notation {
            Notation::Text(style) => match parse_iso_seconds(text) {
                time_ms @ Some(_) if self.zone.is_none() => return self.within_limits(time_ms),
                _ => parse_text(text, *style)?,
            },
            Notation::Number(count) => {
                let wall_ms = self
                    .within_limits(count.parse(text))
                    .or_else(|| self.parse_other_unix_unit(text))?;
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
        let time_ms = match stamp.zone.or(self.zone.filter(|_| !self.is_absolute())) {
            None => Some(stamp.wall_ms),
            Some(TimeZone::Abbreviated(name)) => self.zone?.to_utc_abbreviated(stamp.wall_ms, name),
            Some(zone) => {
                let is_newest_first = self.is_newest_first;
                zone.to_utc(stamp.wall_ms, &PreviousRow { time_ms: previous_ms, is_newest_first })
            }
        };
        self.within_limits(time_ms)
    }

    #[inline]
    fn within_limits(&self, time_ms: Option<i64>) -> Option<i64> {
        let is_within = |&ms: &i64| self.limits_ms.is_none_or(|(min, max)| min <= ms && ms <= max);
        time_ms.filter(is_within)
    }

    /// An exchange that went over from milli- to microseconds is still
    /// understood: only one unit since 1970 makes a time of bars.
    #[cold]
    fn parse_other_unix_unit(&self, text: &[u8]) -> Option<i64> {
        if !self.is_absolute() || self.limits_ms.is_none() {
            return None;
        }
        let others = NUMBER_FORMATS.iter().filter(|count| count.name.starts_with("unix_"));
        others.into_iter().find_map(|count| self.within_limits(count.parse(text)))
    }

    /// Whether it counts from midnight on, of a day that was given.
    pub(crate) fn counts_within_day(&self) -> bool {
        matches!(self.notation, Notation::OfDay { .. })
    }

    /// Whether it counts from one instant, so that no zone matters.
    pub(crate) fn is_absolute(&self) -> bool {
        matches!(&self.notation, Notation::Number(count) if count.name.starts_with("unix_"))
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.notation {
            Notation::Any => write!(f, "as written")?,
            Notation::Text(style) => match style.order {
                DateOrder::Unknown => write!(f, "dates as written")?,
                DateOrder::DayFirst => write!(f, "dates, the day first")?,
                DateOrder::MonthFirst => write!(f, "dates, the month first")?,
                DateOrder::YearFirst => write!(f, "dates, the year first")?,
            },
            Notation::Number(count) => write!(f, "{}", count.description)?,
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
        }
    }
}

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

/// Returns the first day of the year, month or week that `text` names.
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

/// Returns the spelling that `bars.time_format` names.
pub(super) fn parse_notation(name: &str) -> Option<Notation> {
    let text = |order| Some(Notation::Text(Style { order, clock: DigitClock::default() }));
    match name {
        "text" => return text(DateOrder::Unknown),
        "day_first" => return text(DateOrder::DayFirst),
        "month_first" => return text(DateOrder::MonthFirst),
        "year_first" => return text(DateOrder::YearFirst),
        _ => {}
    }
    for (prefix, unit_ms) in OF_DAY {
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

/// Returns whether `name` is what `bars.time_format` may be.
pub(crate) fn is_time_format(name: &str) -> bool {
    parse_notation(name).is_some()
}
