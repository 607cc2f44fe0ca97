//! Computes the learner's observations: causal, scale-free features.
//!
//! A row depends only on its own bar and earlier ones, and does not
//! change when all prices or all volumes are multiplied by a constant;
//! further columns of the bars are passed on unchanged. Windows count
//! bars, so a gap in the data makes them span more time, and the return
//! across it is that of one bar.

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
