//! Time zones in the names of time columns: `Time (EET)`, `timestamp_utc`,
//! `utc+8`, `New York Time`.

use super::names::words;
use crate::market::bars::timestamp::TimeZone;

/// Ambiguous or unsupported abbreviations of time zones.
const AMBIGUOUS_ZONES: [&str; 22] = [
    "IST", "CST", "AST", "ADT", "GST", "BRT", "BRST", "ART", "CLT", "COT", "PET", "PHT", "ICT",
    "MYT", "THA", "TRT", "EAT", "WAT", "CAT", "SST", "UZT", "KZT",
];

/// Places whose zone is named after another one, or has a name of its own.
const PLACES: [(&str, &str); 10] = [
    ("ny", "America/New_York"),
    ("eastern", "America/New_York"),
    ("sydney", "Australia/Sydney"),
    ("beijing", "Asia/Shanghai"),
    ("china", "Asia/Shanghai"),
    ("北京时间", "Asia/Shanghai"),
    ("japan", "Asia/Tokyo"),
    ("korea", "Asia/Seoul"),
    ("india", "Asia/Kolkata"),
    ("mez", "CET"),
];

/// The most milliseconds between a zone and UTC.
const OFFSET_MAX_MS: i64 = 14 * 3_600_000;

/// Returns the time zone in the name of a time column.
pub(super) fn zone_of(name: &str) -> Option<TimeZone> {
    let inner = name.split_once(['(', '[']).map(|(_, inner)| inner.trim_end_matches([')', ']']));
    let whole = inner.and_then(|inner| TimeZone::parse(inner.trim()));
    let words = words(name);
    let abbreviated = || {
        let upper = words.iter().filter(|word| word.len() > 1).map(|word| word.to_uppercase());
        upper.into_iter().find_map(|word| TimeZone::parse(&word))
    };
    match whole.map(Ok).or_else(|| offset_in(name)) {
        Some(offset) => offset.ok(),
        None => abbreviated().or_else(|| zone_of_place(&words)),
    }
}

/// Returns the offset behind `UTC` or `GMT`: `utc+8`, `GMT2`,
/// `utc_plus_8`, `UTC+0530`. The error is one that cannot be read, such
/// as `UTC+5.5`.
fn offset_in(name: &str) -> Option<Result<TimeZone, String>> {
    let lower = name.to_lowercase().replace("plus", "+").replace("minus", "-");
    let lower = lower.replace(['\u{2212}', '\u{2013}'], "-");
    let begin = ["utc", "gmt"].iter().find_map(|utc| Some(lower.find(utc)? + utc.len()))?;
    let is_blank = [' ', '_'];
    let signed = lower[begin..].trim_start_matches(is_blank);
    let sign = if signed.starts_with('-') { '-' } else { '+' };
    let digits = match signed.strip_prefix(sign) {
        Some(digits) => digits.trim_start_matches(is_blank),
        None => &lower[begin..],
    };
    let is_digit = |letter: char| letter.is_ascii_digit() || letter == ':';
    let end = digits.find(|letter| !is_digit(letter)).unwrap_or(digits.len());
    let next = digits[end..].chars().next();
    // `utc5m` has the interval of its bars.
    let is_interval = !signed.starts_with(sign) && next.is_some_and(char::is_alphabetic);
    if !digits.starts_with(|letter: char| letter.is_ascii_digit()) || is_interval {
        return None;
    }
    let offset = TimeZone::parse(&format!("{sign}{}", &digits[..end])).filter(|zone| {
        let is_near = matches!(zone, TimeZone::Offset(ms) if ms.abs() <= OFFSET_MAX_MS);
        is_near && next.is_none_or(|next| [')', ']', ' ', '_'].contains(&next))
    });
    let shown = || lower[begin - "utc".len()..].trim_end_matches([')', ']']).to_uppercase();
    Some(offset.ok_or_else(shown))
}

/// Returns the zone of a place that is one word, or two.
fn zone_of_place(words: &[String]) -> Option<TimeZone> {
    let names = words.windows(1).chain(words.windows(2)).map(<[String]>::concat);
    names.into_iter().find_map(|name| {
        let known = PLACES.iter().find(|(place, _)| *place == name);
        known.map_or_else(|| TimeZone::of_city(&name), |(_, zone)| TimeZone::parse(zone))
    })
}

/// Returns an ambiguous or unsupported abbreviation of a time zone at the
/// end of the name of a time column, or an offset that cannot be read.
pub(super) fn unknown_zone_of(name: &str) -> Option<String> {
    if let Some(Err(offset)) = offset_in(name) {
        return Some(offset);
    }
    let last = words(name).last()?.to_uppercase();
    let is_unknown = AMBIGUOUS_ZONES.contains(&last.as_str()) && TimeZone::parse(&last).is_none();
    is_unknown.then_some(last)
}
