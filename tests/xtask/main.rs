//! The tests of the tasks, through their public interface.
//!
//! Those of Unix alone need what Windows has not: modes, signals, links,
//! names of any bytes, and shell scripts that stand in for trainers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod annotations;
#[cfg(unix)]
mod archive;
mod archive_folder;
mod cache;
#[cfg(unix)]
mod ci;
mod clean;
#[cfg(unix)]
mod cli;
mod config;
#[cfg(unix)]
mod cycle;
mod damage;
mod diff;
#[cfg(unix)]
mod docs;
mod doctor;
#[cfg(unix)]
mod doubts;
#[cfg(unix)]
mod export;
#[cfg(unix)]
mod faults;
#[cfg(unix)]
mod filesystems;
#[cfg(unix)]
mod gate;
#[cfg(unix)]
mod git;
mod globs;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod in_motion;
#[cfg(unix)]
mod lack;
#[cfg(unix)]
mod leaks;
mod list;
#[cfg(unix)]
mod lock;
#[cfg(target_os = "linux")]
mod moves;
mod name;
#[cfg(unix)]
mod pack;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod prune;
#[cfg(unix)]
mod raw_names;
mod rawzip;
mod recover;
#[cfg(unix)]
mod restic;
#[cfg(unix)]
mod restore;
#[cfg(unix)]
mod resume;
mod retention;
#[cfg(unix)]
mod root_models;
#[cfg(unix)]
mod scan;
#[cfg(unix)]
mod shared;
#[cfg(unix)]
mod show;
#[cfg(unix)]
mod status;
mod support;
mod terminal;
#[cfg(unix)]
mod tidy;
#[cfg(unix)]
mod train;
#[cfg(unix)]
mod trials;
#[cfg(unix)]
mod trust;
mod undelete;
mod verify;
#[cfg(unix)]
mod verify_task;
mod windows;
