//! Reads numbers as people and web pages write them: `$1,234.50`,
//! `1.234,5`, `1.2K`, `5 %`.

use super::config::Decimal;
use super::number;

const MONEY: [char; 6] = ['$', '€', '£', '¥', '₹', '₽'];

/// Shorter writings of a power of ten.
const SUFFIXES: [(char, &str); 5] =
    [('K', "e3"), ('M', "e6"), ('B', "e9"), ('T', "e12"), ('%', "e-2")];

/// What stands where a number is not known.
const UNKNOWN: [&str; 11] =
    ["", "-", "--", "nan", "null", "none", "na", "n/a", "#n/a", "<na>", "nat"];

/// Returns the number that `text` is with this decimal sign.
pub(super) fn parse(text: &[u8], decimal: Decimal) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let text = text.trim_start_matches(MONEY).trim_end_matches(MONEY).trim();
    let last = text.chars().next_back()?.to_ascii_uppercase();
    let suffix = SUFFIXES.iter().find(|(letter, _)| *letter == last);
    let (digits, power) = match suffix {
        Some((_, power)) => (text[..text.len() - 1].trim_end(), *power),
        None => (text, ""),
    };
    let plain = without_groups(digits, decimal)?;
    // As decimal text, so that not a bit is rounded away.
    number::parse(format!("{sign}{plain}{power}").as_bytes())
}

/// Returns `text` with a point and without separators of thousands.
fn without_groups(text: &str, decimal: Decimal) -> Option<String> {
    let (sign, separators): (char, &[char]) = match decimal {
        Decimal::Point => ('.', &[',', ' ', '\'', '\u{a0}', '\u{202f}']),
        Decimal::Comma => (',', &['.', ' ', '\'', '\u{a0}', '\u{202f}']),
    };
    let (whole, fraction) = match text.split_once(sign) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(separators);
    let first = groups.next()?;
    let mut plain = first.to_owned();
    let mut rest: Vec<&str> = groups.collect();
    let last = rest.pop();
    // In India two digits stand between.
    let is_right = rest.iter().all(|group| matches!(group.len(), 2 | 3))
        && last.is_none_or(|last| last.len() == 3 && matches!(first.len(), 1..=3));
    for group in rest.into_iter().chain(last) {
        plain.push_str(group);
    }
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    let has_digits = plain.bytes().any(|byte| byte.is_ascii_digit());
    let all_digits = are_digits(&plain.replacen('.', "", 1));
    (is_right && has_digits && all_digits).then_some(plain)
}

/// Whether `text` says that a number is not known.
pub(super) fn is_unknown(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    UNKNOWN.iter().any(|unknown| text.eq_ignore_ascii_case(unknown.as_bytes()))
}

/// Whether `cell` says in words that something is not known.
pub(super) fn is_null(cell: &str) -> bool {
    cell.len() > 1 && cell.chars().any(char::is_alphabetic) && is_unknown(cell.as_bytes())
}

/// Returns the number in `cell`, whatever its decimal sign.
pub(super) fn number_in(cell: &str) -> Option<f64> {
    let bytes = cell.trim().as_bytes();
    number::parse(bytes)
        .or_else(|| parse(bytes, Decimal::Point))
        .or_else(|| parse(bytes, Decimal::Comma))
}

/// Decides the decimal sign of all `cells`: the one that most of them
/// show. An error says what could be either.
pub(super) fn decide<'a>(cells: impl Iterator<Item = &'a str>) -> Result<Decimal, String> {
    let (mut n_points, mut n_commas, mut either) = (0, 0, None);
    for cell in cells.filter(|cell| number_in(cell).is_some()) {
        match sign_of(cell) {
            Some(Decimal::Point) => n_points += 1,
            Some(Decimal::Comma) => n_commas += 1,
            None if cell.contains(',') => either = either.or(Some(cell)),
            None => {}
        }
    }
    if n_commas > n_points {
        return Ok(Decimal::Comma);
    }
    match either {
        Some(cell) if n_points == 0 => {
            let read = |decimal| parse(cell.as_bytes(), decimal).unwrap_or_default();
            Err(format!(
                "`{cell}` could be {} or {}: set `bars.decimal`, or pass `--decimal`: `point` \
                 for the first or `comma` for the second",
                read(Decimal::Point),
                read(Decimal::Comma)
            ))
        }
        _ => Ok(Decimal::Point),
    }
}

/// Returns the decimal sign that `cell` shows, if it does.
fn sign_of(cell: &str) -> Option<Decimal> {
    let (points, commas) = (cell.matches('.').count(), cell.matches(',').count());
    let after = |sign: char| {
        let tail = cell.rsplit(sign).next().unwrap_or_default();
        tail.bytes().take_while(u8::is_ascii_digit).count()
    };
    let before = |sign: char| {
        let head = cell.split(sign).next().unwrap_or_default();
        head.bytes().filter(u8::is_ascii_digit).count()
    };
    match (points, commas) {
        (0, 0) => None,
        (1.., 1..) if cell.rfind('.') > cell.rfind(',') => Some(Decimal::Point),
        (0, 2..) => Some(Decimal::Point),
        (1.., 1..) | (2.., 0) => Some(Decimal::Comma),
        (0, _) if after(',') != 3 || !(1..=3).contains(&before(',')) => Some(Decimal::Comma),
        (0, _) if cell.trim_start_matches('-').starts_with("0,") => Some(Decimal::Comma),
        (0, _) => None,
        _ if after('.') != 3 => Some(Decimal::Point),
        _ => None,
    }
}
