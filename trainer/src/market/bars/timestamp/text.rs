//! Parses dates in their many notations, with a clock time and a zone.

use super::clock::{parse_clock, parse_clock_and_zone};
use super::digits::{date_ms, full_year, is_compact_date, parse_digits, thousandths};
use super::periods::parse_period;
use super::respell::respelled;
use super::style::{DateOrder, Style, WallTime};
use super::words::parse_words;
use super::zone::TimeZone;

/// Separators of date and clock time, other than a space or `T`.
const DATE_CLOCK_SEPARATORS: &[u8] = b"-_:,";

/// Parses a date, possibly followed by a clock time and a zone.
pub(super) fn parse_text(text: &[u8], style: Style) -> Option<WallTime> {
    parse_usual(text, style).or_else(|| {
        let text = std::str::from_utf8(text).ok()?;
        if let Some(wall_ms) = parse_net_date(text) {
            return Some(WallTime { wall_ms, zone: Some(TimeZone::Offset(0)) });
        }
        parse_usual(respelled(text)?.as_bytes(), style)
    })
}

/// Parses `/Date(1700000000000)/`, milliseconds since 1970 by .NET; an
/// offset behind them does not change the time.
fn parse_net_date(text: &str) -> Option<i64> {
    let inner = text.trim_matches(['\\', '/']).strip_prefix("Date(")?.strip_suffix(')')?;
    let end = inner.rfind(['+', '-']).filter(|end| *end > 0).unwrap_or(inner.len());
    inner[..end].parse().ok()
}

fn parse_usual(text: &[u8], style: Style) -> Option<WallTime> {
    // `="…"` keeps spreadsheets from converting the text.
    let inner = text.strip_prefix(b"=\"").and_then(|text| text.strip_suffix(b"\""));
    let text = inner.unwrap_or(text);
    let (date, rest) = split_at_clock(text);
    if rest.is_empty()
        && date.iter().all(u8::is_ascii_digit)
        && date.get(..14).is_some_and(is_compact_date)
    {
        let (date, clock) = date.split_at(8);
        let (clock, fraction) = clock.split_at(6);
        let wall_ms = parse_date(date, style)? + parse_clock(clock, style)? + thousandths(fraction);
        return Some(WallTime { wall_ms, zone: None });
    }
    let Some(date_ms) = parse_date(date, style) else {
        let period = || Some(WallTime { wall_ms: parse_period(text)?, zone: None });
        return parse_words(text, style).or_else(period);
    };
    let (clock_ms, zone) = parse_clock_and_zone(rest, style)
        .or_else(|| parse_clock_and_zone(&with_colons(rest)?, style))?;
    Some(WallTime { wall_ms: date_ms + clock_ms, zone })
}

/// Splits a text after its date: at a space or `T`, or at another
/// separator after a complete date: `20200106-093000`,
/// `2020-01-06_09:30`.
fn split_at_clock(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'T' | b't')).unwrap_or(text.len());
    let is_separator =
        |at: usize| text.get(at).is_some_and(|byte| DATE_CLOCK_SEPARATORS.contains(byte));
    let is_compact = end > 8 && is_separator(8) && is_compact_date(&text[..8]);
    let is_year = || text[..4].iter().all(u8::is_ascii_digit);
    // `2020-01-06-05:00` may end in an offset.
    let is_offset = || text[10] == b'-' && text.split(|byte| *byte == b':').count() == 2;
    let is_long = end > 10 && is_separator(10) && is_year() && !is_offset();
    let end = match (is_compact, is_long) {
        (true, _) => 8,
        (false, true) => 10,
        (false, false) => end,
    };
    (&text[..end], text.get(end + 1..).unwrap_or_default())
}

/// Converts a clock time such as `09-30-00` or `09.30.00` to `09:30:00`.
fn with_colons(clock: &[u8]) -> Option<Vec<u8>> {
    let separator = *clock.get(2).filter(|byte| matches!(byte, b'-' | b'.'))?;
    let mut parts = clock.split(|&byte| byte == separator);
    let is_right = parts.all(|part| part.len() == 2 && part.iter().all(u8::is_ascii_digit));
    is_right.then(|| clock.iter().map(|&b| if b == separator { b':' } else { b }).collect())
}

/// Parses `YYYY-MM-DD` (also with `/` or `.`), `DD.MM.YYYY`, `YYYYMMDD`,
/// and dates with the year last or of two digits in the order of `style`.
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
        (3 | 4, 1 | 2, _) | (1 | 2, 1 | 2, DateOrder::YearFirst) => (first, second, third),
        (1 | 2, 4, DateOrder::Unknown) if separator == b'.' => (third, second, first),
        (1 | 2, 4 | 2, DateOrder::DayFirst) => (third, second, first),
        (1 | 2, 4 | 2, DateOrder::MonthFirst) => (third, first, second),
        _ => return None,
    };
    date_ms(full_year(year)?, parse_digits(month)?, parse_digits(day)?)
}
