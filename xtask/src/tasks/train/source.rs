//! Where the trainer comes from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::command::CommandTrainer;
use crate::programs::process::{self, TrainerBuild};
use crate::tasks::TaskContext;
use crate::workspace::exit::{TrainerExit, usage};
use crate::workspace::plain;

/// Where the trainer comes from.
#[derive(Debug, Clone)]
pub enum TrainerSource {
    /// An existing binary.
    Ready(PathBuf),
    /// A cargo workspace that holds the trainer's package.
    Build(PathBuf),
    /// The installed trainer of this repository.
    Installed(PathBuf),
    /// Any command, which does not know this tool.
    Command(CommandTrainer),
    /// None was found.
    Missing,
}

/// Returns the trainer's binary, built if necessary, with what most
/// trainings need.
pub fn trainer_binary(context: &mut TaskContext<'_>, source: &TrainerSource) -> Result<PathBuf> {
    match source {
        TrainerSource::Command(command) => {
            command.check()?;
            Ok(command.supervisor.clone())
        }
        TrainerSource::Ready(path) => path.canonicalize().map(plain).map_err(|error| {
            let path = path.display();
            usage!("there is no trainer `{path}` to run: {error}")
        }),
        TrainerSource::Build(home) => {
            (context.on_message)("building the trainer (the first time takes a minute)");
            process::build_trainer(home, TrainerBuild::Training)
        }
        TrainerSource::Installed(path) if process::is_own_trainer(path) => Ok(path.clone()),
        TrainerSource::Installed(path) => Err(usage!(
            "`{}` is not the trainer of this tool; install that by `cargo install --path \
             trainer`, or name another by `--trainer-bin PATH`",
            path.display()
        )),
        TrainerSource::Missing => Err(usage!(
            "there is no `trainer` beside this program or on the PATH; install it from the \
             source of this tool by `cargo install --path trainer`, or name another by \
             `--trainer-bin PATH`"
        )),
    }
}

/// Returns the binary of the full trainer, built if necessary.
pub fn full_trainer_binary(
    context: &mut TaskContext<'_>,
    source: &TrainerSource,
) -> Result<PathBuf> {
    let TrainerSource::Build(home) = source else { return trainer_binary(context, source) };
    (context.on_message)("building the trainer with all its parts (the first time takes a minute)");
    process::build_trainer(home, TrainerBuild::Full)
}

/// Runs the trainer with `arguments` in `folder`, and returns its output
/// and how it ended. Uses the full trainer if needed.
pub fn trainer_text(
    context: &mut TaskContext<'_>,
    source: &TrainerSource,
    folder: &Path,
    arguments: &[OsString],
) -> Result<(String, TrainerExit)> {
    let binary = trainer_binary(context, source)?;
    let mut text = String::new();
    let (_, exit) = run_with_full_if_needed(context, source, &binary, |binary| {
        let (printed, exit) = process::trainer_text(binary, folder, arguments)?;
        text = printed;
        Ok(exit)
    })?;
    Ok((text, exit))
}

/// Calls `run` with the trainer `binary`, and again with the full trainer
/// if `binary` lacks a part. Returns the binary that was used last.
pub fn run_with_full_if_needed(
    context: &mut TaskContext<'_>,
    source: &TrainerSource,
    binary: &Path,
    mut run: impl FnMut(&Path) -> Result<TrainerExit>,
) -> Result<(PathBuf, TrainerExit)> {
    let exit = run(binary)?;
    if exit != TrainerExit::MISSING_FEATURE || !matches!(source, TrainerSource::Build(_)) {
        return Ok((binary.to_owned(), exit));
    }
    let full = full_trainer_binary(context, source)?;
    let exit = run(&full)?;
    Ok((full, exit))
}
