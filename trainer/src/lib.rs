//! Trains a trading model on market bars and reports what it earned.
//!
//! Bars are streamed, features are causal, decisions at one bar's close
//! fill at the next bar's open, and every figure is net of costs. It
//! knows nothing of archives: `xtask` keeps what it writes.

pub mod cli;

pub mod training;

pub mod output;

pub mod learning;

pub mod session;

pub mod config;

pub mod account;

pub mod market;

pub mod digest;

pub mod field;

pub mod missing_feature;

pub mod progress;

pub mod random;

pub mod wording;
