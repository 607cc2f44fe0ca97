//! A command where there are no signals: it can only be ended, alone.

use std::ffi::OsString;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use xshell::cmd;

use super::shell;

/// A command.
#[derive(Debug)]
pub struct Family {
    pid: u32,
}

/// The only word is the end.
#[derive(Debug, Default)]
pub struct Urging;

impl Urging {
    /// Returns the word.
    pub fn next(&mut self) {}

    /// There are no polite words to leave out.
    pub fn skip_to_last(&mut self) {}
}

impl Family {
    /// Returns the family of `child`.
    pub fn of(child: &Child) -> Self {
        Self { pid: child.id() }
    }

    /// Ends it and what it has started.
    pub fn urge(&self, (): ()) {
        let pid = self.pid.to_string();
        if let Ok(shell) = shell() {
            // A process that is gone has ended.
            let _ = cmd!(shell, "taskkill /PID {pid} /T /F").quiet().ignore_stdout().run();
        }
    }

    /// What is left cannot be told.
    pub fn end(&self, _: Duration) {}
}

/// There are no signals.
pub fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// The system has no adoption.
pub fn adopt() {}

/// The system has no such promise.
pub fn die_with(_: &OsString) -> bool {
    true
}
