//! The inputs and outputs of all tasks of the command line.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::{Cli, Format};
use crate::programs::features;
use crate::programs::process::TrainerProcess;
use crate::tasks::TaskContext;
use crate::tasks::pull;
use crate::tasks::train::TrainerSource;
use crate::terminal::report::Report;
use crate::vault::catalog::Catalog;
use crate::vault::remote;
use crate::workspace::exit::Exit;

/// What every task of the command line works with.
pub struct CommandContext<'a> {
    /// The inputs of every task.
    pub task: TaskContext<'a>,
    /// The command line.
    pub cli: &'a Cli,
    /// The folder to which paths on the command line are relative.
    pub current_folder: &'a Path,
    /// The trainer, which a signal handler can stop.
    pub trainer: &'a TrainerProcess,
    /// The default trainer.
    pub default_trainer: TrainerSource,
}

impl<'a> Deref for CommandContext<'a> {
    type Target = TaskContext<'a>;

    fn deref(&self) -> &Self::Target {
        &self.task
    }
}

impl DerefMut for CommandContext<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.task
    }
}

impl CommandContext<'_> {
    /// Returns the value of `--format`.
    pub(super) fn format(&self) -> Format {
        self.cli.global.format
    }

    /// Returns the trainer that the command line names, or else the
    /// default.
    pub(super) fn trainer_source(&self, binary: Option<&Path>) -> TrainerSource {
        match binary {
            Some(path) => TrainerSource::Ready(self.current_folder.join(path)),
            None => self.default_trainer.clone(),
        }
    }
}

/// The output of a task.
pub struct TaskOutput {
    /// The result as text for people.
    pub text: String,
    /// The result as one JSON document.
    pub json: String,
    /// How the process exits.
    pub exit: Exit,
}

impl TaskOutput {
    /// Returns the output of a task with this report.
    pub(super) fn of(report: &impl Report, exit: Exit) -> Self {
        Self { text: report.text(), json: report.json(), exit }
    }
}

/// Returns the path of the archive `name`: one of the workspace, a path
/// if it contains a separator, or a copy of a remote one.
///
/// # Errors
/// When there is no such archive, or this build cannot unpack it
/// ([`features::MissingFeature`]).
pub(super) fn locate(context: &CommandContext<'_>, name: &str) -> Result<PathBuf> {
    let path = if let Some(name) = name.strip_prefix(remote::PREFIX) {
        pull::copy_of(context, name)?
    } else if name.contains(std::path::is_separator) {
        context.current_folder.join(name)
    } else {
        Catalog::read(context.workspace)?.find(name)?.path.clone()
    };
    features::check_archive(&path)?;
    Ok(path)
}
