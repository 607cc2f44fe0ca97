//! Parses the names of files: symbol, date, number of a part. Their times
//! then decide whether they are parts of one series.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::market::bars::input::TABLES;
use crate::market::bars::timestamp::parse_time_ms;

/// Words before the number of a part.
const PARTS: [&str; 4] = ["part", "chunk", "piece", "split"];

/// Words between the first and the last day of a range.
const RANGE_WORDS: [&str; 4] = ["to", "bis", "until", "thru"];

/// Returns the symbol in the name of a file: the name without its
/// extensions, such as `BRK.B` of `BRK.B.csv.gz`.
pub(in crate::market::bars) fn symbol_of(file_name: &str) -> &str {
    let is_extension =
        |part: &str| TABLES.iter().any(|extension| part.eq_ignore_ascii_case(extension));
    let mut begin = 0;
    for part in file_name.split('.') {
        if begin > 0 && is_extension(part) {
            return &file_name[..begin - 1];
        }
        begin += part.len() + 1;
    }
    file_name.split('.').next().unwrap_or_default()
}

/// A name with a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatedName {
    /// The name without the dates.
    pub(super) stem: String,
    /// The first day of the month, if the date is only a month.
    pub(super) month: Option<NaiveDate>,
}

impl DatedName {
    /// Parses a name with one date, or with a first and a last one.
    pub(super) fn of(name: &str) -> Option<Self> {
        let tokens = tokens(name);
        let mut stem = String::new();
        let mut month = None;
        let (mut idx, mut n_dates) = (0, 0);
        while idx < tokens.len() {
            if let Some(date) = Date::at(&tokens, idx).filter(|_| n_dates < 2) {
                month = match date.kind {
                    DateKind::Month(begin) if n_dates == 0 => Some(begin),
                    _ => None,
                };
                n_dates += 1;
                idx += date.n_tokens;
                continue;
            }
            let is_until = n_dates == 1 && RANGE_WORDS.contains(&tokens[idx]);
            let is_second_separator =
                is_separator(tokens[idx]) && n_dates > 0 && !ends_in_word(&stem);
            if !is_until && !is_second_separator {
                stem.push_str(tokens[idx]);
            }
            idx += 1;
        }
        let stem = without_part(&stem);
        (n_dates > 0).then(|| Self { stem: trimmed(stem).to_owned(), month })
    }
}

/// Groups names that differ only by the number of a part: after a word
/// for it, or consecutive from 0 or 1. Returns the common name and the
/// indices of the parts.
pub(super) fn counted_parts(names: &[&str]) -> Vec<(String, Vec<usize>)> {
    let mut alike: BTreeMap<(String, String), Vec<(u64, usize)>> = BTreeMap::new();
    for (name_idx, name) in names.iter().enumerate() {
        let tokens = tokens(name);
        for (idx, token) in tokens.iter().enumerate() {
            if let Ok(number) = token.parse() {
                let key = (tokens[..idx].concat(), tokens[idx + 1..].concat());
                alike.entry(key).or_default().push((number, name_idx));
            }
        }
    }
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    let mut is_taken = vec![false; names.len()];
    for ((head, tail), mut parts) in alike {
        // Browsers number the second download of a name, and later ones.
        let first = head.strip_suffix(" (").zip(tail.strip_prefix(')'));
        let first = first.map(|(head, tail)| format!("{head}{tail}"));
        let first_idx = first.and_then(|first| names.iter().position(|name| *name == first));
        parts.extend(first_idx.filter(|idx| !is_taken[*idx]).map(|idx| (0, idx)));
        parts.sort_unstable();
        if parts.len() < 2 || parts.iter().any(|&(_, idx)| is_taken[idx]) {
            continue;
        }
        let begin = parts[0].0;
        let follow = parts.iter().zip(begin..).all(|((number, _), expected)| *number == expected);
        let word_start = part_word_start(&head);
        let are_parts = word_start.is_some() || begin < 2 && follow;
        if are_parts {
            for &(_, idx) in &parts {
                is_taken[idx] = true;
            }
            let head = &head[..word_start.unwrap_or(head.len())];
            let stem = trimmed(&format!("{}{tail}", trimmed(head))).to_owned();
            groups.push((stem, parts.into_iter().map(|(_, idx)| idx).collect()));
        }
    }
    groups
}

/// Returns `stem` without the number of a part at its end, which may be one
/// of several of one day, and the id that Spark writes behind it:
/// `part-00001-0a1b-c000`. A symbol behind it stays.
fn without_part(stem: &str) -> &str {
    let is_id = |token: &str| {
        token == "snappy" || token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let begin = |part: &&str| {
        let begin = stem.rfind(*part)?;
        let rest = &stem[begin + part.len()..];
        let mut tokens = rest.split(|letter: char| !letter.is_alphanumeric());
        let has_number = rest.contains(|letter: char| letter.is_ascii_digit());
        let is_word = !stem[..begin].ends_with(char::is_alphanumeric);
        (is_word && has_number && tokens.all(is_id)).then_some(begin)
    };
    PARTS.iter().find_map(begin).map_or(stem, |begin| &stem[..begin])
}

/// Returns `name` without the number that a browser gives the second
/// download of a name, and without the word of a copy: `BTC (1)`, `BTC -
/// Copy`.
pub(super) fn without_copy_number(name: &str) -> &str {
    let numbered = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let is_count = |number: &str| number.bytes().all(|byte| byte.is_ascii_digit());
    let name = numbered.filter(|(_, number)| is_count(number)).map_or(name, |(name, _)| name);
    let copied = [" - Copy", " copy"].iter().find_map(|word| name.strip_suffix(word));
    copied.unwrap_or(name)
}

/// Returns the start of a word for a part at the end of `head`.
fn part_word_start(head: &str) -> Option<usize> {
    let head = head.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    PARTS.iter().find_map(|part| {
        let begin = head.len().checked_sub(part.len())?;
        head.get(begin..)?.eq_ignore_ascii_case(part).then_some(begin)
    })
}

fn is_separator(token: &str) -> bool {
    !token.starts_with(char::is_alphanumeric)
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(char::is_alphanumeric)
}

fn trimmed(stem: &str) -> &str {
    stem.trim_matches(|letter: char| !letter.is_alphanumeric())
}

/// Splits a name into numbers, words and single other characters.
fn tokens(name: &str) -> Vec<&str> {
    let kind = |letter: char| match letter {
        letter if letter.is_ascii_digit() => 0,
        letter if letter.is_alphabetic() => 1,
        _ => 2,
    };
    let mut tokens = Vec::new();
    let mut begin = 0;
    for (idx, letter) in name.char_indices().skip(1) {
        let before = name[begin..idx].chars().next_back().unwrap_or_default();
        if kind(letter) == 2 || kind(before) != kind(letter) {
            tokens.push(&name[begin..idx]);
            begin = idx;
        }
    }
    tokens.push(&name[begin..]);
    tokens
}

/// A date in a name, and the number of its tokens.
struct Date {
    n_tokens: usize,
    kind: DateKind,
}

impl Date {
    /// Returns the longest date that begins with the token at `begin`.
    fn at(tokens: &[&str], begin: usize) -> Option<Self> {
        // The possible parts of a date, and the number of tokens up to
        // the end of each.
        let (mut parts, mut ends): (Vec<&str>, Vec<usize>) = (Vec::new(), Vec::new());
        for (idx, token) in tokens.iter().enumerate().skip(begin) {
            if !is_separator(token) {
                parts.push(token);
                ends.push(idx + 1 - begin);
            } else if parts.is_empty() || is_separator(tokens[idx - 1]) {
                break;
            }
            if parts.len() == 3 {
                break;
            }
        }
        // `M10_2021` is not October 2021. A month without a year must be
        // the whole name.
        let is_apart = begin == 0 || is_separator(tokens[begin - 1]);
        let is_lone_word =
            |n_parts| n_parts == 1 && !parts[0].starts_with(|l: char| l.is_ascii_digit());
        (1..=parts.len()).rev().find_map(|n_parts| {
            if parts[0].len() < 4 && !is_apart || is_lone_word(n_parts) && tokens.len() > 1 {
                return None;
            }
            let kind = date_of(&parts[..n_parts])?;
            Some(Self { n_tokens: ends[n_parts - 1], kind })
        })
    }
}

/// The precision of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateKind {
    /// Only a month, which begins on this day.
    Month(NaiveDate),
    Other,
}

/// Parses the date of `parts`.
fn date_of(parts: &[&str]) -> Option<DateKind> {
    let date = |year: &str, month: &str, day: &str| {
        let is_year = year.len() == 4 && (year.starts_with("19") || year.starts_with("20"));
        let are_two = month.len() == 2 && day.len() == 2;
        let [year, month, day] = [year, month, day].map(|part| part.parse::<u32>().ok());
        let year = i32::try_from(year?).ok()?;
        NaiveDate::from_ymd_opt(year, month?, day?).filter(|_| is_year && are_two)
    };
    let is_word = |text: &str| text.chars().all(char::is_alphabetic);
    let in_words = |month: &str, year: &str| {
        let is_month = is_word(month) && date(year, "01", "01").is_some();
        is_month && parse_time_ms(&format!("{month} {year}")).is_some()
    };
    let is_of = |letters: &[&str], word: &str, number: &str| {
        let is_number = matches!(number.len(), 1 | 2) && number.parse::<u32>().is_ok();
        is_number && letters.iter().any(|letter| word.eq_ignore_ascii_case(letter))
    };
    match *parts {
        [word] if is_word(word) => {
            (word.len() > 2 && in_words(word, "2000")).then_some(DateKind::Other)
        }
        [digits] if digits.len() == 4 => date(digits, "01", "01").map(|_| DateKind::Other),
        [digits] if digits.len() == 6 && digits.is_ascii() => {
            date(&digits[..4], &digits[4..], "01").map(DateKind::Month)
        }
        [digits] if matches!(digits.len(), 8 | 12 | 14) && digits.is_ascii() => {
            date(&digits[..4], &digits[4..6], &digits[6..8]).map(|_| DateKind::Other)
        }
        [one, other] => {
            let month = date(one, other, "01").or_else(|| date(other, one, "01"));
            let are_words = in_words(one, other) || in_words(other, one);
            month.map(DateKind::Month).or_else(|| are_words.then_some(DateKind::Other))
        }
        [year, word, number] if is_of(&["q", "w", "m", "h"], word, number) => {
            date(year, "01", "01").map(|_| DateKind::Other)
        }
        [word, number, year] if is_of(&["q", "w"], word, number) => {
            date(year, "01", "01").map(|_| DateKind::Other)
        }
        [one, two, three] => {
            let orders = [[one, two, three], [three, two, one], [three, one, two]];
            let is_date = orders.iter().any(|[year, month, day]| date(year, month, day).is_some());
            is_date.then_some(DateKind::Other)
        }
        _ => None,
    }
}
