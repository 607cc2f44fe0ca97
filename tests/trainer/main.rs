//! The trainer's tests, through its public interface.

mod account;
mod cli;
mod config;
mod learning;
mod market;
mod output;
#[path = "../printed.rs"]
mod printed;
mod python;
mod session;
mod training;
mod wording;
