//! Runs a policy through bars and measures what it earned.
//!
//! Agent and benchmarks take the same path: buy-and-hold and never-trade
//! are policies with a constant target.

use serde::{Deserialize, Serialize};

use crate::account::environment::{
    BarOutcome, Environment, EnvironmentConfig, StepStatus, TradeEvent,
};
use crate::field::FieldError;
use crate::market::bars::Bar;

use super::{BarCalendar, Performance, PerformanceTracker, PeriodsPerYear};

/// An account and its figures, driven by a policy.
///
/// A policy sees the bar that just closed and the environment, and
/// returns the target to fill at the next bar's open; to hold, it
/// returns [`Environment::target`].
///
/// It can be stored and continued, without the figures of
/// [`with_risk`](Self::with_risk).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Simulation {
    environment: Environment,
    tracker: PerformanceTracker,
}

impl Simulation {
    /// Returns a simulation with a new account; `None` for
    /// `periods_per_year` infers them from the times of its bars.
    ///
    /// # Errors
    ///
    /// Returns the field of `config` that is out of its range.
    pub fn new(
        config: &EnvironmentConfig,
        periods_per_year: impl Into<Option<PeriodsPerYear>>,
    ) -> Result<Self, FieldError> {
        Ok(Self {
            environment: Environment::new(config)?,
            tracker: PerformanceTracker::new(config.initial_cash, periods_per_year),
        })
    }

    /// Turns on the figures that need the returns themselves: the Sharpe
    /// ratio's interval, drawn with `seed`, and the tails. Call it before
    /// the first bar.
    #[must_use]
    pub fn with_risk(mut self, seed: u64) -> Self {
        self.tracker = self.tracker.with_risk(seed);
        self
    }

    /// Returns the environment, to read its account and target.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns the calendar of the bars so far.
    pub fn calendar(&self) -> &BarCalendar {
        self.tracker.calendar()
    }

    /// Returns the figures so far, an open position valued at the last
    /// close.
    pub fn performance(&self) -> Performance {
        self.tracker.performance()
    }

    /// Steps through one bar, then asks `policy` at its close for the
    /// target of the next.
    pub fn step(
        &mut self,
        bar: &Bar,
        policy: &mut impl FnMut(&Bar, &Environment) -> f64,
        events: &mut impl FnMut(TradeEvent),
    ) -> BarOutcome {
        self.tracker.begin_bar(bar.time_ms);
        let outcome = self.environment.step(bar, events);
        // No decision could be held in the first bar, so it has no return.
        if self.environment.n_steps() > 1 {
            self.tracker.push(&outcome);
        }
        if outcome.status == StepStatus::Running {
            let target = policy(bar, &self.environment);
            self.environment.set_target(target);
        }
        outcome
    }

    /// Closes an open position at the last close and returns the figures,
    /// net of that exit.
    pub fn finish(&mut self, events: &mut impl FnMut(TradeEvent)) -> Performance {
        self.exit(events);
        self.tracker.performance()
    }

    /// Closes an open position at the last close and returns the outcome;
    /// see [`Environment::finish`].
    pub fn exit(&mut self, events: &mut impl FnMut(TradeEvent)) -> BarOutcome {
        let outcome = self.environment.finish(events);
        self.tracker.settle(&outcome);
        outcome
    }
}
