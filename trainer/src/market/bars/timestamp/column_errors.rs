//! Error messages about times whose format cannot be decided.

use super::digits::{MS_PER_DAY, MS_PER_SECOND, format_utc};
use super::number_formats::{Number, NumberFormat};
use super::style::{Style, StyleSetting};
use super::time_format::{Notation, TimeFormat};

/// The time of one row as text, and the symbol of the row.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimeText {
    pub(crate) text: Vec<u8>,
    pub(crate) symbol: Vec<u8>,
}

/// Steps between numbers of seconds are multiples of this; those between
/// day numbers of weeks, months and quarters are not.
const N_STEP_S: i64 = 5;

pub(super) fn setting_hint(name: &str) -> String {
    format!("set `bars.time_format` to `{name}`, or pass `--time-format {name}`")
}

/// Returns the message that the `first` time looks like one in any of the
/// `formats`.
pub(super) fn looks_like(first: &[u8], formats: &[&NumberFormat]) -> String {
    let describe = |format: &&NumberFormat| {
        let time = format.parse(first).map(format_utc).unwrap_or_default();
        format!("{} ({time})", format.description)
    };
    let descriptions = formats.iter().map(describe).collect::<Vec<_>>().join(" or ");
    let looks = if formats[0].is_automatic {
        "could be"
    } else {
        "is not a plausible time since 1970; it looks like"
    };
    let names: Vec<String> = formats.iter().map(|format| format!("`{}`", format.name)).collect();
    let remedy = match formats {
        [format] => format!("if so, {}", setting_hint(format.name)),
        _ => format!("set `bars.time_format`, or pass `--time-format`: {}", names.join(" or ")),
    };
    format!("{looks} {descriptions}: {remedy}")
}

/// The unit of numbers since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfDay {
    Milliseconds,
    Seconds,
}

/// Returns the unit of numbers that look like times since midnight: whole
/// seconds in milliseconds, or seconds in steps that day numbers do not
/// have.
pub(super) fn of_day(sample: &[TimeText]) -> Option<OfDay> {
    let numbers: Vec<Number<'_>> =
        sample.iter().filter_map(|row| Number::parse(&row.text)).collect();
    let all = |is: &dyn Fn(i64) -> bool| {
        let has_zero = |number: &Number<'_>| number.count > 0 && number.whole.starts_with(b"0");
        numbers.iter().all(|number| !number.is_negative && !has_zero(number) && is(number.count))
    };
    let most = numbers.iter().map(|number| number.count).max()?;
    let is_ms = |ms: i64| ms < MS_PER_DAY && ms % MS_PER_SECOND == 0;
    if most > MS_PER_DAY / 100 && all(&is_ms) {
        return Some(OfDay::Milliseconds);
    }
    let step = |pair: &[Number<'_>]| (pair[1].count - pair[0].count).abs();
    let are_steps = numbers.windows(2).all(|pair| step(pair) > 0 && step(pair) % N_STEP_S == 0);
    let are_seconds =
        most > MS_PER_DAY / MS_PER_SECOND / 100 && all(&|s| s < MS_PER_DAY / MS_PER_SECOND);
    (are_seconds && are_steps && numbers.len() > 2).then_some(OfDay::Seconds)
}

pub(super) fn unknown_number(first: &[u8], sample: &[TimeText]) -> String {
    if let Some(of_day) = of_day(sample) {
        let (unit, name) = match of_day {
            OfDay::Milliseconds => ("milliseconds", "ms_of_day"),
            OfDay::Seconds => ("seconds", "s_of_day"),
        };
        return format!(
            "is not a plausible time since 1970; it looks like {unit} since midnight, and the date \
             is not in the row: name it, such as by `--time-format '{name} 2020-01-31'` or in \
             `bars.time_format`"
        );
    }
    let years = NumberFormat::named("yyyy").filter(|years| years.parse(first).is_some());
    if let Some(years) = years {
        return looks_like(first, &[years]);
    }
    let counts: Vec<i64> =
        sample.iter().filter_map(|row| Some(Number::parse(&row.text)?.count)).collect();
    let counts_rows = counts.windows(2).all(|pair| pair[1] - pair[0] == 1);
    if counts.first().is_some_and(|&count| count < 10_000) && counts_rows {
        return "only numbers the rows and is not a time; name the column of the times in \
                `bars.columns`, such as by `--column time=NAME`, or add one"
            .to_owned();
    }
    let guess =
        NumberFormat::named("unix_s").and_then(|seconds| seconds.parse(first)).map(format_utc);
    let of_1960 = ["s_since_1960", "ms_since_1960"].into_iter().find_map(|name| {
        let time_ms = NumberFormat::named(name)?.parse(first)?;
        let time = (0..i64::from(u32::MAX) * MS_PER_SECOND)
            .contains(&time_ms)
            .then(|| format_utc(time_ms))?;
        Some(format!(", or {time} by `--time-format {name}`, as of SAS or Stata"))
    });
    format!(
        "is not a plausible time (as seconds since 1970 it would be {}{}); say what it is in \
         `bars.time_format`, or by `--time-format`: `unix_s`, `unix_ms`, a pattern such as \
         `%Y%m%d`, or what `docs/formats.md` lists",
        guess.unwrap_or_default(),
        of_1960.unwrap_or_default()
    )
}

/// Returns the message that `text` is another date in each of the `styles`.
pub(super) fn ambiguous_order(text: &[u8], styles: &[Style], setting: StyleSetting) -> String {
    let describe = |style: &Style| {
        let name = StyleSetting { order: Some(style.order), ..setting }.name();
        let time = TimeFormat::new(Notation::Text(*style)).parse(text, None).map(format_utc);
        format!("`{name}` ({})", time.unwrap_or_default().split(' ').next().unwrap_or_default())
    };
    format!(
        "is a date whose day and month are ambiguous, and no row decides: set `bars.time_format`, \
         or pass `--time-format`: {}",
        styles.iter().map(describe).collect::<Vec<_>>().join(" or ")
    )
}

/// Whether `text` is a number with an exponent that leaves digits out,
/// `1.57830E+12`.
pub(super) fn has_exponent(text: &[u8]) -> bool {
    if Number::parse(text).is_some() {
        return false;
    }
    let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    let has_e = text.iter().any(|byte| matches!(byte, b'e' | b'E'));
    has_e && std::str::from_utf8(text).is_ok_and(is_number)
}

pub(super) fn rounded_number() -> String {
    "is a time whose last digits a spreadsheet may have rounded away: use the original file, or \
     write the column with all digits, as whole numbers"
        .to_owned()
}
