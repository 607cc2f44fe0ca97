//! What is missing if bars are those of one market, in one zone.

use std::collections::{BTreeMap, HashSet};

use chrono::{Datelike as _, Days, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::closings::Market;
use super::local_days::{
    DayPart, MINUTES_PER_DAY, Minutes, WHOLE_DAY, common, count, days, is_weekend, is_weekend_of,
    local, remove,
};
use super::series::{Missing, Series, n_minutes};
use crate::wording::DAY_MS;

/// In shorter series, in days, all days from Monday to Friday are alike.
const N_DAYS_OF_WEEKS: i64 = 28;

/// So many consecutive weeks without bars make closing hours.
const N_WEEKS: usize = 4;

/// The same in days, for short series.
const N_DAYS: usize = 2;

/// The most weeks to search back or ahead for weeks with bars.
const N_WEEKS_MAX: usize = 60;

/// The fewest days with bars that a zone beside that of the market must
/// explain: shorter hours are of several days in the year.
pub(super) const N_SHORT_DAYS_MIN: usize = 2;

/// What is missing if these are the bars of one market, in one zone.
pub(super) struct Judgement {
    /// The number of days that contradict it.
    pub(super) n_days: usize,
    /// The number of days with bars among those on which some are missing.
    pub(super) n_partial: usize,
    /// The number of days with bars in the hours without trading.
    pub(super) n_open: usize,
    pub(super) missing: Vec<Missing>,
}

impl Judgement {
    /// Returns what is less the more likely the market is.
    pub(super) fn key(&self) -> (usize, i64) {
        (self.n_days, n_minutes(&self.missing))
    }

    /// Whether this is the zone because days of `other` have shorter hours,
    /// not because a shift hides bars that are missing.
    pub(super) fn explains_short_days_of(&self, other: &Self) -> bool {
        self.n_partial + N_SHORT_DAYS_MIN <= other.n_partial && self.n_open <= other.n_open
    }
}

/// The minutes without bars, in the local time of one zone.
pub(super) struct Calendar<'a> {
    series: &'a Series<'a>,
    /// The minutes without bars of each day from the first bar to the last.
    absent: BTreeMap<NaiveDate, Vec<Minutes>>,
    span: (NaiveDate, NaiveDate),
    /// Those outside of ordinary closing hours.
    missing: Vec<Missing>,
    /// Whether there are ordinary closing hours.
    pub(super) has_sessions: bool,
}

impl<'a> Calendar<'a> {
    pub(super) fn of(series: &'a Series<'a>, zone: Tz) -> Self {
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

    /// Returns what is missing if these are bars of `market`, without
    /// [`Judgement::n_open`].
    pub(super) fn missing_for(&self, market: Option<&Market>) -> Judgement {
        let mut missing = Vec::new();
        for part in &self.missing {
            let mut minutes = part.minutes.clone();
            if let Some(market) = market {
                remove(&mut minutes, market.on(part.date));
                remove(&mut minutes, &market.closed_nights(part.date));
            }
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
        Judgement {
            // Bars on a holiday are less likely than a gap.
            n_days: days.len() + 2 * n_wrong,
            n_partial: days.iter().filter(|date| has_bars(date)).count(),
            n_open: 0,
            missing,
        }
    }

    /// Returns the number of days with bars in the hours without trading.
    pub(super) fn n_open(&self, market: Option<&Market>) -> usize {
        let Some(market) = market else { return 0 };
        let is_open = |date: &&NaiveDate| {
            let mut open = market.on(**date).to_vec();
            remove(&mut open, self.absent(**date));
            self.series.n_bars(count(&open)) > 0
        };
        self.absent.keys().filter(is_open).count()
    }
}
