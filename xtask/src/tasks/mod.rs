//! What each task does, in order: a file a task.
//!
//! `train` is the cycle: recover, archive, clean, run the trainer, seal,
//! prune. `cycle` has the steps that tasks share. A task gets clock,
//! paths and interrupt as arguments and returns a result; it prints
//! nothing. It may use `programs`, `vault` and `workspace`.

pub mod clean;
pub mod coverage;
pub mod cycle;
pub mod doctor;
pub mod gate;
pub mod prune;
pub mod recover;
pub mod reproduce;
pub mod resume;
pub mod status;
pub mod train;
pub mod trials;
pub mod unpacked;
