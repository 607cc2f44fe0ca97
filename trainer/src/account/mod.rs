//! The account that trades: fills, costs, liquidation, and its figures.
//!
//! Cash + position value = equity after every bar; a decision fills at
//! the next bar's open. It may use `market`.

pub mod environment;
pub mod metrics;
