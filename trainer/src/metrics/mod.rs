//! Measures what an account earned, and at what risk, bar by bar.
//!
//! Bounded memory, one pass. Every figure is net of the costs that the
//! account paid. A figure that is not defined is null and says why; none
//! is ever infinite, or 0 for want of a value.
//!
//! The agent, buy-and-hold and never-trade are measured by the same code:
//! each is a policy given to a [`Simulation`].

mod bootstrap;
mod curve;
mod curve_file;
mod groups;
mod moments;
mod normal;
mod performance;
mod periods;
mod returns;
mod sharpe;
mod simulation;
mod table;
mod tracker;
mod trades;

pub use curve_file::{measure_curve, measure_curve_with};
pub(crate) use normal::quantile as normal_quantile;
pub use performance::Performance;
pub use periods::{BarCalendar, PeriodsBasis, PeriodsPerYear};
pub(crate) use returns::quantile as sample_quantile;
pub use sharpe::{SharpeSample, Trials};
pub use simulation::Simulation;
pub use table::{ACCOUNT_FIGURES, account_table, curve_table};
pub use tracker::PerformanceTracker;
