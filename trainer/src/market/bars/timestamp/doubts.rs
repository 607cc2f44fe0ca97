//! Says what is doubtful about the times of a file, and how to end it.

use super::counts::{Count, Number};
use super::digits::{MS_PER_DAY, MS_PER_SECOND, format};
use super::form::{Spelling, TimeForm};
use super::style::{Order, Style};

/// The time of one row, of the symbol that the row is of.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimeText {
    pub(crate) text: Vec<u8>,
    pub(crate) symbol: Vec<u8>,
}

/// Why the times of a file cannot be told.
#[derive(Debug)]
pub(crate) enum Doubt {
    /// More rows may decide.
    Undecided(String),
    /// No row can; what is wrong with the first.
    Wrong(String),
}

impl From<Doubt> for String {
    fn from(doubt: Doubt) -> Self {
        let (Doubt::Undecided(text) | Doubt::Wrong(text)) = doubt;
        text
    }
}

pub(super) fn setting(name: &str) -> String {
    format!("set `bars.time_format` to `{name}`, or pass `--time-format {name}`")
}

pub(super) fn looks_like(first: &[u8], count: &Count) -> String {
    let time = count.parse(first).map(format).unwrap_or_default();
    format!(
        "is no time since 1970 that bars can have; it looks like {} ({time}): if so, {}",
        count.is,
        setting(count.name)
    )
}

pub(super) fn two_meanings(first: &[u8], one: &Count, other: &Count) -> String {
    let time = |count: &Count| count.parse(first).map(format).unwrap_or_default();
    format!(
        "could be {} ({}) or {} ({}): set `bars.time_format`, or pass `--time-format`: `{}` or `{}`",
        one.is,
        time(one),
        other.is,
        time(other),
        one.name,
        other.name
    )
}

/// Whether the numbers are whole seconds of one day, in milliseconds.
pub(super) fn looks_like_ms_of_day(sample: &[TimeText]) -> bool {
    let numbers = || sample.iter().filter_map(|row| Number::parse(&row.text));
    let is_of_day = |number: Number<'_>| {
        number.count < MS_PER_DAY && number.count % MS_PER_SECOND == 0 && !number.is_negative
    };
    numbers().all(is_of_day) && numbers().any(|number| number.count > MS_PER_DAY / 100)
}

pub(super) fn no_meaning(first: &[u8], sample: &[TimeText]) -> String {
    if looks_like_ms_of_day(sample) {
        return "is no time since 1970 that bars can have; it looks like milliseconds of a day, \
                and the date is not in the row: name it, such as by `--time-format \
                'ms_of_day 2020-01-31'` or in `bars.time_format`"
            .to_owned();
    }
    let years = Count::named("yyyy").filter(|years| years.parse(first).is_some());
    if let Some(years) = years {
        return looks_like(first, years);
    }
    let counts: Vec<i64> =
        sample.iter().filter_map(|row| Some(Number::parse(&row.text)?.count)).collect();
    let counts_rows = counts.windows(2).all(|pair| pair[1] - pair[0] == 1);
    if counts.first().is_some_and(|&count| count < 10_000) && counts_rows {
        return "only counts rows and tells no time; name the column of the times in \
                `bars.columns`, such as by `--column time=NAME`, or add one"
            .to_owned();
    }
    let guess = Count::named("unix_s").and_then(|count| count.parse(first)).map(format);
    format!(
        "is no time that bars can have (as seconds since 1970 it would be {}); say what it is \
         in `bars.time_format`, or by `--time-format`: `unix_s`, `unix_ms`, a pattern such as \
         `%Y%m%d`, or what `docs/formats.md` lists",
        guess.unwrap_or_default()
    )
}

pub(super) fn two_readings(text: &[u8], styles: [Style; 2]) -> String {
    let [one, other] = styles.map(|style| {
        let form = TimeForm::new(Spelling::Text(style));
        let name = match style.order {
            Order::Unknown => "day_first",
            _ => style.name(),
        };
        let time = form.parse(text, None).map(format).unwrap_or_default();
        (name, time.split(' ').next().unwrap_or_default().to_owned())
    });
    format!(
        "is a date whose day and month could be either, and no row decides: set \
         `bars.time_format`, or pass `--time-format`: `{}` ({}) or `{}` ({})",
        one.0, one.1, other.0, other.1
    )
}

/// Whether `text` is a number with an exponent, `1.57830E+12`.
pub(super) fn has_exponent(text: &[u8]) -> bool {
    let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    let has_e = text.iter().any(|byte| matches!(byte, b'e' | b'E'));
    has_e && std::str::from_utf8(text).is_ok_and(is_number)
}

pub(super) fn rounded() -> String {
    "is a time whose last digits a spreadsheet may have rounded away: take the file as it was, or \
     write the column with all digits, as whole numbers"
        .to_owned()
}
