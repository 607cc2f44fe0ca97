//! The trainer's tests, through its public interface.

mod account;
mod cli;
#[path = "../command_output.rs"]
mod command_output;
mod config;
mod learning;
mod market;
mod output;
mod python;
mod session;
mod training;
mod wording;
