//! Turns bars into what the learner sees: causal, scale-free numbers.
//!
//! A row is made of its own bar and earlier ones only, and, but for the
//! further columns of a user's bars, which are taken as they are, does
//! not change when all prices or all volumes are multiplied. A bar is a bar:
//! windows count bars, so a gap in the data makes them span more time,
//! and the return across it is that of one bar.

mod calendar;
mod check;
mod config;
mod engine;
mod indicators;
mod moments;
mod set;
mod unit;
mod windowed;

pub(crate) use check::{check_open, check_row};
pub use config::FeaturesConfig;
pub use engine::FeatureEngine;
pub use set::{FeatureSet, FeatureWindows};
pub(crate) use unit::ratio;
