//! Runs the client programs of the user's Slurm.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use xshell::cmd;

use super::{remove_restic_variables, shell};

/// Prefixes of variables that would filter jobs, or ask for confirmation.
const FILTERS: [&str; 2] = ["SQUEUE_", "SCANCEL_"];

/// How a program ended.
#[derive(Debug)]
pub struct SlurmOutput {
    /// Whether its exit code is 0.
    pub is_success: bool,
    /// Its standard output.
    pub output: String,
    /// Its stderr.
    pub error_output: String,
}

/// Runs `program` of Slurm to its end; `None` if it is not installed.
pub fn slurm(program: &str, arguments: &[OsString]) -> Result<Option<SlurmOutput>> {
    let shell = shell()?;
    let mut command = Command::from(cmd!(shell, "{program} {arguments...}"));
    let is_filter = |name: &OsString| {
        name.to_str().is_some_and(|name| FILTERS.iter().any(|filter| name.starts_with(filter)))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_filter(name)) {
        command.env_remove(name);
    }
    // Slurm stores the environment of a job.
    remove_restic_variables(&mut command);
    command.stdin(Stdio::null());
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        output => output.with_context(|| format!("failed to start `{program}`"))?,
    };
    Ok(Some(SlurmOutput {
        is_success: output.status.success(),
        output: String::from_utf8(output.stdout)
            .with_context(|| format!("`{program}` printed no text"))?,
        error_output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }))
}
