//! `report` and `compare`: the trainer makes the page of sessions, in
//! the workspace or in archives, which stay packed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{ProcessContext, TaskOutput, locate, trainer_source};
use crate::cli::{CompareArgs, Format, PageArgs, ReportArgs};
use crate::programs::process::{self};
use crate::tasks::TaskContext;
use crate::tasks::train::trainer_binary;
use crate::workspace::exit::{Exit, TrainerExit};

/// Where pages go that no `--out` names: no archive holds this folder.
const FOLDER: &str = "reports";
/// The session in the workspace.
pub(super) const LIVE: &str = ".";

/// Makes the page of one session.
pub fn report(
    context: &mut TaskContext<'_>,
    (args, format): (&ReportArgs, Format),
    process_context: &ProcessContext<'_>,
) -> Result<TaskOutput> {
    let name = args.name.as_deref().unwrap_or(LIVE);
    let source = source(context, name, process_context)?;
    let stem = match source.file_stem() {
        Some(stem) if name != LIVE => stem.to_string_lossy().into_owned(),
        _ => "workspace".to_owned(),
    };
    make(context, (&[source], &args.page), ("report", &stem, format), process_context)
}

/// Makes one page of several sessions.
pub fn compare(
    context: &mut TaskContext<'_>,
    (args, format): (&CompareArgs, Format),
    process_context: &ProcessContext<'_>,
) -> Result<TaskOutput> {
    let sources = args.names.iter().map(|name| source(context, name, process_context));
    let sources = sources.collect::<Result<Vec<_>>>()?;
    make(context, (&sources, &args.page), ("compare", "comparison", format), process_context)
}

/// Returns the folder or the archive that `name` means.
pub(super) fn source(
    context: &TaskContext<'_>,
    name: &str,
    process_context: &ProcessContext<'_>,
) -> Result<PathBuf> {
    let folder = process_context.current_folder.join(name);
    if name == LIVE {
        Ok(context.workspace.root().to_owned())
    } else if name.contains(std::path::is_separator) && folder.is_dir() {
        Ok(folder)
    } else {
        locate(context, name, process_context)
    }
}

fn make(
    context: &mut TaskContext<'_>,
    (sources, args): (&[PathBuf], &PageArgs),
    (task, stem, format): (&str, &str, Format),
    process_context: &ProcessContext<'_>,
) -> Result<TaskOutput> {
    let binary =
        trainer_binary(context, &trainer_source(args.trainer_bin.as_deref(), process_context))?;
    let root = context.workspace.root().to_owned();
    let out = match &args.out {
        Some(out) => process_context.current_folder.join(out),
        None => root.join(FOLDER).join(format!("{stem}.html")),
    };
    let arguments = arguments((task, &root), (sources, &out), format);
    let (text, ended) = process::trainer_text(&binary, &root, &arguments)?;
    let is_good = ended == TrainerExit::Code(0);
    let mut exit = if is_good { Exit::Done } else { Exit::Failed };
    if is_good
        && args.open
        && let Err(error) = process::open_file(&out)
    {
        (context.notes)(&format!("warning: {error:#}"));
        exit = Exit::Warnings;
    }
    Ok(TaskOutput { json: text.clone(), text, exit })
}

fn arguments(
    (task, root): (&str, &Path),
    (sources, out): (&[PathBuf], &Path),
    format: Format,
) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![task.into()];
    arguments.extend(["--data-root".into(), root.into(), "--out".into(), out.into()]);
    if let Some(commit) = process::git_commit(root) {
        arguments.extend(["--commit".into(), commit.into()]);
    }
    if format == Format::Json {
        arguments.extend(["--format".into(), "json".into()]);
    }
    arguments.push("--".into());
    arguments.extend(sources.iter().map(Into::into));
    arguments
}
