//! Distinguishes missing bars from hours and days without trading.
//!
//! Minutes without bars on the same weekday of several consecutive weeks
//! are outside of trading hours: nights, weekends, noon breaks. Other
//! minutes without bars may be a holiday of a market whose other holidays
//! have no bars, either; the rest are gaps. Local time is that of the
//! zone in which the breaks between bars begin and end at the fewest
//! different times of day.

mod calendar;
mod closings;
mod local_days;
mod series;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use chrono::{Datelike as _, NaiveDate};
use chrono_tz::Tz;

use calendar::{Calendar, Judgement, N_SHORT_DAYS_MIN};
use closings::Market;
pub(super) use series::{Break, Gaps};
use series::{Missing, Series};

use crate::wording::DAY_MS;

/// With more missing days a year, the market is none of the known ones.
const N_UNKNOWN: f64 = 3.0;

const HOUR_MS: i64 = 3_600_000;

/// The most days a year with shorter hours.
const N_SHORT_DAYS: f64 = 6.0;

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
    let offsets = [late_ms].into_iter().chain(ZONE_OFFSETS_MS).enumerate();
    for (idx, late_ms) in offsets.filter(|(_, late_ms)| *late_ms != 0) {
        // Another zone is the cause of several days with shorter hours alone.
        let may_be_zone = best.n_partial >= N_SHORT_DAYS_MIN
            && best.n_days as f64 <= N_SHORT_DAYS * n_years.max(1.0);
        if best.n_days == 0 || (idx > 0 && !may_be_zone) {
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
                best = Some(Judgement { n_open: calendar.n_open(market), ..found });
            }
        }
    }
    best.expect("UTC is always a candidate")
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
