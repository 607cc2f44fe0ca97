//! What every task of the command line gets, and what it gives back.

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

/// What surrounds the process.
pub struct ProcessContext<'a> {
    /// The folder that relative paths of the command line start from.
    pub current_folder: PathBuf,
    /// The trainer, which a signal handler can stop.
    pub trainer: &'a Trainer,
    /// The trainer that runs when the command line names none.
    pub default_trainer: TrainerSource,
}

/// What a task gave.
pub struct TaskOutput {
    /// The result as text for people.
    pub text: String,
    /// The result as one JSON document.
    pub json: String,
    /// How the process ends.
    pub exit: Exit,
}

pub(super) fn outcome(report: &impl Report, exit: Exit) -> TaskOutput {
    TaskOutput { text: report.text(), json: report.json(), exit }
}

/// Returns the archive file called `name`: of the workspace, any by a
/// path with a separator in it, or a copy of a remote one.
///
/// # Errors
/// Also when this build cannot unpack it: a [`features::MissingFeature`].
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

/// Returns the trainer that the command line names, else the default
/// one.
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
