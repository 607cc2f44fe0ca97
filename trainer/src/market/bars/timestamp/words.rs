//! Parses dates whose month is a word: `06-Jan-2020`, `Jan 06, 2020`,
//! `06 Jan 2020 09:30:00 GMT`, `6th January 2020`, `2020-Jan-06`,
//! `Jan 06 09:30:00 UTC 2020`, `06 janv. 2020`.

use super::clock::parse_clock_and_zone;
use super::digits::{date_ms, full_year, parse_digits};
use super::style::{Style, WallTime};
use crate::market::bars::letters::{has_word, plain_letters};

/// The months in English, then in German, French, Spanish, Italian,
/// Portuguese, Dutch, the Nordic languages, Polish, Czech, Hungarian,
/// Romanian, Turkish, Indonesian and Russian, without accents, where they
/// differ.
const MONTHS: [&str; 12] = [
    "january januar janner janvier enero gennaio janeiro januari tammikuuta stycznia styczen ledna \
     leden ianuarie ocak января январь",
    "february februar feber fevrier febrero febbraio fevereiro februari helmikuuta lutego luty unora \
     unor subat февраля февраль",
    "march marz mrz maerz mars marzo marco maart mrt maaliskuuta marca marzec brezna brezen martie mart \
     marcius maret марта март",
    "april avril abril aprile huhtikuuta kwietnia kwiecien dubna duben aprilis aprilie nisan апреля \
     апрель",
    "may mai mayo maggio maio mei maj maja toukokuuta kvetna kveten majus mayis мая май",
    "june juni juin junio giugno junho kesakuuta czerwca czerwiec cervna cerven junius iunie haziran \
     июня июнь",
    "july juli juillet julio luglio julho heinakuuta lipca lipiec cervence cervenec julius iulie temmuz \
     июля июль",
    "august aout agosto augustus augusti elokuuta sierpnia sierpien srpna srpen augusztus agustus \
     agustos августа август",
    "september septembre septiembre settembre setembro syyskuuta wrzesnia wrzesien zari szeptember \
     septembrie eylul сентября сентябрь",
    "october oktober octobre octubre ottobre outubro lokakuuta pazdziernika pazdziernik rijna rijen \
     octombrie ekim октября октябрь",
    "november novembre noviembre novembro marraskuuta listopada listopad listopadu noiembrie kasim \
     ноября ноябрь",
    "december dezember decembre diciembre dicembre dezembro desember joulukuuta grudnia grudzien \
     prosince prosinec decembrie aralik декабря декабрь",
];

/// The weekdays of most of these languages, from two letters on.
const WEEKDAYS: [&str; 14] = [
    "monday tuesday wednesday thursday friday saturday sunday",
    "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miercoles jueves viernes sabado domingo",
    "lunedi martedi mercoledi giovedi venerdi sabato domenica",
    "segunda terca quarta quinta sexta",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "mandag tirsdag onsdag torsdag fredag lordag sondag tisdag",
    "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai",
    "poniedzialek wtorek sroda czwartek piatek sobota niedziela",
    "pazartesi sali carsamba persembe cuma cumartesi pazar",
    "понедельник вторник среда четверг пятница суббота воскресенье",
    "пн вт ср чт пт сб вс",
    "\u{6708} \u{706b} \u{6c34} \u{6728} \u{91d1} \u{571f} \u{65e5}",
];

/// The fewest letters of an abbreviated month.
const N_LETTERS: usize = 3;

/// Parses a date whose month is a word, possibly followed by a clock time
/// and a zone.
pub(super) fn parse_words(text: &[u8], style: Style) -> Option<WallTime> {
    let text = std::str::from_utf8(text).ok()?;
    let (before, month, after) = split_at_month(text)?;
    let first = without_ordinal(before.trim_matches(is_separator));
    if !first.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (second, rest) = leading_digits(after);
    let (year, day, rest) = match (first.len(), second.len()) {
        (4, 1 | 2) => (first, second, rest),
        (1 | 2, 2 | 4) => (second, first, rest),
        // A month alone begins on its first day.
        (0, 4) => (second, "1", rest),
        (0, 1 | 2) => {
            let (year, rest) = year_and_rest(rest)?;
            (year, second, rest)
        }
        _ => return None,
    };
    let date_ms = date_ms(full_year(year.as_bytes())?, month, parse_digits(day.as_bytes())?)?;
    let rest = rest.trim_start_matches([',', '.', ' ', 'T', ':', '_', '-']);
    let (clock_ms, zone) = parse_clock_and_zone(rest.as_bytes(), style)?;
    Some(WallTime { wall_ms: date_ms + clock_ms, zone })
}

fn is_separator(letter: char) -> bool {
    matches!(letter, ' ' | '-' | '/' | '.' | ',')
}

/// Returns the year after a day, and the rest; the Unix command `date`
/// writes the year last, after clock time and zone.
fn year_and_rest(text: &str) -> Option<(&str, &str)> {
    let (year, rest) = leading_digits(text);
    if !rest.starts_with(':') {
        return Some((year, rest));
    }
    let (clock, year) = text.rsplit_once(' ')?;
    (year.len() == 4).then_some((year, clock))
}

/// Returns the leading digits of `text`, and the rest without the suffix
/// of an ordinal.
fn leading_digits(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(is_separator);
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits, ordinal(rest).map_or(rest, |ending| &rest[ending.len()..]))
}

/// Returns the suffix of an ordinal at the start of `text`.
fn ordinal(text: &str) -> Option<&str> {
    let ending = text.get(..2)?;
    let is_ending = ["st", "nd", "rd", "th"].iter().any(|end| ending.eq_ignore_ascii_case(end));
    let is_apart = !text[2..].starts_with(char::is_alphabetic);
    (is_ending && is_apart).then_some(ending)
}

fn without_ordinal(text: &str) -> &str {
    let begin = text.len().saturating_sub(2);
    let head = text.get(..begin).unwrap_or_default();
    let is_number = head.ends_with(|letter: char| letter.is_ascii_digit());
    if is_number && text.get(begin..).and_then(ordinal).is_some() { head } else { text }
}

/// Splits `text` at the first word that is a month; returns the month as
/// a number between the parts.
fn split_at_month(text: &str) -> Option<(&str, i64, &str)> {
    let mut start = 0;
    while let Some(begin) = text[start..].find(char::is_alphabetic) {
        let begin = start + begin;
        let end = text[begin..]
            .find(|letter: char| !letter.is_alphabetic())
            .map_or(text.len(), |length| begin + length);
        let word = &text[begin..end];
        if let Some(month) = month_of(word) {
            return Some((&text[..begin], month, &text[end..]));
        }
        start = end;
    }
    None
}

/// Whether `word` is a month.
pub(crate) fn is_month(word: &str) -> bool {
    month_number(word).is_some()
}

/// Returns the month that `word` names, from 1.
pub(crate) fn month_number(word: &str) -> Option<u32> {
    // Most words of a time are digits.
    let word = Some(word.trim_end_matches('.')).filter(|w| w.starts_with(char::is_alphabetic))?;
    month_of(word).and_then(|month| u32::try_from(month).ok())
}

/// Whether `word` is a weekday or its first letters.
pub(crate) fn is_weekday(word: &str) -> bool {
    let word = plain_letters(word.trim_matches(['.', '(', ')']));
    let is_alone = word.chars().all(|letter| !letter.is_ascii());
    let is_long = word.chars().count() > 1 && word.chars().all(char::is_alphabetic);
    let mut names = WEEKDAYS.iter().flat_map(|names| names.split(' '));
    (is_long || is_alone && !word.is_empty()) && names.any(|name| name.starts_with(&word))
}

fn month_of(word: &str) -> Option<i64> {
    let number = |idx: usize| i64::try_from(idx).expect("there are twelve") + 1;
    let word = plain_letters(word);
    let english = |names: &str| is_short_for(&word, names.split(' ').next().unwrap_or_default());
    if let Some(idx) = MONTHS.iter().position(|names| english(names)) {
        return Some(number(idx));
    }
    if word.chars().count() < N_LETTERS {
        return None;
    }
    if let Some(idx) = MONTHS.iter().position(|names| has_word(names, &word)) {
        return Some(number(idx));
    }
    let is_like = |names: &str| names.split(' ').any(|name| name.starts_with(&word));
    // `jui` is short for June and July in French.
    let mut found = (0..MONTHS.len()).filter(|&idx| is_like(MONTHS[idx]));
    match (found.next(), found.next()) {
        (Some(idx), None) => Some(number(idx)),
        _ => None,
    }
}

/// Whether `word` is `name`, its first three letters, or `Sept`.
fn is_short_for(word: &str, name: &str) -> bool {
    word == name || word == &name[..N_LETTERS] || (name == "september" && word == "sept")
}
