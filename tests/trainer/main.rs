//! The trainer's tests, through its public interface.

mod agent;
mod alarm;
mod audit;
mod bars;
mod cli;
mod config;
mod environment;
mod export;
mod features;
mod forecast;
mod forest;
mod leaks;
mod metrics;
mod model;
mod predict;
mod python;
mod report;
mod session;
mod simulate;
mod tensorboard;
mod trace;
mod watch;
mod wording;
