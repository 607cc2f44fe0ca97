//! The inputs and outputs of all tasks of the command line.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::LabelArgs;
use crate::programs::features;
use crate::programs::process::Trainer;
use crate::tasks::TaskContext;
use crate::tasks::cycle::Label;
use crate::tasks::pull;
use crate::tasks::train::TrainerSource;
use crate::terminal::report::Report;
use crate::vault::catalog::Catalog;
use crate::vault::remote;
use crate::workspace::exit::Exit;

/// The environment of the process.
pub struct ProcessContext<'a> {
    /// The folder to which paths on the command line are relative.
    pub current_folder: PathBuf,
    /// The trainer, which a signal handler can stop.
    pub trainer: &'a Trainer,
    /// The default trainer.
    pub default_trainer: TrainerSource,
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

pub(super) fn outcome(report: &impl Report, exit: Exit) -> TaskOutput {
    TaskOutput { text: report.text(), json: report.json(), exit }
}

/// Returns the path of the archive `name`: one of the workspace, a path
/// if it contains a separator, or a copy of a remote one.
///
/// # Errors
/// When there is no such archive, or this build cannot unpack it
/// ([`features::MissingFeature`]).
pub(super) fn locate(
    context: &TaskContext<'_>,
    name: &str,
    process_context: &ProcessContext<'_>,
) -> Result<PathBuf> {
    let path = if let Some(name) = name.strip_prefix(remote::PREFIX) {
        pull::copy_of(context, name)?
    } else if name.contains(std::path::is_separator) {
        process_context.current_folder.join(name)
    } else {
        Catalog::read(context.workspace)?.find(name)?.path.clone()
    };
    features::check_archive(&path)?;
    Ok(path)
}

/// Returns the trainer that the command line names, or else the default.
pub(super) fn trainer_source(
    binary: Option<&Path>,
    process_context: &ProcessContext<'_>,
) -> TrainerSource {
    match binary {
        Some(path) => TrainerSource::Ready(process_context.current_folder.join(path)),
        None => process_context.default_trainer.clone(),
    }
}

pub(super) fn label(args: &LabelArgs) -> Label {
    Label { tags: args.tags.clone(), note: args.note.clone() }
}
