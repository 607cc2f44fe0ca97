//! Decides the time format of a file from a sample of its rows, and from
//! as many more as are needed.

use super::column_errors::{TimeText, has_exponent, rounded_number};
use super::digit_clocks::{clocks_of, refuse_ambiguous, until_next_date};
use super::digits::{EARLIEST_DATE_MS, EARLIEST_MS};
use super::number_candidates::decide_number_format;
use super::number_formats::Number;
use super::steps::TimeSteps;
use super::style::{DateOrder, DigitClock, Style, StyleSetting};
use super::style_candidates::StyleCandidates;
use super::time_format::{Notation, TimeFormat, parse_notation};
use super::zone::TimeZone;

/// 2100-01-01: the latest possible time if the current time is unknown.
pub(crate) const LATEST_MS: i64 = 4_102_444_800_000;

/// What is known about the times of a file from elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TimeHints<'a> {
    /// `bars.time_format`.
    pub(crate) format: Option<&'a str>,
    /// The zone of times that name none.
    pub(crate) zone: Option<TimeZone>,
    /// The latest possible time, in milliseconds since 1970 UTC.
    pub(crate) latest_ms: i64,
    /// What clock times in digits mean by the name of their column.
    pub(crate) named_clock: Option<DigitClock>,
}

/// Decides from `sample`, and from `rest`, which is read only if the
/// sample is ambiguous. The error is the message about the first time.
pub(crate) fn decide(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    hints: TimeHints<'_>,
) -> Result<TimeFormat, String> {
    let is_rounded = |row: &&TimeText| has_exponent(&row.text);
    if hints.format.is_none() && 2 * sample.iter().filter(is_rounded).count() > sample.len() {
        return Err(rounded_number());
    }
    let notation = match hints.format {
        None if is_numeric(sample) => {
            Notation::Number(decide_number_format(sample, hints.latest_ms)?)
        }
        Some(name) if StyleSetting::parse(name).is_none() => {
            parse_notation(name).expect("the settings were checked")
        }
        text => {
            let setting = text.and_then(StyleSetting::parse).unwrap_or_default();
            Notation::Text(decide_style(sample, rest, setting, hints)?)
        }
    };
    // No limits if the settings give the format.
    let is_count = matches!(notation, Notation::Number(numbers) if !numbers.name.contains("yy"));
    let earliest_ms = if is_count { EARLIEST_MS } else { EARLIEST_DATE_MS };
    let mut format = TimeFormat::new(notation);
    format.zone = hints.zone;
    format.latest_ms = hints.latest_ms;
    format.limits_ms = hints.format.is_none().then_some((earliest_ms, hints.latest_ms));
    let mut steps = TimeSteps::default();
    for row in sample {
        steps.push(row, format.parse(&row.text, None));
    }
    format.is_newest_first = steps.n_down > 0 && steps.is_ordered() && steps.n_down > steps.n_up;
    Ok(format)
}

fn is_numeric(sample: &[TimeText]) -> bool {
    let is_number = |row: &TimeText| Number::parse(&row.text).is_some();
    // A few lines of words below the bars do not count.
    let n_numbers = sample.iter().filter(|row| is_number(row)).count();
    n_numbers > 0 && 2 * n_numbers > sample.len()
}

fn decide_style(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    setting: StyleSetting,
    TimeHints { latest_ms, named_clock, .. }: TimeHints<'_>,
) -> Result<Style, String> {
    let sample = &*until_next_date(sample, rest);
    let clocks = match setting.clock {
        Some(clock) => vec![clock],
        None => clocks_of(sample, named_clock),
    };
    let orders = setting.order.map_or(DateOrder::ALL.to_vec(), |order| vec![order]);
    let styles: Vec<Style> = orders
        .into_iter()
        .flat_map(|order| clocks.iter().map(move |&clock| Style { order, clock }))
        .collect();
    let pushed = |mut candidates: StyleCandidates| {
        for row in sample {
            candidates.push(row);
        }
        candidates
    };
    let mut candidates = pushed(StyleCandidates::new(&styles, latest_ms, i64::MAX));
    if !candidates.is_any_likely() {
        candidates = pushed(StyleCandidates::new(&styles, latest_ms, latest_ms));
    }
    if candidates.needs_more() {
        for row in rest {
            candidates.push(&row);
            if !candidates.needs_more() {
                break;
            }
        }
    }
    let style = candidates.finish(setting)?;
    if clocks.len() > 1 {
        refuse_ambiguous(sample, style, setting)?;
    }
    Ok(style)
}
