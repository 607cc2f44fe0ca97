//! A command on systems without signals: it can only be killed.

use std::ffi::OsString;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use xshell::cmd;

use super::shell;

/// A command.
#[derive(Debug)]
pub struct ProcessTree {
    pid: u32,
}

/// The only step is to kill.
#[derive(Debug, Default)]
pub struct Escalation;

impl Escalation {
    /// Returns the step.
    pub fn next(&mut self) {}

    /// There is nothing to skip.
    pub fn skip_to_kill(&mut self) {}
}

impl ProcessTree {
    /// Returns the tree of `child`.
    pub fn of(child: &Child) -> Self {
        Self { pid: child.id() }
    }

    /// Kills it and its children.
    pub fn signal(&self, (): ()) {
        let pid = self.pid.to_string();
        if let Ok(shell) = shell() {
            // It may have ended.
            let _ = cmd!(shell, "taskkill /PID {pid} /T /F").quiet().ignore_stdout().run();
        }
    }

    /// Remaining processes are unknown.
    pub fn end(&self, _: Duration) {}
}

/// The system has no signals.
pub fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// The system has no subreapers.
pub fn become_subreaper() {}

/// The system cannot do that.
pub fn die_with_parent(_: &OsString) -> bool {
    true
}
