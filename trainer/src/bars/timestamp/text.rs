//! Reads dates, clock times and zones in their many spellings.

use super::{MS_PER_MINUTE, clock_ms, date_ms, is_compact_date, parse_digits, thousandths};

/// Reads a date, then perhaps a clock time, then perhaps a zone.
pub(super) fn parse_text(text: &[u8]) -> Option<i64> {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'T' | b't')).unwrap_or(text.len());
    let (date, rest) = text.split_at(end);
    if rest.is_empty() && date.len() == 14 && is_compact_date(date) {
        let (date, clock) = date.split_at(8);
        return Some(parse_date(date)? + parse_clock(clock)?);
    }
    let date_ms = parse_date(date)?;
    let rest = rest.get(1..).unwrap_or_default().trim_ascii();
    if rest.is_empty() {
        return Some(date_ms);
    }
    let end = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.' | b','))
        .unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    Some(date_ms + parse_clock(clock)? - parse_zone(zone.trim_ascii())?)
}

/// Reads `YYYY-MM-DD` (also with `/` or `.`), `DD.MM.YYYY`, `YYYYMMDD`.
fn parse_date(text: &[u8]) -> Option<i64> {
    if text.len() == 8 && is_compact_date(text) {
        let [year, month, day] = [&text[..4], &text[4..6], &text[6..]].map(parse_digits);
        return date_ms(year?, month?, day?);
    }
    let separator = *text.iter().find(|byte| !byte.is_ascii_digit())?;
    let mut parts = text.split(|&byte| byte == separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || second.len() > 2 {
        return None;
    }
    let (year, day) = match (first.len(), separator, third.len()) {
        (4, b'-' | b'/' | b'.', 1 | 2) => (first, third),
        (1 | 2, b'.', 4) => (third, first),
        _ => return None,
    };
    date_ms(parse_digits(year)?, parse_digits(second)?, parse_digits(day)?)
}

/// Reads `HH:MM`, `HH:MM:SS` and fractions of a second, `HHMM`,
/// `HHMMSS`.
fn parse_clock(text: &[u8]) -> Option<i64> {
    let point = text.iter().position(|byte| matches!(byte, b'.' | b',')).unwrap_or(text.len());
    let (clock, fraction) = text.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let has_colon = clock.contains(&b':');
    let is_size_right = has_colon || matches!(clock.len(), 4 | 6);
    let (hour, minute, second) = if has_colon {
        let mut groups = clock.splitn(3, |&byte| byte == b':');
        (groups.next()?, groups.next()?, groups.next())
    } else {
        (clock.get(..2)?, clock.get(2..4)?, clock.get(4..).filter(|second| !second.is_empty()))
    };
    let is_right = is_size_right && hour.len() <= 2 && minute.len() == 2;
    let whole_ms = match second {
        Some(second) if is_right && second.len() == 2 => {
            clock_ms(parse_digits(hour)?, parse_digits(minute)?, parse_digits(second)?)?
        }
        None if is_right && fraction.is_empty() => {
            clock_ms(parse_digits(hour)?, parse_digits(minute)?, 0)?
        }
        _ => return None,
    };
    Some(whole_ms + thousandths(fraction))
}

/// Returns how far ahead of UTC a zone is: nothing, `Z`, `UTC`, `GMT`,
/// `+HH:MM`, `+HHMM`, `+HH`, `GMT+HHMM`.
fn parse_zone(text: &[u8]) -> Option<i64> {
    let offset = match text {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'U' | b'u', b'T' | b't', b'C' | b'c', rest @ ..]
        | [b'G' | b'g', b'M' | b'm', b'T' | b't', rest @ ..]
        | rest => rest,
    };
    let (sign, digits) = match offset {
        [] => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, &b"0"[..]),
        4 => digits.split_at(2),
        5 if digits[2] == b':' => (&digits[..2], &digits[3..]),
        _ => return None,
    };
    let (hours, minutes) = (parse_digits(hours)?, parse_digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * MS_PER_MINUTE)
}
