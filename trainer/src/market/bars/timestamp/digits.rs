//! Building blocks of all time formats: digits, dates, clock times.

use chrono::{DateTime, NaiveDate};

use crate::market::bars::number::eight_digits;

pub(super) const MS_PER_SECOND: i64 = 1000;
pub(super) const MS_PER_MINUTE: i64 = 60 * MS_PER_SECOND;
pub(in crate::market::bars) const MS_PER_DAY: i64 = 24 * 60 * MS_PER_MINUTE;
/// 1980-01-01: numbers that mean earlier times mean something else.
pub(super) const EARLIEST_MS: i64 = 315_532_800_000;

/// 1600-01-01: earlier dates are of another calendar, or misspelt.
pub(super) const EARLIEST_DATE_MS: i64 = -11_676_096_000_000;

/// From a date in the 20th century to that in the 21st.
pub(super) const CENTURY_MS: i64 = 36_525 * MS_PER_DAY;

/// Formats `time_ms` as `YYYY-MM-DD HH:MM:SS` in UTC.
pub(in crate::market::bars) fn format_utc(time_ms: i64) -> String {
    match DateTime::from_timestamp_millis(time_ms) {
        Some(time) => time.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
        None => format!("{time_ms} ms"),
    }
}

/// Parses `YYYY-MM-DD HH:MM:SS`, the fast path of ISO 8601.
#[inline]
pub(super) fn parse_iso_seconds(text: &[u8]) -> Option<i64> {
    let text: &[u8; 19] = text.strip_suffix(b"Z").unwrap_or(text).try_into().ok()?;
    let are_separators_right = text[4] == b'-'
        && text[7] == b'-'
        && (text[10] == b' ' || text[10] == b'T')
        && text[13] == b':'
        && text[16] == b':';
    if !are_separators_right {
        return None;
    }
    let year = two_digits(text[0], text[1])? * 100 + two_digits(text[2], text[3])?;
    let month = two_digits(text[5], text[6])?;
    let day = two_digits(text[8], text[9])?;
    let clock_ms = clock_ms(
        two_digits(text[11], text[12])?,
        two_digits(text[14], text[15])?,
        two_digits(text[17], text[18])?,
    )?;
    if day > 28 || !(1..=12).contains(&month) || day == 0 {
        return Some(date_ms(year, month, day)? + clock_ms);
    }
    Some(days_since_1970(year, month, day) * MS_PER_DAY + clock_ms)
}

/// Returns the day's number in the proleptic Gregorian calendar.
///
/// Howard Hinnant, "chrono-compatible low-level date algorithms".
#[inline]
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[inline]
fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}

#[inline]
pub(super) fn clock_ms(hour: i64, minute: i64, second: i64) -> Option<i64> {
    (hour < 24 && minute < 60 && second < 60)
        .then_some((hour * 60 + minute) * MS_PER_MINUTE + second * MS_PER_SECOND)
}

pub(super) fn date_ms(year: i64, month: i64, day: i64) -> Option<i64> {
    let (year, month, day) =
        (i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

/// Parses a number since 1970; its size decides the unit.
pub(super) fn parse_epoch(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (whole, fraction, count) = if let Some(count) = parse_digits(digits) {
        (digits, &[][..], count)
    } else {
        let point = digits.iter().position(|&byte| byte == b'.')?;
        let (whole, fraction) = (&digits[..point], &digits[point + 1..]);
        (whole, fraction, parse_digits(whole)?)
    };
    if is_compact_date(whole) || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude_ms = match whole.len() {
        0..=11 if count < 100_000_000_000 => count * MS_PER_SECOND + thousandths(fraction),
        0..=14 if count < 100_000_000_000_000 => count,
        0..=17 if count < 100_000_000_000_000_000 => count / 1000,
        _ => count / 1_000_000,
    };
    Some(if is_negative { -magnitude_ms } else { magnitude_ms })
}

/// Whether the digits are a date such as `20200131` or `20200131235959`,
/// which since 1970 would be in 1970 and after 2600.
pub(super) fn is_compact_date(digits: &[u8]) -> bool {
    matches!(digits, [b'1', b'9', ..] | [b'2', b'0', ..])
        && matches!(digits.len(), 8 | 14)
        && digits.iter().all(u8::is_ascii_digit)
}

pub(super) fn parse_digits(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let (start, digits) = match digits.split_first_chunk() {
        Some((eight, rest)) => (eight_digits(u64::from_le_bytes(*eight))?.cast_signed(), rest),
        None => (0, digits),
    };
    digits.iter().try_fold(start, |number, &byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(i64::from(digit))
    })
}

/// Returns the first three digits after a decimal point as a number.
pub(super) fn thousandths(fraction: &[u8]) -> i64 {
    let digit = |idx: usize| fraction.get(idx).map_or(0, |&byte| i64::from(byte - b'0'));
    digit(0) * 100 + digit(1) * 10 + digit(2)
}

/// Returns the part of a day that the digits after the decimal point of a
/// day number tell, where days start at the fraction `begin`. It is
/// rounded to what the number of digits can tell: the minute, the second
/// or the millisecond.
#[expect(clippy::cast_possible_truncation, reason = "it is at most a day")]
pub(super) fn part_of_day_ms(fraction: &[u8], begin: f64) -> Option<i64> {
    let text = std::str::from_utf8(fraction).ok()?;
    let part = format!("0.{text}").parse::<f64>().ok()? - begin;
    let unit_ms = match fraction.len() {
        0..=5 => MS_PER_MINUTE,
        6..=8 => MS_PER_SECOND,
        _ => 1,
    };
    Some((part * (MS_PER_DAY / unit_ms) as f64).round() as i64 * unit_ms)
}

/// Parses a year; two digits mean 1969 to 2068, as in POSIX, and three a
/// year of the Republic of China.
pub(in crate::market::bars) fn full_year(text: &[u8]) -> Option<i64> {
    let year = parse_digits(text)?;
    match text.len() {
        4 => Some(year),
        3 => Some(1911 + year),
        2 if year < 69 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

/// Returns `time_ms` a century earlier if it is after `latest_ms` and
/// `text` does not have all digits of its year: `62` is 1962 then.
pub(super) fn of_last_century(text: &[u8], time_ms: i64, latest_ms: i64) -> i64 {
    if time_ms <= latest_ms {
        return time_ms;
    }
    let year = format_utc(time_ms);
    let has_year = text.windows(4).any(|digits| Some(digits) == year.as_bytes().get(..4));
    if has_year { time_ms } else { time_ms - CENTURY_MS }
}
