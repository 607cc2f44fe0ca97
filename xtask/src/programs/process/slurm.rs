//! Runs the client programs of the user's Slurm.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use xshell::cmd;

use super::environment::hide_restic;
use super::shell;

/// Settings that would hide jobs from a question, or ask back.
const FILTERS: [&str; 2] = ["SQUEUE_", "SCANCEL_"];

/// How a program ended.
#[derive(Debug)]
pub struct SlurmEnd {
    /// Whether its exit code is 0.
    pub is_success: bool,
    /// What it printed.
    pub output: String,
    /// What it complained of.
    pub complaint: String,
}

/// Runs `program` of Slurm to its end; `None` when there is none.
///
/// # Errors
/// When it cannot be started, or prints no text.
pub fn slurm(program: &str, arguments: &[OsString]) -> Result<Option<SlurmEnd>> {
    let shell = shell()?;
    let mut command = Command::from(cmd!(shell, "{program} {arguments...}"));
    let is_filter = |name: &OsString| {
        name.to_str().is_some_and(|name| FILTERS.iter().any(|filter| name.starts_with(filter)))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_filter(name)) {
        command.env_remove(name);
    }
    // The cluster writes down what a job sees.
    hide_restic(&mut command);
    command.stdin(Stdio::null());
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        output => output.with_context(|| format!("failed to start `{program}`"))?,
    };
    Ok(Some(SlurmEnd {
        is_success: output.status.success(),
        output: String::from_utf8(output.stdout)
            .with_context(|| format!("`{program}` printed no text"))?,
        complaint: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }))
}
