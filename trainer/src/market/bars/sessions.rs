//! Distinguishes missing bars from hours and days without trading.
//!
//! Minutes without bars on the same weekday of several consecutive weeks
//! are outside of trading hours: nights, weekends, noon breaks. Other
//! minutes without bars may be a holiday of a market whose other holidays
//! have no bars, either; the rest are gaps. Local time is that of the
//! zone in which the breaks between bars begin and end at the fewest
//! different times of day.

mod closings;
mod local_days;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use closings::Market;
use local_days::{
    DayPart, MINUTES_PER_DAY, Minutes, WHOLE_DAY, common, count, days, is_weekend, is_weekend_of,
    local, minute_of, remove,
};

const MS_PER_MINUTE: i64 = 60_000;
const MS_PER_DAY: i64 = MINUTES_PER_DAY * MS_PER_MINUTE;

/// The shortest series, in days, whose trading hours can be found.
const N_DAYS_MIN: i64 = 2;
/// In shorter series, in days, all days from Monday to Friday are alike.
const N_DAYS_OF_WEEKS: i64 = 28;

/// So many consecutive weeks without bars make closing hours.
const N_WEEKS: usize = 4;
/// The same in days, for short series.
const N_DAYS: usize = 2;

/// The most weeks to search back or ahead for weeks with bars.
const N_WEEKS_MAX: usize = 60;

/// With more missing days a year, the market is none of the known ones.
const N_UNKNOWN: f64 = 3.0;

/// A step that skips bars, by the open times of the bars around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Break {
    pub(super) before_ms: i64,
    pub(super) after_ms: i64,
}

/// Steps that skip bars during trading hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    pub(super) count: u64,
    pub(super) n_missing_bars: u64,
    pub(super) longest_ms: i64,
}

/// Returns the gaps among the `breaks` in bars of `interval_ms`. `span`
/// is from the first bar to the last.
pub(super) fn true_gaps(breaks: &[Break], interval_ms: i64, span: Range<i64>) -> Gaps {
    if breaks.is_empty() {
        return Gaps::default();
    }
    let markets = Market::all();
    let mut zones = vec![Tz::UTC];
    for market in &markets {
        zones.extend((!zones.contains(&market.zone)).then_some(market.zone));
    }
    let n_years = (span.end - span.start) as f64 / (365.25 * MS_PER_DAY as f64);
    let series = Series { breaks, interval_ms, span };
    let mut zones: Vec<(usize, Tz)> =
        zones.into_iter().map(|zone| (series.n_break_times(zone), zone)).collect();
    let n_fewest = zones.iter().map(|(n, _)| *n).min().unwrap_or_default();
    zones.retain(|(n, _)| *n <= n_fewest + n_fewest / 4);
    // The first of equals wins: UTC, then markets in the order of the table.
    let mut best: Option<(usize, Vec<Missing>)> = None;
    for (_, zone) in zones {
        let calendar = Calendar::of(&series, zone);
        let of_zone = markets
            .iter()
            .filter(|market| calendar.has_sessions && (market.zone == zone || zone == Tz::UTC));
        for market in [None].into_iter().chain(of_zone.map(Some)) {
            let judged = calendar.missing_for(market);
            if best.as_ref().is_none_or(|(n_days, _)| judged.0 < *n_days) {
                best = Some(judged);
            }
        }
    }
    let (n_days, mut missing) = best.expect("UTC is always a candidate");
    if n_days as f64 > N_UNKNOWN * n_years.max(1.0) {
        remove_recurring(&mut missing);
    }
    series.gaps(&missing)
}

/// The minutes of one day without bars that one break causes, outside of
/// ordinary closing hours.
#[derive(Debug)]
struct Missing {
    break_idx: usize,
    date: NaiveDate,
    minutes: Vec<Minutes>,
    /// Whether these are more than half of the trading hours of the day.
    is_most: bool,
}

/// The breaks of a series of bars.
struct Series<'a> {
    breaks: &'a [Break],
    interval_ms: i64,
    span: Range<i64>,
}

impl Series<'_> {
    /// Whether the series is long enough to find trading hours.
    fn is_long_enough(&self) -> bool {
        self.span.end - self.span.start >= N_DAYS_MIN * MS_PER_DAY
    }

    /// Returns the span without bars, in the local time of `zone`.
    fn missing_span(&self, zone: Tz, found: Break) -> Range<NaiveDateTime> {
        local(zone, found.before_ms + self.interval_ms)..local(zone, found.after_ms)
    }

    /// Returns the number of different times of day at which breaks begin
    /// and end.
    fn n_break_times(&self, zone: Tz) -> usize {
        let times = self.breaks.iter().map(|found| {
            let missing_span = self.missing_span(zone, *found);
            (minute_of(missing_span.start), minute_of(missing_span.end))
        });
        times.collect::<HashSet<_>>().len()
    }

    fn gaps(&self, missing: &[Missing]) -> Gaps {
        let mut gaps = Gaps::default();
        for found in missing.chunk_by(|left, right| left.break_idx == right.break_idx) {
            let n_minutes: i64 = found.iter().map(|part| count(&part.minutes)).sum();
            let n_bars = self.n_bars(n_minutes);
            if n_bars > 0 {
                let Break { before_ms, after_ms } = self.breaks[found[0].break_idx];
                gaps.count += 1;
                gaps.n_missing_bars += n_bars;
                gaps.longest_ms = gaps.longest_ms.max(after_ms - before_ms);
            }
        }
        gaps
    }

    fn n_bars(&self, n_minutes: i64) -> u64 {
        let n_bars = (n_minutes * MS_PER_MINUTE + self.interval_ms / 2) / self.interval_ms;
        u64::try_from(n_bars).unwrap_or_default()
    }
}

/// The minutes without bars, in the local time of one zone.
struct Calendar<'a> {
    series: &'a Series<'a>,
    /// The minutes without bars of each day from the first bar to the last.
    absent: BTreeMap<NaiveDate, Vec<Minutes>>,
    span: (NaiveDate, NaiveDate),
    /// Those outside of ordinary closing hours.
    missing: Vec<Missing>,
    /// Whether there are ordinary closing hours.
    has_sessions: bool,
}

impl<'a> Calendar<'a> {
    fn of(series: &'a Series<'a>, zone: Tz) -> Self {
        let mut absent: BTreeMap<NaiveDate, Vec<Minutes>> = BTreeMap::new();
        let (mut parts, mut n_weekends) = (Vec::new(), 0);
        let is_short = series.span.end - series.span.start < N_DAYS_OF_WEEKS * MS_PER_DAY;
        for (break_idx, found) in series.breaks.iter().enumerate() {
            let missing_span = series.missing_span(zone, *found);
            for part in days(&missing_span) {
                absent.entry(part.date).or_default().push(part.minutes);
                if is_short && is_weekend_of(part, &missing_span) {
                    n_weekends += 1;
                } else {
                    parts.push((break_idx, part));
                }
            }
        }
        let span = (local(zone, series.span.start).date(), local(zone, series.span.end).date());
        let mut calendar = Self { series, absent, span, missing: Vec::new(), has_sessions: false };
        let mut closed: BTreeMap<NaiveDate, Vec<Minutes>> = BTreeMap::new();
        for (break_idx, DayPart { date, minutes }) in parts {
            let closed = closed.entry(date).or_insert_with(|| calendar.closed(date, is_short));
            let mut left = vec![minutes];
            remove(&mut left, closed);
            if !left.is_empty() {
                let mut ordinary = vec![WHOLE_DAY];
                remove(&mut ordinary, closed);
                let is_most = 2 * count(&left) > count(&ordinary);
                calendar.missing.push(Missing { break_idx, date, minutes: left, is_most });
            }
        }
        let is_closed = |closed: &Vec<Minutes>| !closed.is_empty();
        calendar.has_sessions = n_weekends > 0 || closed.values().any(is_closed);
        calendar
    }

    fn absent(&self, date: NaiveDate) -> &[Minutes] {
        self.absent.get(&date).map_or(&[], Vec::as_slice)
    }

    /// Returns the ordinary closing hours of `date`.
    fn closed(&self, date: NaiveDate, is_short: bool) -> Vec<Minutes> {
        if !self.series.is_long_enough() {
            return Vec::new();
        }
        let n = if is_short { N_DAYS } else { N_WEEKS };
        let before = self.similar_days(date, is_short, NaiveDate::checked_sub_days);
        let after = self.similar_days(date, is_short, NaiveDate::checked_add_days);
        let own = if !is_short && self.is_empty_week(date) {
            vec![WHOLE_DAY]
        } else {
            self.absent(date).to_vec()
        };
        let mut closed: Vec<Minutes> = Vec::new();
        for n_before in 0..n {
            let n_after = n - 1 - n_before;
            if before.len() < n_before || after.len() < n_after {
                continue;
            }
            let others = before[..n_before].iter().chain(&after[..n_after]);
            let mut all = others.fold(own.clone(), |all, date| common(&all, self.absent(*date)));
            remove(&mut all, &closed);
            closed.extend(all);
        }
        closed
    }

    /// Returns the nearest days in one direction that are comparable to
    /// `date`, in weeks with bars.
    fn similar_days(
        &self,
        date: NaiveDate,
        is_short: bool,
        step: impl Fn(NaiveDate, Days) -> Option<NaiveDate>,
    ) -> Vec<NaiveDate> {
        let n = if is_short { N_DAYS } else { N_WEEKS };
        let days = (1..=N_WEEKS_MAX as u64).map(|n| Days::new(if is_short { n } else { 7 * n }));
        let dates = days.map_while(|days| step(date, days));
        dates
            .take_while(|date| self.span.0 <= *date && *date <= self.span.1)
            .filter(|date| if is_short { !is_weekend(*date) } else { !self.is_empty_week(*date) })
            .take(n - 1)
            .collect()
    }

    fn is_empty_week(&self, date: NaiveDate) -> bool {
        let monday = date - TimeDelta::days(date.weekday().num_days_from_monday().into());
        monday.iter_days().take(7).all(|date| self.absent(date) == [WHOLE_DAY])
    }

    /// Returns the minutes that are missing if these are bars of `market`,
    /// and the number of days that contradict it.
    fn missing_for(&self, market: Option<&Market>) -> (usize, Vec<Missing>) {
        let mut missing = Vec::new();
        for part in &self.missing {
            let mut minutes = part.minutes.clone();
            remove(&mut minutes, market.map_or(&[], |market| market.on(part.date)));
            if !minutes.is_empty() {
                missing.push(Missing { minutes, ..*part });
            }
        }
        let is_bar = |part: &&Missing| self.series.n_bars(count(&part.minutes)) > 0;
        let days: HashSet<NaiveDate> =
            missing.iter().filter(is_bar).map(|part| part.date).collect();
        // Days with bars though the market is closed.
        let has_bars =
            |date: &NaiveDate| self.series.n_bars(MINUTES_PER_DAY - count(self.absent(*date))) > 0;
        let holidays =
            market.into_iter().flat_map(|market| market.holidays(self.span.0, self.span.1));
        let n_wrong = holidays.filter(has_bars).count();
        // Bars on a holiday are less likely than a gap.
        (days.len() + 2 * n_wrong, missing)
    }
}

/// Removes days that are missing in several years by the same rule: the
/// same date, or the same weekday of a month such as the third Monday.
fn remove_recurring(missing: &mut Vec<Missing>) {
    let rules = |date: NaiveDate| {
        let (month, day) = (date.month(), date.day());
        let nth = (day - 1) / 7;
        [(0, month, day, 0), (1, month, date.weekday().num_days_from_monday(), nth)]
    };
    let mut years: HashMap<_, HashSet<i32>> = HashMap::new();
    for part in missing.iter().filter(|part| part.is_most) {
        for rule in rules(part.date) {
            years.entry(rule).or_default().insert(part.date.year());
        }
    }
    missing.retain(|part| {
        !(part.is_most && rules(part.date).iter().any(|rule| years[rule].len() > 1))
    });
}
