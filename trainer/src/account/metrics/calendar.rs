//! Counts steps, sessions and weeks of bars, from their times.
//!
//! One pass, bounded memory. [`PeriodsPerYear`](super::PeriodsPerYear)
//! infers from the counts how many bars a year has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wording::DAY_MS;

pub(super) const WEEK_MS: i64 = 7 * DAY_MS;

/// Most distinct steps, and lengths of sessions, that are counted.
const N_COUNTS_MAX: usize = 4096;
/// The share of the sessions that have the usual number of bars; others
/// are half days.
const USUAL_SESSIONS: f64 = 0.8;
/// At most one step in this many is an outage.
const RARE: u64 = 100;
/// A step of this length ends a session: longer than any lunch break,
/// shorter than any night.
const SESSION_BREAK_MS: i64 = 5 * 3_600_000;

/// The calendar of a series, fed once per bar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarCalendar {
    pub(super) n_bars: u64,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
    /// How often each step occurs, in milliseconds, without `run`.
    steps: BTreeMap<i64, u64>,
    /// The latest step and how often it occurred in a row.
    run: (i64, u64),
    /// Sessions that ended.
    n_ended: u64,
    /// Bars of the first session.
    n_bars_first: u64,
    /// Bars of all sessions that ended.
    n_bars_ended: u64,
    /// How often each number of bars occurs in a session, without the
    /// first and the current one.
    session_bars: BTreeMap<u64, u64>,
    /// Whole weeks since the first bar, the bars in them, and the most
    /// bars in one of them.
    pub(super) n_weeks: u64,
    pub(super) n_bars_in_weeks: u64,
    pub(super) n_bars_of_fullest_week: u64,
}

impl BarCalendar {
    /// Records the open of the next bar, in UTC epoch milliseconds. A
    /// time that is not later than the last changes nothing.
    pub fn push(&mut self, time_ms: i64) {
        if self.n_bars == 0 {
            self.first_ms = time_ms;
        } else if time_ms <= self.last_ms {
            return;
        } else {
            self.step(time_ms - self.last_ms);
            let n_weeks = ((time_ms - self.first_ms) / WEEK_MS).unsigned_abs();
            if n_weeks > self.n_weeks {
                let n_bars = self.n_bars - self.n_bars_in_weeks;
                self.n_bars_of_fullest_week = self.n_bars_of_fullest_week.max(n_bars);
                (self.n_weeks, self.n_bars_in_weeks) = (n_weeks, self.n_bars);
            }
        }
        self.n_bars += 1;
        self.last_ms = time_ms;
    }

    fn step(&mut self, step_ms: i64) {
        if step_ms == self.run.0 {
            self.run.1 += 1;
        } else {
            let (run_ms, n_times) = std::mem::replace(&mut self.run, (step_ms, 1));
            count(&mut self.steps, run_ms, n_times);
        }
        if step_ms >= SESSION_BREAK_MS {
            self.n_ended += 1;
            if self.n_ended == 1 {
                self.n_bars_first = self.n_bars;
            } else {
                count(&mut self.session_bars, self.n_bars - self.n_bars_ended, 1);
            }
            self.n_bars_ended = self.n_bars;
        }
    }

    /// Returns how often each step occurs, the shortest first.
    fn all_steps(&self) -> BTreeMap<i64, u64> {
        let mut steps = self.steps.clone();
        count(&mut steps, self.run.0, self.run.1);
        steps
    }

    /// Returns the most common step, the shortest of equals.
    pub(super) fn interval_ms(&self) -> i64 {
        let steps = self.all_steps();
        let most = steps.iter().max_by_key(|&(&step_ms, &n_times)| (n_times, -step_ms));
        most.map_or(0, |(&step_ms, _)| step_ms)
    }

    /// Returns the months from bar to bar if all steps are whole months,
    /// within what weekends shift.
    pub(super) fn months(&self) -> Option<f64> {
        const MONTH_MS: f64 = DAY_MS as f64 * 365.2425 / 12.0;
        let months = |step_ms: i64| (step_ms as f64 / MONTH_MS).round();
        let is_month = |step_ms: i64| {
            let rest_ms = step_ms as f64 - months(step_ms) * MONTH_MS;
            months(step_ms) >= 1.0 && rest_ms.abs() <= 5.0 * DAY_MS as f64
        };
        let steps = self.all_steps();
        let is_all = steps.values().sum::<u64>() + 1 == self.n_bars;
        // Months differ in length: equal steps are weeks or days.
        let first_ms = *steps.keys().next()?;
        let is_equal = steps.len() == 1 && (self.n_bars > 3 || first_ms % WEEK_MS == 0);
        let is_months = is_all && !is_equal && steps.keys().all(|&step_ms| is_month(step_ms));
        is_months.then(|| months(self.interval_ms()))
    }

    /// Returns the number of sessions: days of a market that closes
    /// overnight.
    pub(super) fn n_sessions(&self) -> u64 {
        self.n_ended + 1
    }

    /// Returns the whole weeks without bars in steps of at least `min_ms`
    /// more than the interval: outages, if they are rare.
    pub(super) fn idle_weeks(&self, min_ms: i64) -> f64 {
        let interval_ms = self.interval_ms();
        let steps = self.all_steps().into_iter();
        let idle: Vec<(i64, u64)> = steps
            .map(|(step_ms, n_times)| (step_ms - interval_ms, n_times))
            .filter(|(idle_ms, _)| *idle_ms >= min_ms)
            .collect();
        let n_times: u64 = idle.iter().map(|(_, n_times)| n_times).sum();
        if RARE * n_times > self.n_bars {
            return 0.0;
        }
        idle.into_iter().map(|(idle_ms, n)| (idle_ms / WEEK_MS) as f64 * n as f64).sum()
    }

    /// Returns the number of bars that nearly all sessions have, else the
    /// mean. The first session and the last may be incomplete, so they
    /// count only without others.
    pub(super) fn bars_per_session(&self) -> f64 {
        let n_sessions: u64 = self.session_bars.values().sum();
        let usual = self.session_bars.iter().max_by_key(|(_, n_times)| **n_times);
        if let Some((n_bars, n_times)) = usual
            && *n_times as f64 >= USUAL_SESSIONS * n_sessions as f64
        {
            return *n_bars as f64;
        }
        let n_last = self.n_bars - self.n_bars_ended;
        match self.n_ended {
            0 | 1 => n_last.max(self.n_bars_first) as f64,
            n => (self.n_bars_ended - self.n_bars_first) as f64 / (n - 1) as f64,
        }
    }
}

fn count<T: Ord>(counts: &mut BTreeMap<T, u64>, value: T, n_times: u64) {
    if n_times > 0 && (counts.len() < N_COUNTS_MAX || counts.contains_key(&value)) {
        *counts.entry(value).or_default() += n_times;
    }
}
