//! Tells bars that are missing from hours and days without trading, by
//! the sessions that the bars themselves show.
//!
//! From the steps that skip bars follows which minutes of a week are
//! ordinarily without any: those in more than half of all weeks. The
//! clock is that of the zone in which the fewest bars are missing then.
//! Holidays are those of `holidays.rs`, and days missing in several
//! years by one rule.

use std::collections::{HashMap, HashSet};

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, Offset as _, TimeZone as _, Timelike as _,
};
use chrono_tz::Tz;

use super::holidays::{DayKind, easter, kind_of};

const MS_PER_MINUTE: i64 = 60_000;
const MINUTES_PER_DAY: i64 = 1440;
const MINUTES_PER_WEEK: i64 = 7 * MINUTES_PER_DAY;

/// From here on a day that ends early has no bars, in minutes.
const EARLY_END: i64 = 12 * 60;

/// The clocks that sessions are kept by; others shift on other days.
const ZONES: [Tz; 5] =
    [Tz::UTC, Tz::America__New_York, Tz::Europe__London, Tz::Australia__Sydney, Tz::Asia__Tokyo];

/// Weeks below which each day counts as any other of five.
const N_WEEKS_MIN: i64 = 3;

/// Days below which nothing is known of sessions.
const N_DAYS_MIN: i64 = 2;

/// A step that skips bars: the bar before and the bar after.
pub(super) type Break = (i64, i64);

/// Steps that skip bars though the market trades.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    pub(super) count: u64,
    pub(super) n_missing_bars: u64,
    pub(super) longest_ms: i64,
}

/// Returns the true gaps among `breaks`, of bars of `interval_ms` from
/// `first_ms` to `last_ms`.
pub(super) fn true_gaps(breaks: &[Break], interval_ms: i64, span: (i64, i64)) -> Gaps {
    let judged =
        ZONES.iter().map(|zone| Calendar::of(*zone, breaks, interval_ms, span).judge(breaks));
    judged.min_by_key(|gaps| gaps.n_missing_bars).unwrap_or_default()
}

/// When one market is ordinarily open.
struct Calendar {
    zone: Tz,
    interval_ms: i64,
    /// Open minutes before each minute of the week.
    n_open_before: Vec<i64>,
    /// Whether there are too few weeks to know each of their days.
    is_short: bool,
    /// Whether there are hours without trading at all.
    has_sessions: bool,
}

impl Calendar {
    fn of(zone: Tz, breaks: &[Break], interval_ms: i64, (first_ms, last_ms): (i64, i64)) -> Self {
        let span_minutes = (last_ms - first_ms) / MS_PER_MINUTE;
        let is_short = span_minutes < N_WEEKS_MIN * MINUTES_PER_WEEK;
        let period = if is_short { MINUTES_PER_DAY } else { MINUTES_PER_WEEK };
        let n_periods = (span_minutes as f64 / period as f64).max(1.0);
        let mut absent = vec![0_i64; usize::try_from(period).expect("it is small")];
        for &(before, after) in breaks {
            let (from, to) = (local(zone, before + interval_ms), local(zone, after));
            for segment in days(from, to) {
                if is_short && is_weekend_of(&segment, (from, to)) {
                    continue;
                }
                let offset = if is_short { 0 } else { weekday_minutes(segment.date) };
                for minute in segment.begin..segment.end {
                    let idx = usize::try_from(offset + minute).expect("it is in the week");
                    absent[idx] += 1;
                }
            }
        }
        let weight = if is_short && span_minutes > 5 * MINUTES_PER_DAY { 5.0 / 7.0 } else { 1.0 };
        // What is missing once may be a gap, and two days tell nothing.
        let is_known = span_minutes >= N_DAYS_MIN * MINUTES_PER_DAY;
        let n_closed_min = (0.5 * n_periods * weight).max(2.0);
        let is_open = |&n_absent: &i64| !is_known || (n_absent as f64) < n_closed_min;
        let open: Vec<bool> = absent.iter().map(is_open).collect();
        let n_copies = MINUTES_PER_WEEK / period;
        let mut n_open_before = vec![0];
        let mut n_open = 0;
        for _ in 0..n_copies {
            for is_open in &open {
                n_open += i64::from(*is_open);
                n_open_before.push(n_open);
            }
        }
        let has_weekends = breaks.iter().any(|&(before, after)| {
            let (from, to) = (local(zone, before + interval_ms), local(zone, after));
            days(from, to).any(|segment| is_weekend_of(&segment, (from, to)))
        });
        let has_sessions = n_open < MINUTES_PER_WEEK || (is_short && has_weekends);
        Self { zone, interval_ms, n_open_before, is_short, has_sessions }
    }

    fn judge(&self, breaks: &[Break]) -> Gaps {
        let kept = self.recurring_days(breaks);
        let mut gaps = Gaps::default();
        for &(before, after) in breaks {
            let (from, to) = (local(self.zone, before + self.interval_ms), local(self.zone, after));
            let n_minutes: i64 = days(from, to)
                .filter(|segment| !self.has_sessions || !kept.contains(&segment.date))
                .filter(|segment| !(self.is_short && is_weekend_of(segment, (from, to))))
                .map(|segment| self.n_open(&segment))
                .sum();
            let n_bars =
                (n_minutes as f64 * MS_PER_MINUTE as f64 / self.interval_ms as f64).round();
            if n_bars >= 1.0 {
                gaps.count += 1;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a count"
                )]
                let n_bars = n_bars as u64;
                gaps.n_missing_bars += n_bars;
                gaps.longest_ms = gaps.longest_ms.max(after - before);
            }
        }
        gaps
    }

    /// Returns how many minutes of `segment` ordinarily trade.
    fn n_open(&self, segment: &Segment) -> i64 {
        let mut end = segment.end;
        if self.has_sessions {
            match kind_of(segment.date) {
                DayKind::Holiday => return 0,
                DayKind::Early => end = end.min(EARLY_END),
                DayKind::Ordinary => {}
            }
        }
        let at = |minute: i64| {
            let idx = weekday_minutes(segment.date) + minute;
            self.n_open_before[usize::try_from(idx).expect("it is in the week")]
        };
        (at(end.max(segment.begin)) - at(segment.begin)).max(0)
    }

    /// Returns the days that are missing in several years by one rule: a
    /// date, a day round Easter, such a weekday of a month.
    fn recurring_days(&self, breaks: &[Break]) -> HashSet<NaiveDate> {
        let mut by_rule: HashMap<(u8, i64), Vec<NaiveDate>> = HashMap::new();
        for &(before, after) in breaks {
            let (from, to) = (local(self.zone, before + self.interval_ms), local(self.zone, after));
            for segment in days(from, to) {
                if !self.is_missing(&segment) {
                    continue;
                }
                for rule in rules_of(segment.date) {
                    let days = by_rule.entry(rule).or_default();
                    if days.last() != Some(&segment.date) {
                        days.push(segment.date);
                    }
                }
            }
        }
        let recurs = |days: &&Vec<NaiveDate>| days.iter().any(|day| day.year() != days[0].year());
        by_rule.values().filter(recurs).flatten().copied().collect()
    }

    /// Whether most of what a day ordinarily trades is missing.
    fn is_missing(&self, segment: &Segment) -> bool {
        let whole = Segment { begin: 0, end: MINUTES_PER_DAY, ..*segment };
        let n_ordinary = self.n_open(&whole);
        n_ordinary > 0 && 2 * self.n_open(segment) > n_ordinary
    }
}

fn rules_of(date: NaiveDate) -> [(u8, i64); 3] {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let weekday = i64::from(date.weekday().number_from_monday());
    let nth = (day - 1) / 7;
    [
        (0, month * 100 + day),
        (1, (date - easter(date.year())).num_days()),
        (2, month * 100 + weekday * 10 + nth),
    ]
}

/// Part of one day, in minutes of it.
#[derive(Debug, Clone, Copy)]
struct Segment {
    date: NaiveDate,
    begin: i64,
    end: i64,
}

/// Returns the days from one local time to another.
fn days(from: NaiveDateTime, to: NaiveDateTime) -> impl Iterator<Item = Segment> {
    let minute = |time: NaiveDateTime| i64::from(time.hour() * 60 + time.minute());
    let dates = from.date().iter_days().take_while(move |date| from < to && *date <= to.date());
    dates.map(move |date| Segment {
        date,
        begin: if date == from.date() { minute(from) } else { 0 },
        end: if date == to.date() { minute(to) } else { MINUTES_PER_DAY },
    })
}

/// Whether `segment` is of a weekend, in a break that goes from a Friday,
/// or the Saturday's begin, until late on Sunday or longer.
fn is_weekend_of(segment: &Segment, (from, to): (NaiveDateTime, NaiveDateTime)) -> bool {
    let to_saturday = 5 - i64::from(segment.date.weekday().num_days_from_monday());
    let saturday = segment.date + chrono::Duration::days(to_saturday);
    let begin = saturday.and_time(chrono::NaiveTime::MIN);
    let end = begin + chrono::Duration::hours(24 + 16);
    let is_part = to_saturday < 1 || (to_saturday == 1 && segment.begin > 0);
    is_part && from <= begin && to >= end
}

fn weekday_minutes(date: NaiveDate) -> i64 {
    i64::from(date.weekday().num_days_from_monday()) * MINUTES_PER_DAY
}

fn local(zone: Tz, time_ms: i64) -> NaiveDateTime {
    let time = DateTime::from_timestamp_millis(time_ms).unwrap_or_default().naive_utc();
    let offset = zone.offset_from_utc_datetime(&time).fix();
    time + chrono::Duration::seconds(i64::from(offset.local_minus_utc()))
}
