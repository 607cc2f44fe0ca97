//! Measures what an account earned, and at what risk, bar by bar.
//!
//! Bounded memory, one pass. Every figure is net of the costs that the
//! account paid. An undefined figure is null, with the reason; none is
//! infinite, and 0 never stands for a missing value.
//!
//! The agent, buy-and-hold and never-trade are measured by the same code:
//! each is a policy given to a [`Simulation`].

mod alarm;
mod bars;
mod benchmark;
mod bootstrap;
mod calendar;
mod curve;
mod curve_file;
mod moments;
mod normal;
mod performance;
mod periods;
mod returns;
mod ruin;
mod sharpe;
mod simulation;
mod table;
mod to_date;
mod tracker;

pub(crate) use alarm::REMEDY;
pub use alarm::{Alarm, alarm_lines};
pub use benchmark::{BenchmarkComparison, BenchmarkTracker};
pub use calendar::BarCalendar;
pub use curve_file::CurveFile;
pub(crate) use normal::quantile as normal_quantile;
pub use performance::Performance;
pub use periods::{PeriodsBasis, PeriodsPerYear};
pub(crate) use returns::quantile as sample_quantile;
#[cfg(feature = "full")]
pub(crate) use ruin::{is_return_based, is_ruinous};
pub(crate) use ruin::{is_ruined, ruin_lines, void_ruined};
pub use sharpe::{SharpeSample, Trials};
pub use simulation::Simulation;
pub use table::{ACCOUNT_FIGURES, account_table, curve_table};
pub use to_date::{ToDate, ToDateTracker};
pub use tracker::PerformanceTracker;
