//! Runs any command as the trainer, through a supervisor, which is this
//! program in another mode.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use xshell::cmd;

use super::supervise::{self, CommandExit, Instructions, Outcome};
use super::{TrainerProcess, shell};

/// One run of a command.
#[derive(Debug)]
pub struct CommandRun<'a> {
    /// The binary of this tool, which acts as the supervisor.
    pub supervisor: &'a Path,
    /// The command and its arguments.
    pub words: &'a [OsString],
    /// Its current folder.
    pub folder: &'a Path,
    /// The variables added to its environment.
    pub variables: &'a [(&'a str, OsString)],
    /// The folder of the tool's locks.
    pub state: &'a Path,
    /// The file that its output is written to.
    pub log: &'a Path,
    /// Identifies this run among others in the workspace.
    pub run: &'a str,
    /// How long it may take to stop when asked to.
    pub grace: Duration,
    /// Whether its standard output goes to the log only.
    pub is_silent: bool,
}

impl TrainerProcess {
    /// Runs a command to its end, and stops it when asked to.
    pub fn run_command(&self, run: &CommandRun<'_>) -> Result<CommandExit> {
        let outcome = run.state.join("command.json");
        let instructions = Instructions {
            run: run.run.to_owned(),
            outcome: outcome.clone(),
            log: run.log.to_owned(),
            lock: run.state.join("trainer.lock"),
            grace_ms: u64::try_from(run.grace.as_millis()).unwrap_or(u64::MAX),
        };
        let (supervisor, words) = (run.supervisor, supervise::arguments(&instructions, run.words));
        let shell = shell()?;
        shell.change_dir(run.folder);
        let mut command = Command::from(cmd!(shell, "{supervisor} {words...}"));
        command.envs(run.variables.iter().map(|(name, value)| (name, value)));
        // Otherwise Python would buffer its lines until it ends.
        if std::env::var_os("PYTHONUNBUFFERED").is_none() {
            command.env("PYTHONUNBUFFERED", "1");
        }
        self.wait_for(command, run.is_silent)
            .with_context(|| format!("failed to start `{}`", supervisor.display()))?;
        Ok(read(&outcome, run.run).unwrap_or_default())
    }
}

/// Reads how the run ended; `None` when its supervisor was killed.
fn read(path: &Path, run: &str) -> Option<CommandExit> {
    let outcome: Outcome = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (outcome.run == run).then_some(outcome.end)
}

/// Finds the program `name`: relative to `folder` if it is a path, else
/// on the search path `path`.
pub fn find_program(name: &OsStr, folder: &Path, path: Option<&OsStr>) -> Option<PathBuf> {
    let is_path = Path::new(name).components().count() > 1 || Path::new(name).is_absolute();
    let folders: Vec<PathBuf> = if is_path {
        vec![folder.to_owned()]
    } else {
        path.into_iter().flat_map(std::env::split_paths).map(|it| folder.join(it)).collect()
    };
    folders.into_iter().map(|folder| folder.join(name)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = fs::metadata(file) else { return false };
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    let files = [file.to_owned(), file.with_extension("exe"), file.with_extension("cmd")];
    files.iter().any(|file| file.is_file())
}
