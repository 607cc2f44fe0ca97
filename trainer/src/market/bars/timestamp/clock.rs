//! Parses clock times and the time zones after them.

use super::digits::{
    MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND, clock_ms, parse_digits, part_of_day_ms, thousandths,
};
use super::style::{DigitClock, Style};
use super::zone::TimeZone;

const MS_PER_HALF_DAY: i64 = MS_PER_DAY / 2;

/// Parses what follows a date: nothing, or a clock time and possibly a
/// zone. Returns milliseconds since midnight and the zone.
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
                // 24-hour times with a redundant AM or PM.
                (13..=23, MS_PER_HALF_DAY) => ms,
                // In Japan, 0:30 PM is half past noon.
                (0, _) => ms + half_ms,
                _ => return None,
            }
        }
    };
    if zone.is_empty() {
        return Some((clock_ms, None));
    }
    // `01-02` is a range of hours, not one o'clock at UTC-2.
    if half.is_none() && clock.len() <= 2 && matches!(zone.first(), Some(b'+' | b'-')) {
        return None;
    }
    Some((clock_ms, Some(parse_zone(zone)?)))
}

/// Splits off `AM` or `PM`, in any case, possibly with points or after a
/// `-`. Returns it as 0 or 12 hours in milliseconds, and the rest.
fn split_half(text: &[u8]) -> (Option<i64>, &[u8]) {
    let word = text.strip_prefix(b"-").unwrap_or(text);
    for (half_ms, names) in [(0, ["am", "a.m.", "a"]), (MS_PER_HALF_DAY, ["pm", "p.m.", "p"])] {
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

/// Parses a zone; of an offset with a name in brackets, the offset.
fn parse_zone(text: &[u8]) -> Option<TimeZone> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match text.split_once(['[', '(']) {
        Some(("", name)) => name.strip_suffix([']', ')'])?,
        Some((offset, _)) => offset.trim(),
        None => text,
    };
    TimeZone::parse_after_time(text)
}

/// Parses `HH:MM`, `HH:MM:SS` with fractions of a second, `HHMM` and
/// `HHMMSS` to milliseconds since midnight.
pub(super) fn parse_clock(text: &[u8], style: Style) -> Option<i64> {
    // `HH.MM.SS`, as Oracle writes it.
    if let [h1, h2, b'.', m1, m2, b'.', s1, s2, rest @ ..] = text
        && (rest.is_empty() || rest.first() == Some(&b'.'))
    {
        let clock = [&[*h1, *h2, b':', *m1, *m2, b':', *s1, *s2], rest].concat();
        return parse_clock(&clock, style);
    }
    let point = text.iter().position(|byte| matches!(byte, b'.' | b',')).unwrap_or(text.len());
    let (clock, fraction) = text.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // As spreadsheets have it; no bar begins at a part of a second.
    if clock == b"0" && !fraction.is_empty() {
        return part_of_day_ms(fraction, 0.0);
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
        // Milliseconds after a colon.
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

fn parse_digit_clock(text: &[u8], clock: DigitClock) -> Option<i64> {
    let digits = parse_digits(text)?;
    match (clock, text.len()) {
        // The end of the day, or its last hour, if hours are numbered from 1.
        (DigitClock::Hours, 2) if digits == 24 => Some(MS_PER_DAY),
        (DigitClock::Whole | DigitClock::Minutes, 4) if digits == 2400 => Some(MS_PER_DAY),
        (DigitClock::Whole | DigitClock::Seconds, 6) if digits == 240_000 => Some(MS_PER_DAY),
        (DigitClock::Hours, 1 | 2) => clock_ms(digits, 0, 0),
        (DigitClock::Whole, 4) | (DigitClock::Minutes, 1..=4) => {
            clock_ms(digits / 100, digits % 100, 0)
        }
        (DigitClock::Whole, 6) | (DigitClock::Seconds, 1..=6) => {
            clock_ms(digits / 10_000, digits / 100 % 100, digits % 100)
        }
        // `HHMMSS` and milliseconds.
        (DigitClock::Whole | DigitClock::Seconds, 9) => {
            let seconds = parse_digit_clock(&text[..6], DigitClock::Whole)?;
            Some(seconds + parse_digits(&text[6..])?)
        }
        (DigitClock::MinutesOfDay, _) => of_day(digits, MS_PER_MINUTE),
        (DigitClock::SecondsOfDay, _) => of_day(digits, MS_PER_SECOND),
        (DigitClock::MsOfDay, _) => of_day(digits, 1),
        _ => None,
    }
}

/// Converts a number of units since midnight to milliseconds.
fn of_day(count: i64, unit_ms: i64) -> Option<i64> {
    count.checked_mul(unit_ms).filter(|ms| *ms < MS_PER_DAY)
}
