//! Counts steps, sessions and weeks of bars, from their times.
//!
//! One pass, bounded memory. [`PeriodsPerYear`](super::PeriodsPerYear)
//! infers from the counts how many bars a year has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wording::DAY_MS;

pub(super) const WEEK_MS: i64 = 7 * DAY_MS;

/// Most distinct steps that are counted.
const N_STEPS_MAX: usize = 4096;
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
    /// Whole weeks since the first bar, and the bars in them.
    pub(super) n_weeks: u64,
    pub(super) n_bars_in_weeks: u64,
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
            add(&mut self.steps, run_ms, n_times);
        }
        if step_ms >= SESSION_BREAK_MS {
            self.n_ended += 1;
            self.n_bars_ended = self.n_bars;
            if self.n_ended == 1 {
                self.n_bars_first = self.n_bars;
            }
        }
    }

    /// Returns how often each step occurs, the shortest first.
    fn all_steps(&self) -> BTreeMap<i64, u64> {
        let mut steps = self.steps.clone();
        add(&mut steps, self.run.0, self.run.1);
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

    /// Returns the mean number of bars of a session. The first and the
    /// last may be incomplete, so they count only without others.
    pub(super) fn bars_per_session(&self) -> f64 {
        let n_last = self.n_bars - self.n_bars_ended;
        match self.n_ended {
            0 | 1 => n_last.max(self.n_bars_first) as f64,
            n => (self.n_bars_ended - self.n_bars_first) as f64 / (n - 1) as f64,
        }
    }
}

fn add(steps: &mut BTreeMap<i64, u64>, step_ms: i64, n_times: u64) {
    if n_times > 0 && (steps.len() < N_STEPS_MAX || steps.contains_key(&step_ms)) {
        *steps.entry(step_ms).or_default() += n_times;
    }
}
