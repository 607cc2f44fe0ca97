//! Builds this tool again with what it lacks, and becomes that.
//!
//! The new build lies in a target folder of its own, so that the two
//! never replace each other. It has the feature, so that it never comes
//! here for it again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use xshell::cmd;

use super::{built_binary, cargo, shell};
use crate::programs::features::Feature;

/// What to build, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Rebuild<'a> {
    /// The cargo workspace that holds the package of this tool.
    pub home: &'a Path,
    /// The file of the program that runs now.
    pub program: &'a Path,
    /// What it lacks.
    pub feature: Feature,
    /// Whether cargo tells of errors alone.
    pub is_quiet: bool,
}

impl Rebuild<'_> {
    /// Returns the target folder of the build, beside that of the
    /// program that runs now.
    pub fn target_folder(&self) -> PathBuf {
        let own = self.program.parent().and_then(Path::parent);
        let target = own.map_or_else(|| self.home.join("target"), Path::to_owned);
        target.join(format!("xtask-{}", self.feature.name()))
    }

    /// Whether it is the first build, which takes its time.
    pub fn is_first(&self) -> bool {
        !self.target_folder().join("xtask").is_dir()
    }

    /// Builds the tool, unless it is there already, and returns its
    /// path.
    ///
    /// # Errors
    /// When cargo fails; what it says went to stderr.
    pub fn build(&self) -> Result<PathBuf> {
        let (shell, cargo, feature) = (shell()?, cargo(), self.feature.name());
        let (manifest, target) = (self.home.join("Cargo.toml"), self.target_folder());
        let quiet = (self.is_quiet || !self.is_first()).then_some("--quiet");
        let build = cmd!(
            shell,
            "{cargo} build --manifest-path {manifest} --package xtask --bin xtask
             --profile xtask --no-default-features --features {feature} --target-dir {target}
             --message-format json-render-diagnostics {quiet...}"
        );
        let messages = build.quiet().read().with_context(|| {
            format!("failed to build xtask with `{feature}`; the compiler's messages are above")
        })?;
        built_binary(&messages, "xtask").context("cargo built xtask but did not say where it is")
    }
}

/// Becomes the program `binary` with `arguments`: signals, standard
/// streams, the current folder and the exit code are its own. Where a
/// process cannot become another, waits for it and returns its exit
/// code.
///
/// # Errors
/// When it cannot be started.
pub fn become_program(binary: &Path, arguments: &[OsString]) -> Result<i32> {
    let shell = shell()?;
    let mut command = Command::from(cmd!(shell, "{binary} {arguments...}"));
    command.stdin(Stdio::inherit());
    turn_into(&mut command).with_context(|| format!("failed to start `{}`", binary.display()))
}

#[cfg(unix)]
fn turn_into(command: &mut Command) -> std::io::Result<i32> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// The console sends ctrl-C to both; this process has noted it and
/// waits on for the other.
#[cfg(not(unix))]
fn turn_into(command: &mut Command) -> std::io::Result<i32> {
    Ok(command.status()?.code().unwrap_or(1))
}
