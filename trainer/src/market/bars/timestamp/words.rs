//! Reads dates whose month is a word: `06-Jan-2020`, `Jan 06, 2020`,
//! `Mon, 06 Jan 2020 09:30:00 GMT`, `6 January 2020`, `2020-Jan-06`.

use super::text::{Stamp, Style, full_year, parse_clock_and_zone};
use super::{date_ms, parse_digits};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Reads a date with a month in words, then perhaps a clock time and a
/// zone.
pub(super) fn parse_words(text: &[u8], style: Style) -> Option<Stamp> {
    let text = std::str::from_utf8(text).ok()?;
    let (before, month, after) = split_at_month(text)?;
    let before = before.trim_end_matches(is_separator);
    let n_digits = before.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (weekday, first) = before.split_at(before.len() - n_digits);
    let weekday = weekday.trim_end_matches(is_separator);
    if !weekday.is_empty() && !is_name(weekday, &WEEKDAYS) {
        return None;
    }
    let (second, rest) = leading_digits(after);
    let (year, day, rest) = match (first.len(), second.len()) {
        (4, 1 | 2) => (first, second, rest),
        (1 | 2, 2 | 4) => (second, first, rest),
        // A month alone begins on its first day.
        (0, 4) => (second, "1", rest),
        (0, 1 | 2) => {
            let (year, rest) = leading_digits(rest);
            (year, second, rest)
        }
        _ => return None,
    };
    let date_ms = date_ms(full_year(year.as_bytes())?, month, parse_digits(day.as_bytes())?)?;
    let rest = rest.trim_start_matches([',', ' ', 'T']);
    let (clock_ms, zone) = parse_clock_and_zone(rest.as_bytes(), style)?;
    Some(Stamp { wall_ms: date_ms + clock_ms, zone })
}

fn is_separator(letter: char) -> bool {
    matches!(letter, ' ' | '-' | '/' | '.' | ',')
}

/// Returns the digits that `text` begins with, and what follows.
fn leading_digits(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(is_separator);
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Finds the first word that is a month, and returns it as a number.
fn split_at_month(text: &str) -> Option<(&str, i64, &str)> {
    let mut start = 0;
    while let Some(begin) = text[start..].find(|letter: char| letter.is_ascii_alphabetic()) {
        let begin = start + begin;
        let end = text[begin..]
            .find(|letter: char| !letter.is_ascii_alphabetic())
            .map_or(text.len(), |length| begin + length);
        let word = &text[begin..end];
        if let Some(idx) = MONTHS.iter().position(|month| is_short_for(word, month)) {
            let month = i64::try_from(idx).expect("there are twelve") + 1;
            return Some((&text[..begin], month, &text[end..]));
        }
        start = end;
    }
    None
}

fn is_name(word: &str, names: &[&str]) -> bool {
    names.iter().any(|name| is_short_for(word, name))
}

/// Whether `word` is `name` or its first three letters, or `Sept`.
fn is_short_for(word: &str, name: &str) -> bool {
    word.eq_ignore_ascii_case(name)
        || word.eq_ignore_ascii_case(&name[..3])
        || (name == "september" && word.eq_ignore_ascii_case("sept"))
}
