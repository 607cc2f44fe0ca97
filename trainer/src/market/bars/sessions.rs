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
mod series;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use chrono::{Datelike as _, Days, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use closings::Market;
use local_days::{
    DayPart, MINUTES_PER_DAY, Minutes, WHOLE_DAY, common, count, days, is_weekend, is_weekend_of,
    local, remove,
};
pub(super) use series::{Break, Gaps};
use series::{Missing, Series, n_minutes};

use crate::wording::DAY_MS;

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

const HOUR_MS: i64 = 3_600_000;

/// The most days a year with shorter hours.
const N_SHORT_DAYS: f64 = 6.0;

/// The fewest days with bars that a zone beside that of the market must
/// explain: shorter hours are of several days in the year.
const N_SHORT_DAYS_MIN: usize = 2;

/// From the times of a market to those of a zone to the west or east of it,
/// such as Chicago of New York.
const ZONE_OFFSETS_MS: [i64; 6] =
    [-HOUR_MS, -2 * HOUR_MS, -3 * HOUR_MS, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS];

/// Returns the gaps among the `breaks` in bars of `interval_ms`. `span`
/// is from the first bar to the last.
pub(super) fn true_gaps(breaks: &[Break], interval_ms: i64, span: Range<i64>) -> Gaps {
    if breaks.is_empty() {
        return Gaps::default();
    }
    let markets = Market::all();
    let n_years = (span.end - span.start) as f64 / (365.25 * DAY_MS as f64);
    let mut series = Series { breaks, interval_ms, span, late_ms: 0 };
    let mut best = fewest_missing(&series, &markets);
    // The times may be those of the closes, or of a zone near that of the
    // market.
    let late_ms = match interval_ms {
        ..DAY_MS => interval_ms,
        _ => series.span.start.rem_euclid(DAY_MS),
    };
    for (idx, late_ms) in [late_ms].into_iter().chain(ZONE_OFFSETS_MS).enumerate() {
        // Another zone is the cause of days with shorter hours alone.
        let n_days_max = if idx == 0 { f64::INFINITY } else { N_SHORT_DAYS * n_years.max(1.0) };
        if best.n_days == 0 || best.n_days as f64 > n_days_max {
            break;
        }
        series.late_ms = late_ms;
        let other = fewest_missing(&series, &markets);
        if other.key() < best.key() && (idx == 0 || other.explains_short_days_of(&best)) {
            best = other;
        }
    }
    let Judgement { n_days, mut missing, .. } = best;
    if n_days as f64 > N_UNKNOWN * n_years.max(1.0) {
        remove_recurring(&mut missing);
    }
    series.gaps(&missing)
}

/// What is missing if these are the bars of one market, in one zone.
struct Judgement {
    /// The number of days that contradict it.
    n_days: usize,
    /// The number of days with bars among those on which some are missing.
    n_partial: usize,
    /// The number of days with bars in the hours without trading.
    n_open: usize,
    missing: Vec<Missing>,
}

impl Judgement {
    /// Returns what is less the more likely the market is.
    fn key(&self) -> (usize, i64) {
        (self.n_days, n_minutes(&self.missing))
    }

    /// Whether this is the zone because days of `other` have shorter hours,
    /// not because a shift hides bars that are missing.
    fn explains_short_days_of(&self, other: &Self) -> bool {
        self.n_partial + N_SHORT_DAYS_MIN <= other.n_partial && self.n_open <= other.n_open
    }
}

/// Returns what is missing in the most likely market and zone.
fn fewest_missing(series: &Series<'_>, markets: &[Market]) -> Judgement {
    let mut zones = vec![Tz::UTC];
    for market in markets {
        zones.extend((!zones.contains(&market.zone)).then_some(market.zone));
    }
    let mut zones: Vec<(usize, Tz)> =
        zones.into_iter().map(|zone| (series.n_break_times(zone), zone)).collect();
    let n_fewest = zones.iter().map(|(n, _)| *n).min().unwrap_or_default();
    zones.retain(|(n, _)| *n <= n_fewest + n_fewest / 4);
    // The first of equals wins: UTC, then markets in the order of the table.
    let mut best: Option<Judgement> = None;
    for (_, zone) in zones {
        let calendar = Calendar::of(series, zone);
        let of_zone = markets
            .iter()
            .filter(|market| calendar.has_sessions && (market.zone == zone || zone == Tz::UTC));
        for market in [None].into_iter().chain(of_zone.map(Some)) {
            let found = calendar.missing_for(market);
            if best.as_ref().is_none_or(|best| found.key() < best.key()) {
                best = Some(found);
            }
        }
    }
    best.expect("UTC is always a candidate")
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
        let is_short = series.span.end - series.span.start < N_DAYS_OF_WEEKS * DAY_MS;
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

    /// Returns what is missing if these are bars of `market`.
    fn missing_for(&self, market: Option<&Market>) -> Judgement {
        let mut missing = Vec::new();
        for part in &self.missing {
            let mut minutes = part.minutes.clone();
            remove(&mut minutes, market.map_or(&[], |market| market.on(part.date)));
            let nights = market.map(|market| market.closed_nights(part.date));
            remove(&mut minutes, &nights.unwrap_or_default());
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
        let is_open = |date: &&NaiveDate| {
            let mut open = market.map_or(&[][..], |market| market.on(**date)).to_vec();
            remove(&mut open, self.absent(**date));
            self.series.n_bars(count(&open)) > 0
        };
        Judgement {
            // Bars on a holiday are less likely than a gap.
            n_days: days.len() + 2 * n_wrong,
            n_partial: days.iter().filter(|date| has_bars(date)).count(),
            n_open: self.absent.keys().filter(is_open).count(),
            missing,
        }
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
