//! Decides what the times of a file are, from a sample of its rows and
//! from as many more as it takes.

use std::collections::HashMap;

use super::counts::{COUNTS, Count, Number};
use super::form::{Spelling, TimeForm, spelling_named};
use super::text::{Clock, Order, Style};
use super::zone::TimeZone;
use super::{MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND, format};

/// 1980-01-01: numbers of earlier times are something else.
const EARLIEST_MS: i64 = 315_532_800_000;

/// 2100-01-01: later times are something else where no clock is known.
pub(crate) const LATEST_MS: i64 = 4_102_444_800_000;

/// So many equal steps make an interval.
const N_EQUAL_STEPS_MIN: usize = 3;

/// More different steps are not told apart.
const N_STEPS_MAX: usize = 1 << 10;

/// Intervals below a minute that markets use, in seconds.
const SECONDS: [i64; 10] = [1, 2, 3, 4, 5, 6, 10, 15, 20, 30];

/// The time of one row, of the symbol that the row is of.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimeText {
    pub(crate) text: Vec<u8>,
    pub(crate) symbol: Vec<u8>,
}

/// What else is known of the times of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeHints<'a> {
    /// `bars.time_format`.
    pub(crate) format: Option<&'a str>,
    /// The zone of times that name none.
    pub(crate) zone: Option<TimeZone>,
    /// The latest that a time can be.
    pub(crate) latest_ms: i64,
}

/// Why the times of a file cannot be told.
#[derive(Debug)]
pub(crate) enum Doubt {
    /// More rows may decide.
    Undecided(String),
    /// No row can; what is wrong with the first.
    Wrong(String),
}

/// Decides from `sample`, and from `rest`, which is read only where the
/// sample leaves a doubt.
pub(crate) fn decide(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    hints: TimeHints<'_>,
) -> Result<TimeForm, Doubt> {
    let spelling = match hints.format {
        Some(name) => spelling_named(name).expect("the settings were checked"),
        None if is_numeric(sample) => Spelling::Count(decide_count(sample, hints.latest_ms)?),
        None => Spelling::Text(decide_style(sample, rest)?),
    };
    let is_guessed_count = hints.format.is_none() && matches!(spelling, Spelling::Count(_));
    let mut form = TimeForm::new(spelling);
    form.zone = hints.zone;
    form.limits_ms = is_guessed_count.then_some((EARLIEST_MS, hints.latest_ms));
    let mut track = Track::default();
    for row in sample {
        track.push(row, form.parse(&row.text, None));
    }
    form.is_newest_first = track.n_down > 0 && track.n_up == 0;
    Ok(form)
}

fn is_numeric(sample: &[TimeText]) -> bool {
    let is_number = |row: &TimeText| Number::parse(&row.text).is_some();
    // A line of words below the bars is no time of either kind.
    let n_numbers = sample.iter().filter(|row| is_number(row)).count();
    n_numbers > 0 && 2 * n_numbers > sample.len()
}

fn decide_count(sample: &[TimeText], latest_ms: i64) -> Result<&'static Count, Doubt> {
    let fitting: Vec<&'static Count> =
        COUNTS.iter().filter(|count| fits(count, sample, latest_ms)).collect();
    let first = sample.iter().find(|row| Number::parse(&row.text).is_some());
    let first = first.map(|row| row.text.as_slice()).unwrap_or_default();
    match fitting[..] {
        [count, ..] if count.is_plain && rival(count, &fitting).is_none() => Ok(count),
        [count, ..] if count.is_plain => {
            let other = rival(count, &fitting).expect("there is one");
            Err(Doubt::Wrong(two_meanings(first, count, other)))
        }
        [count, ..] if !looks_like_ms_of_day(sample) => {
            Err(Doubt::Wrong(looks_like(first, count)))
        }
        _ => Err(Doubt::Wrong(no_meaning(first, sample))),
    }
}

/// Whether `count` makes likely times of all that is a number there.
fn fits(count: &Count, sample: &[TimeText], latest_ms: i64) -> bool {
    let mut track = Track::default();
    for row in sample.iter().filter(|row| Number::parse(&row.text).is_some()) {
        let time_ms = count.parse(&row.text);
        if !time_ms.is_some_and(|time_ms| (EARLIEST_MS..=latest_ms).contains(&time_ms)) {
            return false;
        }
        track.push(row, time_ms);
    }
    (track.n_up == 0 || track.n_down == 0) && track.interval_ms().is_none_or(is_market_interval)
}

/// Two meanings that the same numbers can well have.
fn rival(count: &Count, fitting: &[&'static Count]) -> Option<&'static Count> {
    let name = match count.name {
        "yyyymm" => "yymmdd",
        "unix_ns" => "dotnet_ticks",
        _ => return None,
    };
    fitting.iter().copied().find(|other| other.name == name)
}

/// Whether some market has bars of this interval.
fn is_market_interval(ms: i64) -> bool {
    let is_of_seconds = ms % MS_PER_SECOND == 0 && SECONDS.contains(&(ms / MS_PER_SECOND));
    let is_of_minutes = ms % MS_PER_MINUTE == 0 && MS_PER_DAY % ms.max(1) == 0;
    is_of_seconds || is_of_minutes || ms % MS_PER_DAY == 0
}

fn decide_style(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
) -> Result<Style, Doubt> {
    let mut choice = Choice::new();
    for row in sample {
        choice.push(row);
    }
    if choice.needs_more() {
        for row in rest {
            choice.push(&row);
            if !choice.needs_more() {
                break;
            }
        }
    }
    choice.finish()
}

/// The styles that are still possible, and what they make of the rows.
struct Choice {
    candidates: Vec<(Style, Track)>,
    /// The first text of which they differ.
    doubt: Option<Vec<u8>>,
}

impl Choice {
    fn new() -> Self {
        let orders = [Order::Unknown, Order::DayFirst, Order::MonthFirst, Order::YearFirst];
        let clocks = [Clock::Whole, Clock::Minutes, Clock::Seconds];
        let candidates = orders
            .into_iter()
            .flat_map(|order| clocks.map(|clock| (Style { order, clock }, Track::default())))
            .collect();
        Self { candidates, doubt: None }
    }

    fn push(&mut self, row: &TimeText) {
        let parse = |style: Style| {
            TimeForm::new(Spelling::Text(style)).parse(&row.text, None)
        };
        let times: Vec<Option<i64>> =
            self.candidates.iter().map(|(style, _)| parse(*style)).collect();
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
    fn needs_more(&self) -> bool {
        let Some((_, first)) = self.candidates.first() else {
            return false;
        };
        self.doubt.is_some() && self.candidates.iter().any(|(_, track)| track.sum != first.sum)
    }

    fn finish(self) -> Result<Style, Doubt> {
        let is_ordered = |track: &Track| track.n_up == 0 || track.n_down == 0;
        let any_ordered = self.candidates.iter().any(|(_, track)| is_ordered(track));
        let likely: Vec<&(Style, Track)> = self
            .candidates
            .iter()
            .filter(|(_, track)| !any_ordered || is_ordered(track))
            .collect();
        let (style, track) = likely.first().expect("none is left out but for a better one");
        // A point stands between day, month and year, as in Europe.
        if style.order == Order::Unknown {
            let is_like = |other: &&&(Style, Track)| other.1.sum == track.sum;
            let same_order = likely.iter().filter(|other| other.0.order == Order::Unknown);
            if same_order.clone().filter(is_like).count() == same_order.count() {
                return Ok(*style);
            }
        }
        match likely.iter().find(|other| other.1.sum != track.sum) {
            None => Ok(*style),
            Some((other, _)) => {
                let text = self.doubt.unwrap_or_default();
                Err(Doubt::Undecided(two_readings(&text, [*style, *other])))
            }
        }
    }
}

/// Which way the times of rows go, and by what steps.
#[derive(Debug, Default)]
struct Track {
    last_ms: HashMap<Vec<u8>, i64>,
    n_up: usize,
    n_down: usize,
    steps: HashMap<i64, usize>,
    /// Differs where any time does.
    sum: i64,
}

impl Track {
    fn push(&mut self, row: &TimeText, time_ms: Option<i64>) {
        let Some(time_ms) = time_ms else {
            return;
        };
        self.sum = self.sum.wrapping_mul(31).wrapping_add(time_ms);
        let Some(last_ms) = self.last_ms.insert(row.symbol.clone(), time_ms) else {
            return;
        };
        self.n_up += usize::from(time_ms > last_ms);
        self.n_down += usize::from(time_ms < last_ms);
        if self.steps.len() < N_STEPS_MAX {
            *self.steps.entry((time_ms - last_ms).abs()).or_default() += 1;
        }
    }

    /// Returns the step that most rows are apart, if there is one.
    fn interval_ms(&self) -> Option<i64> {
        let n_steps: usize = self.steps.values().sum();
        let (step_ms, n_times) = self.steps.iter().max_by_key(|&(_, &n_times)| n_times)?;
        (*n_times >= N_EQUAL_STEPS_MIN && 2 * n_times > n_steps).then_some(*step_ms)
    }
}

fn setting(name: &str) -> String {
    format!("set `bars.time_format` to `{name}`, or pass `--time-format {name}`")
}

fn looks_like(first: &[u8], count: &Count) -> String {
    let time = count.parse(first).map(format).unwrap_or_default();
    format!(
        "is no time since 1970 that bars can have; it looks like {} ({time}): if so, {}",
        count.is,
        setting(count.name)
    )
}

fn two_meanings(first: &[u8], one: &Count, other: &Count) -> String {
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
fn looks_like_ms_of_day(sample: &[TimeText]) -> bool {
    let numbers = || sample.iter().filter_map(|row| Number::parse(&row.text));
    let is_of_day = |number: Number<'_>| {
        number.count < MS_PER_DAY && number.count % MS_PER_SECOND == 0 && !number.is_negative
    };
    numbers().all(is_of_day) && numbers().any(|number| number.count > MS_PER_DAY / 100)
}

fn no_meaning(first: &[u8], sample: &[TimeText]) -> String {
    if looks_like_ms_of_day(sample) {
        return "is no time since 1970 that bars can have; it looks like milliseconds of a day, \
                and the date is not in the row: name it, such as by `--time-format \
                'ms_of_day 2020-01-31'` or in `bars.time_format`"
            .to_owned();
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

fn two_readings(text: &[u8], styles: [Style; 2]) -> String {
    let [one, other] = styles.map(|style| {
        let form = TimeForm::new(Spelling::Text(style));
        let name = match style.order {
            Order::MonthFirst => "month_first",
            Order::YearFirst => "year_first",
            Order::DayFirst | Order::Unknown => "day_first",
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

/// Returns what `text` is where it is a clock time and no date: `09:30`,
/// `093000`.
pub(crate) fn is_clock(text: &[u8]) -> bool {
    let joined = [b"2000-01-01 ", text].concat();
    let style = |clock| Style { order: Order::Unknown, clock };
    let is = |clock| super::text::parse_text(&joined, style(clock)).is_some();
    !text.is_empty() && text.len() <= 15 && (is(Clock::Whole) || is(Clock::Seconds))
}

/// Returns whether `text` is a number that needs no word to be a time.
pub(crate) fn is_count(text: &[u8]) -> bool {
    let is_likely = |ms: i64| (EARLIEST_MS..LATEST_MS).contains(&ms);
    let mut counts = COUNTS.iter().filter(|count| count.is_plain);
    counts.any(|count| count.parse(text).is_some_and(is_likely))
}

/// Returns whether `text` is a date by itself, with a day and a year.
pub(crate) fn is_date(text: &[u8]) -> bool {
    let orders = [Order::Unknown, Order::DayFirst, Order::MonthFirst, Order::YearFirst];
    let style = |order| Style { order, clock: Clock::Whole };
    orders.into_iter().any(|order| super::text::parse_text(text, style(order)).is_some())
}

impl From<Doubt> for String {
    fn from(doubt: Doubt) -> Self {
        let (Doubt::Undecided(text) | Doubt::Wrong(text)) = doubt;
        text
    }
}
