//! Archives, cleans, trains, seals and prunes training sessions.
//!
//! Nothing is moved without a [`vault::verify::Receipt`], which exists only
//! after an archive was read back; nothing is deleted without a plan
//! that `--dry-run` shows. Clock, paths and interrupts are arguments.

pub mod cli;

pub mod terminal;

pub mod tasks;

pub mod vault;

pub mod programs;

pub mod workspace;
