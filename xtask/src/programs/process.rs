//! The only place that starts other programs: git, cargo, the trainer.
//!
//! All of them are started through xshell. The trainer runs in its own
//! process group and is asked to stop through its standard input, so that
//! ctrl-C reaches it only once, and so that it ends when this process
//! dies, however that happens.

mod command;
mod git;
mod rerun;
mod restic;
mod slurm;
mod supervise;
mod system;

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

pub use command::{CommandRun, find_program};
pub use git::{ExcludedFiles, GitState, WorkTree, git_commit, git_state, git_tracked};
pub use rerun::{Rebuild, exec_program};
pub use restic::{ResticCall, ResticExit, has_ended, restic};
pub use slurm::{SlurmOutput, slurm};
pub use supervise::{CommandExit, supervise_if_asked};
pub use system::{free_bytes, open_file, tensorboard, terminal_columns};

use crate::workspace::exit::TrainerExit;
use crate::workspace::text::Colour;

/// How much of the trainer is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainerBuild {
    /// What most trainings need: the program `trainer`.
    Training,
    /// Parquet, the live view and exports as well: `trainer-full`.
    Full,
}

/// Builds the trainer from the cargo workspace `home`, in the profile of
/// this tool, and returns the path of its binary. The two builds and this
/// tool share a target folder, and with it their common dependencies.
pub fn build_trainer(home: &Path, build: TrainerBuild) -> Result<PathBuf> {
    let shell = shell()?;
    let cargo = cargo();
    let manifest = home.join("Cargo.toml");
    if !manifest.is_file() {
        bail!(
            "there is no `{}` to build the trainer from; pass a ready one by `--trainer-bin PATH`",
            manifest.display()
        );
    }
    let (program, features) = match build {
        TrainerBuild::Training => ("trainer", &[][..]),
        TrainerBuild::Full => ("trainer-full", &["--features", "full-program"][..]),
    };
    let messages = cmd!(
        shell,
        "{cargo} build --manifest-path {manifest} --package trainer --bin {program} --profile xtask
         --no-default-features {features...} --message-format json-render-diagnostics"
    )
    .quiet()
    .read()
    .context("failed to build the trainer; the compiler's messages are above")?;
    built_binary(&messages, program).context("cargo built the trainer but did not say where it is")
}

fn shell() -> Result<Shell> {
    Shell::new().context("failed to read the current folder")
}

fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

fn built_binary(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

/// Whether `binary` reports that it is the trainer of this repository.
pub fn is_own_trainer(binary: &Path) -> bool {
    let version = || {
        let shell = shell().ok()?;
        cmd!(shell, "{binary} --version").quiet().ignore_stderr().read().ok()
    };
    version().is_some_and(|version| version.starts_with("trainer "))
}

/// Lets the trainer `binary` load the model file `model`, and returns
/// whether that succeeded.
///
/// The contract: `trainer check-model FILE` loads the model, repeats
/// its stored probe predictions bit for bit, and exits with 0 when all
/// is well or with 1 when the model is bad, saying why on stderr.
pub fn check_model(binary: &Path, model: &Path) -> Result<bool> {
    let shell = shell()?;
    let status = Command::from(cmd!(shell, "{binary} check-model {model}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("failed to start the trainer `{}`", binary.display()))?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => bail!(
            "the trainer `{}` could not check the model ({status}); is it of this version?",
            binary.display()
        ),
    }
}

/// Runs the trainer `binary` with `arguments` in `folder`, and returns
/// its standard output and how it ended. Its stderr is passed through.
pub fn trainer_text(
    binary: &Path,
    folder: &Path,
    arguments: &[OsString],
) -> Result<(String, TrainerExit)> {
    let shell = shell()?;
    shell.change_dir(folder);
    let output = Command::from(cmd!(shell, "{binary} {arguments...}"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("failed to start the trainer `{}`", binary.display()))?;
    let text = String::from_utf8(output.stdout).context("the trainer printed no text")?;
    Ok((text, output.status.code().map_or(TrainerExit::Killed, TrainerExit::Code)))
}

/// One run of a trainer.
#[derive(Debug)]
pub struct TrainerRun<'a> {
    /// The program.
    pub binary: &'a Path,
    /// Its current folder.
    pub root: &'a Path,
    /// Its arguments after `train`.
    pub arguments: &'a [OsString],
    /// Whether its standard output is discarded.
    pub is_silent: bool,
}

/// Runs a trainer, which a signal handler can stop.
#[derive(Debug, Default)]
pub struct TrainerProcess {
    colour: Colour,
    /// The file for its stderr; else that of this process.
    log: Option<PathBuf>,
    stop_channel: Mutex<StopChannel>,
}

/// The channel through which a trainer is asked to stop.
#[derive(Debug, Default)]
struct StopChannel {
    stdin: Option<ChildStdin>,
    /// How often it was asked to stop, also while none was running.
    n_asked: usize,
}

impl TrainerProcess {
    /// Returns one that passes on `colour` through environment variables.
    pub fn in_colour(colour: Colour) -> Self {
        Self { colour, ..Self::default() }
    }

    /// Returns one whose stderr is appended to the file `log`.
    pub fn logging_to(log: PathBuf) -> Self {
        Self { colour: Colour::Never, log: Some(log), ..Self::default() }
    }

    /// Asks the trainer to stop after its current batch; if asked again, it
    /// stops at once. If it has not started yet, it is asked on start.
    pub fn stop(&self) {
        let mut channel = self.stop_channel();
        channel.n_asked += 1;
        channel.request_stop(1);
    }

    /// Runs a trainer to its end. Its standard output is that of this
    /// process, or discarded if the run is silent.
    pub fn run(&self, run: &TrainerRun<'_>) -> Result<TrainerExit> {
        let (binary, arguments) = (run.binary, run.arguments);
        let shell = shell()?;
        shell.change_dir(run.root);
        let command = Command::from(cmd!(shell, "{binary} train {arguments...}"));
        let status = self.wait_for(command, run.is_silent).with_context(|| {
            format!("failed to start the trainer `{}`; is it a program?", binary.display())
        })?;
        Ok(status.code().map_or(TrainerExit::Killed, TrainerExit::Code))
    }

    /// Starts `command`, which can be stopped through its standard input, and
    /// waits for its end.
    fn wait_for(&self, mut command: Command, is_silent: bool) -> Result<ExitStatus> {
        command.stdin(Stdio::piped());
        if is_silent {
            command.stdout(Stdio::null());
        }
        if let Some(log) = &self.log {
            command.stderr(OpenOptions::new().append(true).create(true).open(log)?);
        }
        match self.colour {
            Colour::Auto => {}
            Colour::Always => drop(command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1")),
            Colour::Never => drop(command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1")),
        }
        remove_restic_variables(&mut command);
        own_process_group(&mut command);
        let mut child = command.spawn()?;
        self.stop_channel().connect(child.stdin.take());
        let status = child.wait().context("failed to wait for it")?;
        self.stop_channel().connect(None);
        Ok(status)
    }

    fn stop_channel(&self) -> MutexGuard<'_, StopChannel> {
        self.stop_channel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StopChannel {
    fn connect(&mut self, stdin: Option<ChildStdin>) {
        self.stdin = stdin;
        self.request_stop(self.n_asked);
    }

    fn request_stop(&mut self, n_times: usize) {
        if let Some(stdin) = &mut self.stdin {
            // If the trainer is gone, it has stopped.
            let _ = stdin.write_all("stop\n".repeat(n_times).as_bytes());
            let _ = stdin.flush();
        }
    }
}

/// Removes restic's variables from the environment of `command`, which
/// has no use for them: most are secrets, and it may log its environment.
fn remove_restic_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RESTIC_") {
            command.env_remove(name);
        }
    }
}

#[cfg(unix)]
fn own_process_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// The console sends ctrl-C to all of its programs except those of a new
/// group.
#[cfg(windows)]
fn own_process_group(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
}
