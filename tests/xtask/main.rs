//! The tests of the tasks, through their public interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod annotations;
mod archive;
mod cache;
mod ci;
mod clean;
mod cli;
mod config;
mod cycle;
mod damage;
mod diff;
mod docs;
mod doctor;
mod export;
mod faults;
mod gate;
mod hostile;
mod lack;
mod leaks;
mod list;
mod lock;
mod name;
mod pack;
mod program;
mod prune;
mod rawzip;
mod recover;
mod restic;
mod restore;
mod resume;
mod retention;
mod scan;
mod show;
mod status;
mod support;
mod terminal;
mod tidy;
mod train;
mod trials;
mod undelete;
mod verify;
mod verify_task;
mod windows;
