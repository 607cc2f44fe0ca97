//! Writes times of other forms as `2021-03-04 09:30`: with signs and words
//! of other languages, the clock before the date, a weekday.

use super::words::{is_month, is_weekday};

/// Signs and words, and what stands for them.
const SIGNS: [(&str, &str); 37] = [
    ("\u{5e74}", "-"),
    ("\u{6708}", "-"),
    ("\u{65e5}", " "),
    ("\u{b144}", "-"),
    ("\u{c6d4}", "-"),
    ("\u{c77c}", " "),
    ("\u{65f6}", ":"),
    ("\u{6642}", ":"),
    ("\u{c2dc}", ":"),
    ("\u{5206}", ":"),
    ("\u{bd84}", ":"),
    ("\u{79d2}", ":"),
    ("\u{cd08}", ":"),
    ("\u{5348}\u{524d}", " AM "),
    ("\u{4e0a}\u{5348}", " AM "),
    ("\u{c624}\u{c804}", " AM "),
    ("\u{5348}\u{5f8c}", " PM "),
    ("\u{4e0b}\u{5348}", " PM "),
    ("\u{c624}\u{d6c4}", " PM "),
    ("a.m.", "AM"),
    ("p.m.", "PM"),
    ("a. m.", "AM"),
    ("p. m.", "PM"),
    // The years of the Republic of China are those of three digits.
    ("\u{6c11}\u{570b}", ""),
    (" de ", " "),
    (" a las ", " "),
    (" \u{433}.", ""),
    // `Jan '15`
    ("'", ""),
    // The day of a clock time alone: by pandas, spreadsheets, Access and
    // `strptime`.
    (" 0 days ", " "),
    (" 1899-12-30 ", " "),
    (" 1899-12-31 ", " "),
    (" 1900-01-00 ", " "),
    (" 1900-01-01 ", " "),
    ("\u{2010}", "-"),
    ("\u{2212}", "-"),
    ("\u{ff0f}", "/"),
    ("\u{ff1a}", ":"),
];

/// Marks of no width: of the byte order, and of the direction of a text.
const MARKS: [char; 4] = ['\u{feff}', '\u{200b}', '\u{200e}', '\u{200f}'];

/// Words and signs between a date and its clock time, or behind it.
const LINKS: [&str; 10] = ["-", "|", "@", "at", "um", "\u{e0}", "alle", "klo", "kl.", "Uhr"];

/// Clock times of a date alone, which another clock time may follow.
const MIDNIGHTS: [&str; 3] = [" 00:00:00 ", " 00:00 ", " 12:00:00 AM "];

/// Returns `text` in a usual form; `None` if it has no other one.
pub(super) fn respelled(text: &str) -> Option<String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let mut plain: String =
        inner.chars().filter(|l| !MARKS.contains(l)).map(usual_letter).collect();
    if let Some((date, (weekday, rest))) =
        plain.split_once('(').and_then(|(date, rest)| Some((date, rest.split_once(')')?)))
        && is_weekday(weekday)
    {
        plain = format!("{date} {rest}");
    }
    for (sign, usual) in SIGNS {
        if plain.contains(sign) {
            plain = plain.replace(sign, usual);
        }
    }
    let plain = without_blanks_in_date(&plain);
    let all = plain.split([' ', ',', ';']).filter(|word| !word.is_empty());
    let mut all: Vec<String> = all.flat_map(split_word).collect();
    drop_links(&mut all);
    let n_months = all.iter().filter(|word| is_month(word)).count();
    // `mar` is a weekday in French, Italian and Spanish, too.
    let is_kept = |word: &&String| !is_weekday(word) || is_month(word) && n_months < 2;
    let words = with_clock_last(all.iter().filter(is_kept).cloned().collect());
    let mut joined = words.join(" ");
    for midnight in MIDNIGHTS {
        let doubled = joined.split_once(midnight);
        if let Some((date, clock)) = doubled.filter(|(_, clock)| is_clock(clock)) {
            joined = format!("{date} {clock}");
        }
    }
    (joined != text).then_some(joined)
}

/// Removes what stands between a date and its clock time or behind it, and
/// the name of a zone after its offset: `+0000 UTC`.
fn drop_links(words: &mut Vec<String>) {
    let is_offset = |word: &String| word.len() == 5 && word.starts_with(['+', '-']);
    let has_clock = |words: &[String]| words.iter().any(|word| word.contains(':'));
    // A `-` after a clock time is that of a range.
    let idx = words.iter().position(|word| LINKS.contains(&word.as_str()));
    if let Some(idx) = idx.filter(|idx| words[*idx] == "Uhr" || !has_clock(&words[..*idx])) {
        words.remove(idx);
        return drop_links(words);
    }
    if let [.., offset, name] = &words[..]
        && is_offset(offset)
        && name.bytes().all(|letter| letter.is_ascii_uppercase())
    {
        words.pop();
    }
}

/// Returns a blank for one of another width, and digits of usual width.
fn usual_letter(letter: char) -> char {
    match letter {
        '_' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{3000}' => ' ',
        '\u{ff10}'..='\u{ff19}' => {
            char::from(u8::try_from(u32::from(letter) - 0xff10).unwrap_or_default() + b'0')
        }
        other => other,
    }
}

/// Removes blanks after the first two points or hyphens of a date, and a
/// point after its end: `2020. 1. 6.`, `6. 1. 2020`.
fn without_blanks_in_date(text: &str) -> String {
    let mut plain = String::new();
    let mut n_separators = 0;
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        let is_after_digit = plain.ends_with(|before: char| before.is_ascii_digit());
        let is_separator = matches!(letter, '.' | '-') && is_after_digit;
        n_separators += usize::from(is_separator);
        let is_end =
            is_separator && n_separators > 2 && rest.peek().is_none_or(|next| *next == ' ');
        let is_inside = letter == ' ' && n_separators < 3 && plain.ends_with(['.', '-']);
        if !is_end && !is_inside {
            plain.push(letter);
        }
    }
    plain
}

/// Splits a date from a clock time after a hyphen, and writes `09h30` and
/// `09:30:` as `09:30`.
fn split_word(word: &str) -> Vec<String> {
    let has = |text: &str, signs: &[char]| text.contains(signs);
    if let Some((date, clock)) = word.split_once('-')
        && has(date, &['/', '.'])
        && has(clock, &[':'])
    {
        return vec![date.to_owned(), clock.to_owned()];
    }
    // As kdb+ writes it.
    if let Some((date, clock)) = word.split_once('D')
        && has(date, &['.'])
        && has(clock, &[':'])
    {
        return vec![date.replace('.', "-"), clock.to_owned()];
    }
    if let Some((hour, minute)) = word.split_once(['h', 'H'])
        && matches!(hour.len(), 1 | 2)
        && matches!(minute.len(), 0 | 2)
        && (hour.to_owned() + minute).bytes().all(|byte| byte.is_ascii_digit())
    {
        return vec![format!("{hour}:{minute:0<2}")];
    }
    let clock = word.trim_end_matches(':');
    let is_hour = clock.len() < word.len() && !clock.contains(':');
    vec![if is_hour { format!("{clock}:00") } else { clock.to_owned() }]
}

fn is_clock(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_digit()) && word.contains(':')
}

/// Moves a clock time behind the date, and `AM` or `PM` behind the clock
/// time; joins a date in three words.
fn with_clock_last(mut words: Vec<String>) -> Vec<String> {
    let is_half = |word: &String| ["AM", "PM"].iter().any(|half| word.eq_ignore_ascii_case(half));
    let n_first = words.iter().take_while(|word| is_clock(word) || is_half(word)).count();
    let n_words = words.len();
    words.rotate_left(if n_first < n_words { n_first } else { 0 });
    if let Some(idx) = words.iter().position(is_half)
        && words.get(idx + 1).is_some_and(|next| is_clock(next))
        && !words[idx.saturating_sub(1)].contains(':')
    {
        words.swap(idx, idx + 1);
    }
    let is_part = |word: &String| {
        matches!(word.len(), 1 | 2 | 4) && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let n_parts = words.iter().take_while(|word| is_part(word)).count();
    let has_year = n_parts > 2 && (words[0].len() == 4 || words[2].len() == 4);
    if has_year && words[1].len() < 3 {
        let rest = words.split_off(3);
        let clock = rest[..n_parts - 3].join(":");
        let rest = rest.into_iter().skip(n_parts - 3);
        let joined = [words.join("-"), clock].into_iter().filter(|word| !word.is_empty());
        return joined.chain(rest).collect();
    }
    words
}
