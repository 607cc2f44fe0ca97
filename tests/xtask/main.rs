//! The tests of the tasks, through their public interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archive;
mod cache;
mod clean;
mod cli;
mod config;
mod cycle;
mod damage;
mod diff;
mod faults;
mod hostile;
mod list;
mod lock;
mod name;
mod pack;
mod prune;
mod rawzip;
mod recover;
mod restore;
mod retention;
mod scan;
mod support;
mod tidy;
mod train;
mod verify;
mod verify_task;
