//! Classifies a single cell: a date, a clock time, a number that is a
//! time.

use super::clock::parse_clock;
use super::decide::LATEST_MS;
use super::digits::{EARLIEST_MS, MS_PER_DAY, parse_digits, parse_iso_seconds};
use super::number_formats::{NUMBER_FORMATS, NumberFormat};
use super::style::{DateOrder, DigitClock, Style};
use super::text::parse_text;

/// Returns whether `text` is a clock time without a date: `09:30`,
/// `093000`.
pub(crate) fn is_clock(text: &[u8]) -> bool {
    let style = |clock| Style { order: DateOrder::Unknown, clock };
    // `1899-12-30 09:30:00` is one.
    if parse_iso_seconds(text).is_some_and(|time_ms| time_ms > 0) {
        return false;
    }
    let is_number = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    let joined = [b"2000-01-01 ", text].concat();
    let is = |clock| {
        // A number has no other spelling.
        if is_number {
            return parse_clock(text, style(clock)).is_some();
        }
        parse_text(&joined, style(clock)).is_some()
    };
    !text.is_empty() && text.len() <= 20 && (is(DigitClock::Whole) || is(DigitClock::Seconds))
}

/// Returns whether `text` is a clock time and cannot be a price: `09:30`,
/// `093000`, `9:30 AM`.
pub(crate) fn is_bare_clock(text: &[u8]) -> bool {
    let all_digits = text.iter().all(u8::is_ascii_digit);
    // `202003` is a contract month.
    let is_month =
        || NumberFormat::named("yyyymm").is_some_and(|month| month.parse(text).is_some());
    let is_bare = if all_digits { text.len() == 6 && !is_month() } else { text.contains(&b':') };
    is_bare && is_clock(text)
}

/// Returns whether `text` is a number that is a likely time without a
/// setting.
pub(crate) fn is_numeric_time(text: &[u8]) -> bool {
    let is_likely = |ms: i64| (EARLIEST_MS..LATEST_MS).contains(&ms);
    let mut formats = NUMBER_FORMATS.iter().filter(|format| format.is_automatic);
    formats.any(|format| format.parse(text).is_some_and(is_likely))
}

/// Returns whether `text` is a date in any order.
pub(crate) fn is_date(text: &[u8]) -> bool {
    let style = |order| Style { order, clock: DigitClock::Whole };
    DateOrder::ALL.into_iter().any(|order| parse_text(text, style(order)).is_some())
}

/// Returns whether `text` can be a number of milliseconds, or of a longer
/// unit, since midnight.
pub(crate) fn is_number_of_day(text: &[u8]) -> bool {
    let whole = text.strip_suffix(b".0").unwrap_or(text);
    parse_digits(whole).is_some_and(|count| count < MS_PER_DAY)
}

/// Returns whether `text` is a date with a time zone.
pub(crate) fn is_zoned(text: &[u8]) -> bool {
    let style = |order| Style { order, clock: DigitClock::Whole };
    let mut stamps = DateOrder::ALL.into_iter().filter_map(|order| parse_text(text, style(order)));
    stamps.any(|stamp| stamp.zone.is_some())
}
