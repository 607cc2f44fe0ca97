//! The form of the times of one file: one for the whole column.

use std::fmt;

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::digits::{MS_PER_DAY, MS_PER_SECOND, parse_digits, parse_epoch, parse_iso_seconds};
use super::number_formats::{COUNTS, Count};
use super::style::{Clock, Order, Stamp, Style};
use super::text::parse_text;
use super::zone::{Before, TimeZone};

/// What counts from midnight on, of a day that the setting names.
const OF_DAY: [(&str, i64); 2] = [("ms_of_day ", 1), ("s_of_day ", MS_PER_SECOND)];

/// How the times of a file are written.
#[derive(Debug, Clone)]
pub(super) enum Spelling {
    /// Any that leaves no doubt by itself: a text or a count since 1970.
    Any,
    Text(Style),
    Count(&'static Count),
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
pub(crate) struct TimeForm {
    pub(super) spelling: Spelling,
    /// The zone of a time that names none.
    pub(crate) zone: Option<TimeZone>,
    pub(crate) is_newest_first: bool,
    /// Between what times all must be, where nobody said what they are.
    pub(super) limits_ms: Option<(i64, i64)>,
}

impl TimeForm {
    /// Returns the form of texts that each tell their time.
    pub(super) fn any() -> Self {
        Self::new(Spelling::Any)
    }

    pub(super) fn new(spelling: Spelling) -> Self {
        Self { spelling, zone: None, is_newest_first: false, limits_ms: None }
    }

    /// Returns `text` in milliseconds since 1970 UTC, if it is a time.
    #[inline]
    pub(super) fn parse(&self, text: &[u8], before: Option<i64>) -> Option<i64> {
        let stamp = match &self.spelling {
            Spelling::Text(style) => match parse_iso_seconds(text) {
                time_ms @ Some(_) if self.zone.is_none() => return self.within_limits(time_ms),
                _ => parse_text(text, *style)?,
            },
            Spelling::Count(count) => {
                let wall_ms = self.within_limits(count.parse(text)).or_else(|| self.other(text))?;
                Stamp { wall_ms, zone: None }
            }
            Spelling::Any => match parse_iso_seconds(text).or_else(|| parse_epoch(text)) {
                Some(time_ms) => return Some(time_ms),
                None => parse_text(text, Style::default())?,
            },
            Spelling::OfDay { day_ms, unit_ms } => {
                let of_day_ms = parse_digits(text)?.checked_mul(*unit_ms)?;
                let of_day_ms = Some(of_day_ms).filter(|ms| *ms < MS_PER_DAY)?;
                Stamp { wall_ms: day_ms + of_day_ms, zone: None }
            }
            Spelling::Pattern(pattern) => parse_by(pattern, text)?,
        };
        let time_ms = match stamp.zone.or(self.zone.filter(|_| !self.is_absolute())) {
            None => Some(stamp.wall_ms),
            Some(TimeZone::Called(name)) => self.zone?.to_utc_called(stamp.wall_ms, name),
            Some(zone) => {
                let is_newest_first = self.is_newest_first;
                zone.to_utc(stamp.wall_ms, &Before { time_ms: before, is_newest_first })
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
    fn other(&self, text: &[u8]) -> Option<i64> {
        if !self.is_absolute() || self.limits_ms.is_none() {
            return None;
        }
        let others = COUNTS.iter().filter(|count| count.name.starts_with("unix_"));
        others.into_iter().find_map(|count| self.within_limits(count.parse(text)))
    }

    /// Whether it counts from midnight on, of a day that was given.
    pub(crate) fn is_of_day(&self) -> bool {
        matches!(self.spelling, Spelling::OfDay { .. })
    }

    /// Whether it counts from one instant, so that no zone matters.
    pub(crate) fn is_absolute(&self) -> bool {
        matches!(&self.spelling, Spelling::Count(count) if count.name.starts_with("unix_"))
    }
}

impl fmt::Display for TimeForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spelling {
            Spelling::Any => write!(f, "as written")?,
            Spelling::Text(style) => match style.order {
                Order::Unknown => write!(f, "dates as written")?,
                Order::DayFirst => write!(f, "dates, the day first")?,
                Order::MonthFirst => write!(f, "dates, the month first")?,
                Order::YearFirst => write!(f, "dates, the year first")?,
            },
            Spelling::Count(count) => write!(f, "{}", count.is)?,
            Spelling::OfDay { unit_ms: 1, .. } => {
                write!(f, "milliseconds of the day that was given")?;
            }
            Spelling::OfDay { .. } => write!(f, "seconds of the day that was given")?,
            Spelling::Pattern(pattern) => write!(f, "by the pattern `{pattern}`")?,
        }
        match self.zone {
            _ if self.is_absolute() => Ok(()),
            None => write!(f, ", UTC where they name no zone"),
            Some(zone) => write!(f, ", in {zone} where they name no zone"),
        }
    }
}

fn parse_by(pattern: &str, text: &[u8]) -> Option<Stamp> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(time) = DateTime::parse_from_str(text, pattern) {
        let zone = Some(TimeZone::Offset(0));
        return Some(Stamp { wall_ms: time.timestamp_millis(), zone });
    }
    let wall = NaiveDateTime::parse_from_str(text, pattern).ok();
    let date = || NaiveDate::parse_from_str(text, pattern).ok()?.and_hms_opt(0, 0, 0);
    let period = || first_day(pattern, text)?.and_time(NaiveTime::MIN).into();
    let wall_ms = wall.or_else(date).or_else(period)?.and_utc().timestamp_millis();
    Some(Stamp { wall_ms, zone: None })
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
pub(super) fn spelling_named(name: &str) -> Option<Spelling> {
    let text = |order| Some(Spelling::Text(Style { order, clock: Clock::default() }));
    match name {
        "text" => return text(Order::Unknown),
        "day_first" => return text(Order::DayFirst),
        "month_first" => return text(Order::MonthFirst),
        "year_first" => return text(Order::YearFirst),
        _ => {}
    }
    for (prefix, unit_ms) in OF_DAY {
        if let Some(day) = name.strip_prefix(prefix) {
            let day_ms = parse_text(day.as_bytes(), Style::default())?.wall_ms;
            return Some(Spelling::OfDay { day_ms, unit_ms });
        }
    }
    if name.contains('%') {
        let is_right = StrftimeItems::new(name).all(|item| !matches!(item, Item::Error));
        return is_right.then(|| Spelling::Pattern(name.to_owned()));
    }
    Count::named(name).map(Spelling::Count)
}

/// Returns whether `name` is what `bars.time_format` may be.
pub(crate) fn is_time_format(name: &str) -> bool {
    spelling_named(name).is_some()
}
