//! Trades by a forecast of the next bar's return: the simplest rival.
//!
//! A regression forecasts the return from the next bar's open to the
//! one after it, and the position changes only where the forecast is
//! beyond a threshold that covers the cost. With costs in proportion to
//! the trade and a bounded position such a band is the best rule: de
//! Lataillade, Deremble, Potters and Bouchaud, Optimal trading with
//! linear costs, Journal of Investment Strategies 1 (2012). The width
//! of the band is chosen by forecasts of remembered training bars that
//! taught nothing of them.

mod history;
mod learner;
mod policy;
mod threshold;

pub use crate::config::ForecastConfig;
pub use learner::{ForecastLearner, ForecastSetup};
pub use policy::{ForecastPolicy, ForecastRule};
pub use threshold::{ValidationSlice, choose_threshold};
