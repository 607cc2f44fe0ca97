//! Archives, cleans, trains, seals and prunes training sessions.
//!
//! Nothing is moved without a [`verify::Receipt`], which exists only
//! after an archive was read back; nothing is deleted without a plan
//! that `--dry-run` shows. Clock, paths and interrupts are arguments.

pub mod cli;
pub mod exit;
pub mod gate;
pub mod lack;

pub mod config;
pub mod workspace;

pub mod digest;
pub mod files;
pub mod filesystem;
pub mod lock;
pub mod threads;
pub mod windows;

pub mod manifest;
pub mod name;
pub mod session;

pub mod archive_folder;
pub mod links;
pub mod mounts;
pub mod places;
pub mod scan;
pub mod seal;

pub mod annotations;
pub mod archive;
pub mod catalog;
pub mod order;
pub mod receipts;
pub mod verify;

pub mod clean;
pub mod recover;
pub mod relocate;

pub mod prune;
pub mod retention;
pub mod trash;

pub mod doctor;
pub mod status;

pub mod diff;
pub mod restore;
pub mod unpacked;

pub mod process;

pub mod coverage;
pub mod cycle;
pub mod resume;
pub mod train;
pub mod trials;

pub mod reproduce;

pub mod progress;
pub mod report;
pub mod ruin;
pub mod run;

pub mod program;
#[cfg(feature = "standalone")]
pub mod standalone;
pub mod terminal;
