//! Reads dates, clock times and zones in their many spellings.

use super::periods::parse_period;
use super::words::parse_words;
use super::zone::TimeZone;
use super::{MS_PER_DAY, clock_ms, date_ms, is_compact_date, parse_digits, thousandths};

const MS_PER_HALF_DAY: i64 = MS_PER_DAY / 2;

/// What may stand between a date and a clock, but for a blank or `T`.
const JOINTS: &[u8] = b"-_:,";

/// What a date such as `03/04/2020` or `20-04-03` begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// Only `03.04.2020` is read, the day first.
    #[default]
    Unknown,
    DayFirst,
    MonthFirst,
    YearFirst,
}

/// What a clock time of digits alone is: spreadsheets drop its zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Clock {
    /// `HHMM` or `HHMMSS`, by its length.
    #[default]
    Whole,
    /// `9` is nine o'clock.
    Hours,
    Minutes,
    Seconds,
}

/// How the texts of a column are to be taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) order: Order,
    pub(super) clock: Clock,
}

impl Style {
    /// Returns what `bars.time_format` calls its order.
    pub(super) fn name(self) -> &'static str {
        match self.order {
            Order::Unknown => "text",
            Order::DayFirst => "day_first",
            Order::MonthFirst => "month_first",
            Order::YearFirst => "year_first",
        }
    }
}

/// What a text says: what calendar and clock show, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) wall_ms: i64,
    pub(super) zone: Option<TimeZone>,
}

/// Reads a date, then perhaps a clock time, then perhaps a zone.
pub(super) fn parse_text(text: &[u8], style: Style) -> Option<Stamp> {
    let (date, rest) = split_at_clock(text);
    if rest.is_empty() && date.len() == 14 && is_compact_date(date) {
        let (date, clock) = date.split_at(8);
        let wall_ms = parse_date(date, style)? + parse_clock(clock, style)?;
        return Some(Stamp { wall_ms, zone: None });
    }
    let Some(date_ms) = parse_date(date, style) else {
        let period = || Some(Stamp { wall_ms: parse_period(text)?, zone: None });
        return parse_words(text, style).or_else(period);
    };
    let (clock_ms, zone) = parse_clock_and_zone(rest, style)
        .or_else(|| parse_clock_and_zone(&with_colons(rest)?, style))?;
    Some(Stamp { wall_ms: date_ms + clock_ms, zone })
}

/// Splits a text behind its date: at a blank or `T`, or where digits show
/// that the date ends: `20200106-093000`, `2020-01-06_09:30`.
fn split_at_clock(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'T' | b't')).unwrap_or(text.len());
    let is_joint = |at: usize| text.get(at).is_some_and(|byte| JOINTS.contains(byte));
    let is_compact = end > 8 && is_joint(8) && is_compact_date(&text[..8]);
    let is_year = || text[..4].iter().all(u8::is_ascii_digit);
    // `2020-01-06-05:00` could end in an offset.
    let is_offset = || text[10] == b'-' && text.contains(&b':');
    let is_long = end > 10 && is_joint(10) && is_year() && !is_offset();
    let end = match (is_compact, is_long) {
        (true, _) => 8,
        (false, true) => 10,
        (false, false) => end,
    };
    (&text[..end], text.get(end + 1..).unwrap_or_default())
}

/// Returns a clock such as `09-30-00` or `09.30.00` as `09:30:00`.
fn with_colons(clock: &[u8]) -> Option<Vec<u8>> {
    let separator = *clock.get(2).filter(|byte| matches!(byte, b'-' | b'.'))?;
    let mut parts = clock.split(|&byte| byte == separator);
    let is_right = parts.all(|part| part.len() == 2 && part.iter().all(u8::is_ascii_digit));
    is_right.then(|| clock.iter().map(|&b| if b == separator { b':' } else { b }).collect())
}

/// Reads what may stand behind a date, and the date may stand alone.
pub(super) fn parse_clock_and_zone(text: &[u8], style: Style) -> Option<(i64, Option<TimeZone>)> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Some((0, None));
    }
    let end = text
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.' | b','))
        .unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let (half, zone) = split_half(zone.trim_ascii());
    let clock_ms = match half {
        None => parse_clock(clock, style)?,
        Some(half_ms) => {
            let ms = if clock.len() <= 2 {
                clock_ms(parse_digits(clock)?, 0, 0)?
            } else {
                parse_clock(clock, style)?
            };
            match (ms / (MS_PER_HALF_DAY / 12), half_ms) {
                (1..=12, _) => ms % MS_PER_HALF_DAY + half_ms,
                // A clock of 24 hours says it twice.
                (13..=23, MS_PER_HALF_DAY) | (0, 0) => ms,
                _ => return None,
            }
        }
    };
    if zone.is_empty() {
        return Some((clock_ms, None));
    }
    Some((clock_ms, Some(parse_zone(zone)?)))
}

/// Takes `AM` and `PM` off, in any case, with points or a `-` before.
fn split_half(text: &[u8]) -> (Option<i64>, &[u8]) {
    let word = text.strip_prefix(b"-").unwrap_or(text);
    for (half_ms, names) in [(0, ["am", "a.m."]), (MS_PER_HALF_DAY, ["pm", "p.m."])] {
        for name in names {
            if let Some((start, rest)) = word.split_at_checked(name.len())
                && start.eq_ignore_ascii_case(name.as_bytes())
                && !rest.first().is_some_and(u8::is_ascii_alphabetic)
            {
                return (Some(half_ms), rest.trim_ascii());
            }
        }
    }
    (None, text)
}

/// Reads a zone; of an offset with a name in brackets, the offset.
fn parse_zone(text: &[u8]) -> Option<TimeZone> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match text.split_once(['[', '(']) {
        Some(("", name)) => name.strip_suffix([']', ')'])?,
        Some((offset, _)) => offset.trim(),
        None => text,
    };
    TimeZone::parse(text)
}

/// Reads `YYYY-MM-DD` (also with `/` or `.`), `DD.MM.YYYY`, `YYYYMMDD`,
/// and in the order of `style` those with the year last or short.
fn parse_date(text: &[u8], style: Style) -> Option<i64> {
    if text.len() == 8 && is_compact_date(text) {
        let [year, month, day] = [&text[..4], &text[4..6], &text[6..]].map(parse_digits);
        return date_ms(year?, month?, day?);
    }
    let separator = *text.iter().find(|byte| !byte.is_ascii_digit())?;
    let mut parts = text.split(|&byte| byte == separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    let is_known =
        matches!(separator, b'-' | b'/' | b'.') || (separator == b':' && first.len() == 4);
    if parts.next().is_some() || !is_known || !matches!(second.len(), 1 | 2) {
        return None;
    }
    let (year, month, day) = match (first.len(), third.len(), style.order) {
        (4, 1 | 2, _) | (1 | 2, 1 | 2, Order::YearFirst) => (first, second, third),
        (1 | 2, 4, Order::Unknown) if separator == b'.' => (third, second, first),
        (1 | 2, 4 | 2, Order::DayFirst) => (third, second, first),
        (1 | 2, 4 | 2, Order::MonthFirst) => (third, first, second),
        _ => return None,
    };
    date_ms(full_year(year)?, parse_digits(month)?, parse_digits(day)?)
}

/// Reads a year; two digits are of 1969 to 2068, as POSIX has it.
pub(super) fn full_year(text: &[u8]) -> Option<i64> {
    let year = parse_digits(text)?;
    match text.len() {
        4 => Some(year),
        2 if year < 69 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

/// Reads `HH:MM`, `HH:MM:SS` and fractions of a second, `HHMM`,
/// `HHMMSS`.
fn parse_clock(text: &[u8], style: Style) -> Option<i64> {
    let point = text.iter().position(|byte| matches!(byte, b'.' | b',')).unwrap_or(text.len());
    let (clock, fraction) = text.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if !clock.contains(&b':') {
        return Some(parse_digit_clock(clock, style.clock)? + thousandths(fraction));
    }
    let mut groups = clock.splitn(3, |&byte| byte == b':');
    let (hour, minute, second) = (groups.next()?, groups.next()?, groups.next());
    let is_right = hour.len() <= 2 && minute.len() == 2;
    let whole_ms = match second {
        // `24:00` is the end of the day.
        _ if is_right && hour == b"24" && minute == b"00" => {
            let is_end = second.is_none_or(|second| second == b"00") && thousandths(fraction) == 0;
            is_end.then_some(MS_PER_DAY)?
        }
        Some(second) if is_right && second.len() == 2 => {
            clock_ms(parse_digits(hour)?, parse_digits(minute)?, parse_digits(second)?)?
        }
        // Milliseconds behind a colon.
        Some([tens, ones, b':', ms @ ..]) if is_right && ms.len() == 3 => {
            let second = parse_digits(&[*tens, *ones])?;
            clock_ms(parse_digits(hour)?, parse_digits(minute)?, second)? + parse_digits(ms)?
        }
        None if is_right && fraction.is_empty() => {
            clock_ms(parse_digits(hour)?, parse_digits(minute)?, 0)?
        }
        _ => return None,
    };
    Some(whole_ms + thousandths(fraction))
}

fn parse_digit_clock(text: &[u8], clock: Clock) -> Option<i64> {
    let digits = parse_digits(text)?;
    match (clock, text.len()) {
        (Clock::Hours, 1 | 2) => clock_ms(digits, 0, 0),
        (Clock::Whole, 4) | (Clock::Minutes, 1..=4) => clock_ms(digits / 100, digits % 100, 0),
        (Clock::Whole, 6) | (Clock::Seconds, 1..=6) => {
            clock_ms(digits / 10_000, digits / 100 % 100, digits % 100)
        }
        _ => None,
    }
}
