//! Chooses among the styles that dates as text can have, row by row.

use super::column_errors::{TimeText, two_date_orders};
use super::digits::of_last_century;
use super::steps::{TimeSteps, is_market_interval};
use super::style::{DateOrder, DigitClock, Style, WallTime};
use super::text::parse_text;
use super::zone::{PreviousRow, TimeZone};

/// Pairs of styles of clock times in digits: if both fit, the second is
/// chosen over the first.
const PREFERRED: [(DigitClock, DigitClock); 6] = [
    (DigitClock::Seconds, DigitClock::Minutes),
    (DigitClock::Minutes, DigitClock::Hours),
    (DigitClock::MsOfDay, DigitClock::MinutesOfDay),
    (DigitClock::MsOfDay, DigitClock::SecondsOfDay),
    (DigitClock::SecondsOfDay, DigitClock::MinutesOfDay),
    (DigitClock::Seconds, DigitClock::SecondsOfDay),
];

/// The styles that fit all rows so far, with the steps of the times that
/// each reads.
pub(super) struct StyleCandidates {
    candidates: Vec<(Style, TimeSteps)>,
    /// The first text that the candidates read differently.
    ambiguous_text: Option<Vec<u8>>,
    /// The latest possible time, in milliseconds since 1970 UTC.
    latest_ms: i64,
    /// A year of two digits that would be after this is one of the last
    /// century.
    century_ms: i64,
}

impl StyleCandidates {
    /// Returns all styles with these `clocks`. No time is after `latest_ms`;
    /// years of two digits after `century_ms` are of the last century.
    pub(super) fn new(clocks: &[DigitClock], latest_ms: i64, century_ms: i64) -> Self {
        let orders =
            [DateOrder::Unknown, DateOrder::DayFirst, DateOrder::MonthFirst, DateOrder::YearFirst];
        let candidates = orders
            .into_iter()
            .flat_map(|order| clocks.iter().map(move |&clock| Style { order, clock }))
            .map(|style| (style, TimeSteps::default()))
            .collect();
        Self { candidates, ambiguous_text: None, latest_ms, century_ms }
    }

    /// Removes the candidates that do not fit `row`; a row that fits none is
    /// ignored.
    pub(super) fn push(&mut self, row: &TimeText) {
        let times: Vec<Option<i64>> =
            self.candidates.iter().map(|(style, _)| self.time_of(row, *style)).collect();
        if times.iter().all(Option::is_none) {
            return;
        }
        let mut known = times.iter();
        self.candidates.retain(|_| known.next().is_some_and(Option::is_some));
        let times: Vec<i64> = times.into_iter().flatten().collect();
        if self.ambiguous_text.is_none() && times.iter().any(|time_ms| *time_ms != times[0]) {
            self.ambiguous_text = Some(row.text.clone());
        }
        for ((_, steps), time_ms) in self.candidates.iter_mut().zip(times) {
            steps.push(row, Some(time_ms));
        }
    }

    /// Returns the time of `row`, without the zone of the file.
    fn time_of(&self, row: &TimeText, style: Style) -> Option<i64> {
        let WallTime { wall_ms, zone } = parse_text(&row.text, style)?;
        let time_ms = match zone {
            None | Some(TimeZone::Abbreviated(_)) => wall_ms,
            Some(zone) => zone.to_utc(wall_ms, &PreviousRow::default())?,
        };
        Some(of_last_century(&row.text, time_ms, self.century_ms))
    }

    /// Whether later rows could still resolve the ambiguity.
    pub(super) fn needs_more(&self) -> bool {
        let Some((_, first)) = self.candidates.first() else {
            return false;
        };
        self.ambiguous_text.is_some()
            && self.candidates.iter().any(|(_, steps)| steps.hash != first.hash)
    }

    /// Whether the times of a candidate are in order, none in the future.
    pub(super) fn is_any_likely(&self) -> bool {
        self.candidates.iter().any(|(_, steps)| self.is_likely(steps))
    }

    fn is_likely(&self, steps: &TimeSteps) -> bool {
        let has_interval = steps.interval_ms().is_none_or(is_market_interval);
        let is_past = steps.latest_ms <= self.latest_ms;
        steps.is_ordered() && has_interval && is_past
    }

    /// Returns the style that fits best. The error is the message that two
    /// styles fit equally well.
    pub(super) fn finish(self) -> Result<Style, String> {
        let is_any_likely = self.is_any_likely();
        let is_kept = |(_, steps): &&(Style, TimeSteps)| !is_any_likely || self.is_likely(steps);
        let mut likely: Vec<&(Style, TimeSteps)> = self.candidates.iter().filter(is_kept).collect();
        // If no row has more digits, `9` is an hour and `930` half past
        // nine: as seconds, all would be in the first minutes of a day.
        for (other, preferred) in PREFERRED {
            if likely.iter().any(|(style, _)| style.clock == preferred) {
                likely.retain(|(style, _)| style.clock != other);
            }
        }
        let (style, steps) =
            likely.first().expect("a better candidate remains for each one removed");
        // With points, as in Europe, the order needs no decision.
        if style.order == DateOrder::Unknown {
            let is_like = |other: &&&(Style, TimeSteps)| other.1.hash == steps.hash;
            let same_order = likely.iter().filter(|other| other.0.order == DateOrder::Unknown);
            if same_order.clone().filter(is_like).count() == same_order.count() {
                return Ok(*style);
            }
        }
        match likely.iter().find(|other| other.1.hash != steps.hash) {
            None => Ok(*style),
            Some((other, _)) => {
                let text = self.ambiguous_text.unwrap_or_default();
                Err(two_date_orders(&text, [*style, *other]))
            }
        }
    }
}

/// Returns the possible styles of clock times in digits.
///
/// They are those that the name of the column says, if most rows can be;
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
    let n_digits = sample.iter().map(|row| n_clock_digits(&row.text)).max().unwrap_or_default();
    // Two digits are hours: as minutes, all would be in the first hour.
    let usual = match n_digits {
        0 => &USUAL,
        1 | 2 => &USUAL[..2],
        3 | 4 => &USUAL[..3],
        _ => &USUAL[..],
    };
    let orders =
        [DateOrder::Unknown, DateOrder::DayFirst, DateOrder::MonthFirst, DateOrder::YearFirst];
    let any = |row: &TimeText, clocks: &[DigitClock]| {
        let mut styles = orders
            .into_iter()
            .flat_map(|order| clocks.iter().map(move |&clock| Style { order, clock }));
        styles.any(|style| parse_text(&row.text, style).is_some())
    };
    let is_odd = |row: &&TimeText| !any(row, usual) && any(row, &OF_DAY);
    let n_odd = sample.iter().filter(is_odd).count();
    let n_of = |clock| sample.iter().filter(|row| any(row, &[clock])).count();
    match named {
        Some(clock) if n_digits > 0 && 2 * n_of(clock) > sample.len() => vec![clock],
        _ if 4 * n_odd > sample.len() => OF_DAY.to_vec(),
        _ => usual.to_vec(),
    }
}

/// Returns the number of digits of the last word; 0 if it has other
/// characters.
fn n_clock_digits(text: &[u8]) -> usize {
    let word = text.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let is_clock = word.len() < text.len() && word.iter().all(u8::is_ascii_digit);
    if is_clock { word.len() } else { 0 }
}
