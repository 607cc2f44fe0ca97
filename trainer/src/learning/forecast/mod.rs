//! Trades by a forecast of the next bar's return: a baseline for the
//! agent.
//!
//! A regression forecasts the return from the next bar's open to the
//! one after it, and the position changes only where the forecast is
//! beyond a threshold that covers the cost. With costs in proportion to
//! the trade and a bounded position such a no-trade band is optimal: de
//! Lataillade, Deremble, Potters and Bouchaud, Optimal trading with
//! linear costs, Journal of Investment Strategies 1 (2012). The
//! threshold is selected on out-of-fold forecasts of the training bars.

mod learner;
mod policy;
mod threshold;

pub use crate::config::ForecastConfig;
pub use learner::ForecastLearner;
pub use policy::{ForecastPolicy, ForecastRule};
pub use threshold::{ValidationSlice, choose_threshold};
