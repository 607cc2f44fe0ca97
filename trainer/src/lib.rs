//! Trains a trading model on market bars and tells what it earned.
//!
//! Bars are streamed, features are causal, decisions at one bar's close
//! fill at the next bar's open, and every figure is net of costs. It
//! knows nothing of archives: `xtask` keeps what it writes.

pub mod config;
pub mod wording;

pub mod bars;
pub mod features;

pub mod environment;
pub mod metrics;

pub mod forest;

pub mod agent;
pub mod forecast;

pub mod model;

pub mod predict;

pub mod session;

pub mod simulate;

pub mod tensorboard;

pub mod trace;

pub mod export;

pub mod progress;

pub mod report;

pub mod train;

pub mod leaks;

pub mod audit;

pub mod watch;
