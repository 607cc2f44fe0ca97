//! Builds this tool with a missing feature, and replaces this process by
//! it.
//!
//! The new build has its own target folder, so that the two builds never
//! replace each other.

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
    /// The missing feature.
    pub feature: Feature,
    /// Whether cargo prints errors only.
    pub is_quiet: bool,
}

impl Rebuild<'_> {
    /// Returns the target folder of the build, within that of the running
    /// program.
    pub fn target_folder(&self) -> PathBuf {
        let own = self.program.parent().and_then(Path::parent);
        let target = own.map_or_else(|| self.home.join("target"), Path::to_owned);
        target.join(format!("xtask-{}", self.feature.name()))
    }

    /// Whether it is the first build, which takes a while.
    pub fn is_first(&self) -> bool {
        !self.target_folder().join("xtask").is_dir()
    }

    /// Builds the tool, unless it is up to date, and returns its path.
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

/// Replaces this process by `binary` with `arguments`, as `exec` does. On
/// systems without `exec`, waits for it and returns its exit code.
pub fn exec_program(binary: &Path, arguments: &[OsString]) -> Result<i32> {
    let shell = shell()?;
    let mut command = Command::from(cmd!(shell, "{binary} {arguments...}"));
    command.stdin(Stdio::inherit());
    exec(&mut command).with_context(|| format!("failed to start `{}`", binary.display()))
}

#[cfg(unix)]
fn exec(command: &mut Command) -> std::io::Result<i32> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// The console sends ctrl-C to both; this process ignores it and waits
/// for the other.
#[cfg(not(unix))]
fn exec(command: &mut Command) -> std::io::Result<i32> {
    Ok(command.status()?.code().unwrap_or(1))
}
