//! The steps of each task, one file per task.
//!
//! `train` is the whole cycle: recover, archive, clean, run the trainer,
//! seal, prune. `steps` has the steps that tasks share. A task gets
//! clock, paths and interrupt as arguments and returns a result; it never
//! prints. This folder may use `programs`, `vault` and `workspace`.

pub mod clean;
pub mod coverage;
pub mod doctor;
pub mod gate;
pub mod prune;
pub mod pull;
pub mod push;
pub mod recover;
pub mod remote;
pub mod reproduce;
pub mod resume;
pub mod status;
pub mod steps;
pub mod sweep;
pub mod train;
pub mod trials;
pub mod unpacked;

use std::fmt::Display;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};

use crate::workspace::Workspace;

/// The inputs of every task.
pub struct TaskContext<'a> {
    /// The workspace to work in.
    pub workspace: &'a Workspace,
    /// The clock.
    pub clock: &'a (dyn Fn() -> DateTime<Utc> + Sync),
    /// Set by a signal: stop.
    pub interrupt: &'a AtomicBool,
    /// Receives messages for the user while the task runs.
    pub on_message: &'a mut dyn FnMut(&str),
}

impl TaskContext<'_> {
    /// Passes on warnings for the user.
    pub fn warn(&mut self, warnings: impl IntoIterator<Item = impl Display>) {
        for warning in warnings {
            (self.on_message)(&format!("warning: {warning}"));
        }
    }
}
