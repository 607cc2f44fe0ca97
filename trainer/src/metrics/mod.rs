//! Measures what an account earned, and at what risk, bar by bar.
//!
//! Constant memory, one pass. Every figure is net of the costs that the
//! account paid. A figure that is not defined is null and says why; none
//! is ever infinite, or 0 for want of a value.
//!
//! The agent, buy-and-hold and never-trade are measured by the same code:
//! each is a policy given to a [`Simulation`].

mod moments;
mod performance;
mod periods;
mod simulation;
mod tracker;

pub use performance::Performance;
pub use periods::{BarCalendar, PeriodsBasis, PeriodsPerYear};
pub use simulation::Simulation;
pub use tracker::PerformanceTracker;
