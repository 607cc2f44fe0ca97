//! Decides what clock times in digits mean.

use std::borrow::Cow;

use super::column_errors::TimeText;
use super::digits::{MS_PER_DAY, format_utc};
use super::steps::TimeSteps;
use super::style::{DateOrder, DigitClock, Style, StyleSetting};
use super::text::parse_text;

/// Bars of one date that begin before this clock time and end before the
/// other may as well be those of its first minutes or seconds.
const BEGIN_MS: i64 = 4 * MS_PER_DAY / 24;
const END_MS: i64 = 20 * MS_PER_DAY / 24;

/// The most rows that are read until their date changes.
const N_ROWS_MAX: usize = 1 << 14;

/// Returns the possible styles of clock times in digits.
///
/// They are those that the name of the column says, if most rows can be, or
/// all of `HHMM`, as which minutes since midnight can often be read;
/// numbers since midnight if more than a quarter of the rows would be
/// impossible as `HHMM` or `HHMMSS`; else hours, `HHMM` or `HHMMSS`, as far
/// as the longest of them has enough digits. Minutes from midnight on may be
/// `HHMMSS` without its zeros.
pub(super) fn clocks_of(sample: &[TimeText], named: Option<DigitClock>) -> Vec<DigitClock> {
    const OF_DAY: [DigitClock; 4] = [
        DigitClock::MinutesOfDay,
        DigitClock::SecondsOfDay,
        DigitClock::MsOfDay,
        DigitClock::Seconds,
    ];
    const USUAL: [DigitClock; 4] =
        [DigitClock::Whole, DigitClock::Hours, DigitClock::Minutes, DigitClock::Seconds];
    let n_digits = sample.iter().map(|row| clock_digits(&row.text).len()).max().unwrap_or_default();
    // Two digits are hours: as minutes, all would be in the first hour.
    let usual = match n_digits {
        0 => &USUAL,
        1 | 2 => &USUAL[..2],
        3 | 4 => &USUAL[..3],
        _ => &USUAL[..],
    };
    let any = |row: &TimeText, clocks: &[DigitClock]| {
        let mut styles = DateOrder::ALL
            .into_iter()
            .flat_map(|order| clocks.iter().map(move |&clock| Style { order, clock }));
        styles.any(|style| parse_text(&row.text, style).is_some())
    };
    let is_odd = |row: &&TimeText| !any(row, usual) && any(row, &OF_DAY);
    let n_odd = sample.iter().filter(is_odd).count();
    let n_of = |clock| sample.iter().filter(|row| any(row, &[clock])).count();
    let is_named = |clock| match clock {
        DigitClock::Minutes => n_of(clock) == sample.len(),
        _ => 2 * n_of(clock) > sample.len(),
    };
    match named {
        Some(clock) if n_digits > 0 && is_named(clock) => vec![clock],
        _ if 4 * n_odd > sample.len() => OF_DAY.to_vec(),
        _ => usual.to_vec(),
    }
}

/// Returns `sample`, and rows of `rest` until their date changes if clock
/// times in digits are all of one date so far.
pub(super) fn until_next_date<'a>(
    sample: &'a [TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
) -> Cow<'a, [TimeText]> {
    let date_of = |row: &TimeText| {
        let digits = clock_digits(&row.text);
        (!digits.is_empty()).then(|| row.text[..row.text.len() - digits.len()].to_vec())
    };
    let date = sample.first().and_then(date_of);
    let mut rows = Cow::Borrowed(sample);
    let mut is_one = date.is_some() && sample.iter().all(|row| date_of(row) == date);
    while is_one
        && rows.len() < N_ROWS_MAX
        && let Some(row) = rest.next()
    {
        is_one = date_of(&row) == date;
        rows.to_mut().push(row);
    }
    rows
}

/// Refuses clock times in digits which `style` reads as those of the first
/// hours of one date, if they could be those of its first minutes, or if
/// another reading alone has a constant interval.
pub(super) fn refuse_ambiguous(
    rows: &[TimeText],
    style: Style,
    setting: StyleSetting,
) -> Result<(), String> {
    let is_padded = |row: &TimeText| matches!(clock_digits(&row.text), [b'0', _, ..]);
    let read = |clock| Reading::new(rows, style, Style { clock, ..style });
    // Numbers since midnight have no zeros before them.
    let Some(chosen) = read(style.clock).filter(|_| !rows.iter().any(is_padded)) else {
        return Ok(());
    };
    let is_even = chosen.steps.interval_ms().is_some() && chosen.steps.is_likely();
    let is_rival = |other: &Reading, chosen: &Reading| {
        let is_as_even = other.steps.n_equal() >= chosen.steps.n_equal();
        let is_better = other.steps.interval_ms().is_some() && !is_even;
        other.steps.is_likely() && (is_better || chosen.is_of_first_hours() && is_as_even)
    };
    let mut readings = vec![chosen];
    for other in DigitClock::NAMED.into_iter().filter_map(read) {
        let is_new = readings.iter().all(|known| known.steps.hash != other.steps.hash);
        if is_new && is_rival(&other, &readings[0]) {
            readings.push(other);
        }
    }
    if readings.len() < 2 {
        return Ok(());
    }
    let texts: Vec<String> = readings.iter().map(|reading| reading.describe(setting)).collect();
    Err(format!(
        "has a clock time in digits whose unit no row decides: set `bars.time_format`, or pass \
         `--time-format`; the last is {}",
        texts.join(" or ")
    ))
}

/// The times of all rows in one style.
struct Reading<'a> {
    style: Style,
    steps: TimeSteps,
    /// The first and last time.
    range_ms: [i64; 2],
    last: &'a TimeText,
}

impl<'a> Reading<'a> {
    /// Reads the `rows` that have a clock time in digits and are times in
    /// the style that was `chosen`; `None` if one has no time in `style`.
    fn new(rows: &'a [TimeText], chosen: Style, style: Style) -> Option<Self> {
        let known = rows.iter().filter(|row| {
            !clock_digits(&row.text).is_empty() && parse_text(&row.text, chosen).is_some()
        });
        let mut steps = TimeSteps::default();
        let mut times = Vec::new();
        for row in known {
            let time_ms = parse_text(&row.text, style)?.wall_ms;
            steps.push(row, Some(time_ms));
            times.push((time_ms, row));
        }
        let (last_ms, last) = times.iter().max_by_key(|(time_ms, _)| *time_ms)?;
        let (first_ms, _) = times.iter().min_by_key(|(time_ms, _)| *time_ms)?;
        Some(Self { style, steps, range_ms: [*first_ms, *last_ms], last })
    }

    /// Returns its name in `bars.time_format`, and the last time.
    fn describe(&self, setting: StyleSetting) -> String {
        let clock = match (self.style.clock, clock_digits(&self.last.text).len()) {
            (DigitClock::Whole, 4) => DigitClock::Minutes,
            (DigitClock::Whole, _) => DigitClock::Seconds,
            (clock, _) => clock,
        };
        let name = StyleSetting { clock: Some(clock), ..setting }.name();
        let time = parse_text(&self.last.text, self.style).map(|time| format_utc(time.wall_ms));
        format!("`{name}` ({})", time.unwrap_or_default())
    }

    fn is_of_first_hours(&self) -> bool {
        let [first_ms, last_ms] = self.range_ms;
        let day_ms = first_ms.div_euclid(MS_PER_DAY) * MS_PER_DAY;
        first_ms < day_ms + BEGIN_MS && last_ms < day_ms + END_MS
    }
}

/// Returns the last word, if it consists of digits and is not the only one.
fn clock_digits(text: &[u8]) -> &[u8] {
    let word = text.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let is_clock = word.len() < text.len() && word.iter().all(u8::is_ascii_digit);
    if is_clock { word } else { &[] }
}
