//! Chooses among the readings that dates as text can have, row by row.

use std::collections::HashMap;

use super::column_errors::{Doubt, TimeText, two_date_orders};
use super::steps::is_market_interval;
use super::style::{DateOrder, DigitClock, Style, WallTime};
use super::text::parse_text;
use super::zone::{PreviousRow, TimeZone};

/// So many equal steps make an interval.
const N_EQUAL_STEPS_MIN: usize = 3;

/// Rows that go one way for each that goes back.
const N_PER_RETURN: usize = 10;

/// More different steps are not told apart.
const N_STEPS_MAX: usize = 1 << 10;

/// What a clock of digits is, and what it is not where it can be this.
const SHORTER: [(DigitClock, DigitClock); 5] = [
    (DigitClock::Seconds, DigitClock::Minutes),
    (DigitClock::Minutes, DigitClock::Hours),
    (DigitClock::MsOfDay, DigitClock::MinutesOfDay),
    (DigitClock::MsOfDay, DigitClock::SecondsOfDay),
    (DigitClock::SecondsOfDay, DigitClock::MinutesOfDay),
];

/// The styles that are still possible, and what they make of the rows.
pub(super) struct StyleCandidates {
    candidates: Vec<(Style, TimeSteps)>,
    /// The first text of which they differ.
    doubt: Option<Vec<u8>>,
    /// The latest that a time can be.
    latest_ms: i64,
}

impl StyleCandidates {
    pub(super) fn new(clocks: &[DigitClock], latest_ms: i64) -> Self {
        let orders =
            [DateOrder::Unknown, DateOrder::DayFirst, DateOrder::MonthFirst, DateOrder::YearFirst];
        let candidates = orders
            .into_iter()
            .flat_map(|order| clocks.iter().map(move |&clock| Style { order, clock }))
            .map(|style| (style, TimeSteps::default()))
            .collect();
        Self { candidates, doubt: None, latest_ms }
    }

    pub(super) fn push(&mut self, row: &TimeText) {
        let times: Vec<Option<i64>> =
            self.candidates.iter().map(|(style, _)| time_of(row, *style)).collect();
        if times.iter().all(Option::is_none) {
            return;
        }
        let mut known = times.iter();
        self.candidates.retain(|_| known.next().is_some_and(Option::is_some));
        let times: Vec<i64> = times.into_iter().flatten().collect();
        if self.doubt.is_none() && times.iter().any(|time_ms| *time_ms != times[0]) {
            self.doubt = Some(row.text.clone());
        }
        for ((_, track), time_ms) in self.candidates.iter_mut().zip(times) {
            track.push(row, Some(time_ms));
        }
    }

    /// Whether rows to come may decide what those so far do not.
    pub(super) fn needs_more(&self) -> bool {
        let Some((_, first)) = self.candidates.first() else {
            return false;
        };
        self.doubt.is_some() && self.candidates.iter().any(|(_, track)| track.sum != first.sum)
    }

    pub(super) fn finish(self) -> Result<Style, Doubt> {
        let is_ordered = |track: &TimeSteps| {
            let has_interval = track.interval_ms().is_none_or(is_market_interval);
            let is_past = track.latest_ms <= self.latest_ms;
            track.is_ordered() && has_interval && is_past
        };
        let any_ordered = self.candidates.iter().any(|(_, track)| is_ordered(track));
        let mut likely: Vec<&(Style, TimeSteps)> =
            self.candidates.iter().filter(|(_, track)| !any_ordered || is_ordered(track)).collect();
        // Where no row has more digits, `9` is an hour and `930` half past
        // nine: as seconds they would all be of the first minutes of a day.
        for (longer, shorter) in SHORTER {
            if likely.iter().any(|(style, _)| style.clock == shorter) {
                likely.retain(|(style, _)| style.clock != longer);
            }
        }
        let (style, track) = likely.first().expect("none is left out but for a better one");
        // A point stands between day, month and year, as in Europe.
        if style.order == DateOrder::Unknown {
            let is_like = |other: &&&(Style, TimeSteps)| other.1.sum == track.sum;
            let same_order = likely.iter().filter(|other| other.0.order == DateOrder::Unknown);
            if same_order.clone().filter(is_like).count() == same_order.count() {
                return Ok(*style);
            }
        }
        match likely.iter().find(|other| other.1.sum != track.sum) {
            None => Ok(*style),
            Some((other, _)) => {
                let text = self.doubt.unwrap_or_default();
                Err(Doubt::Undecided(two_date_orders(&text, [*style, *other])))
            }
        }
    }
}

/// Returns the time of `row`, where no zone matters but its own.
fn time_of(row: &TimeText, style: Style) -> Option<i64> {
    let WallTime { wall_ms, zone } = parse_text(&row.text, style)?;
    match zone {
        None | Some(TimeZone::Abbreviated(_)) => Some(wall_ms),
        Some(zone) => zone.to_utc(wall_ms, &PreviousRow::default()),
    }
}

/// Returns what clocks of digits alone can be: counts from midnight on,
/// where as `HHMMSS` many would have too many minutes or seconds, else
/// hours, or what as many digits as some of them have can be.
pub(super) fn clocks_of(sample: &[TimeText]) -> &'static [DigitClock] {
    const OF_DAY: [DigitClock; 3] =
        [DigitClock::MinutesOfDay, DigitClock::SecondsOfDay, DigitClock::MsOfDay];
    const USUAL: [DigitClock; 4] =
        [DigitClock::Whole, DigitClock::Hours, DigitClock::Minutes, DigitClock::Seconds];
    let n_digits = sample.iter().map(|row| n_clock_digits(&row.text)).max().unwrap_or_default();
    // Two digits are no minutes, all in the first hour of a day.
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
    if 4 * n_odd > sample.len() { &OF_DAY } else { usual }
}

/// Returns how many digits the last word has, if it has nothing else.
fn n_clock_digits(text: &[u8]) -> usize {
    let word = text.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let is_clock = word.len() < text.len() && word.iter().all(u8::is_ascii_digit);
    if is_clock { word.len() } else { 0 }
}

/// Which way the times of rows go, and by what steps.
#[derive(Debug, Default)]
pub(super) struct TimeSteps {
    last_ms: HashMap<Vec<u8>, i64>,
    pub(super) n_up: usize,
    pub(super) n_down: usize,
    steps: HashMap<i64, usize>,
    /// Differs where any time does.
    sum: i64,
    latest_ms: i64,
}

impl TimeSteps {
    pub(super) fn push(&mut self, row: &TimeText, time_ms: Option<i64>) {
        let Some(time_ms) = time_ms else {
            return;
        };
        self.sum = self.sum.wrapping_mul(31).wrapping_add(time_ms);
        self.latest_ms = self.latest_ms.max(time_ms);
        let Some(last_ms) = self.last_ms.insert(row.symbol.clone(), time_ms) else {
            return;
        };
        self.n_up += usize::from(time_ms > last_ms);
        self.n_down += usize::from(time_ms < last_ms);
        if self.steps.len() < N_STEPS_MAX {
            *self.steps.entry((time_ms - last_ms).abs()).or_default() += 1;
        }
    }

    /// Whether all rows go one way.
    pub(super) fn is_strict(&self) -> bool {
        self.n_up == 0 || self.n_down == 0
    }

    /// Whether they do but for the hour that autumn repeats, of which the
    /// zone tells more.
    pub(super) fn is_ordered(&self) -> bool {
        N_PER_RETURN * self.n_up.min(self.n_down) <= self.n_up.max(self.n_down)
    }

    /// Returns the step that most rows are apart, if there is one.
    pub(super) fn interval_ms(&self) -> Option<i64> {
        let n_steps: usize = self.steps.values().sum();
        let (step_ms, n_times) = self.steps.iter().max_by_key(|&(_, &n_times)| n_times)?;
        (*n_times >= N_EQUAL_STEPS_MIN && 2 * n_times > n_steps).then_some(*step_ms)
    }
}
