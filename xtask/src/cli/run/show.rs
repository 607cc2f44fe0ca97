//! `report` and `compare`: the trainer makes a page of sessions, in the
//! workspace or in archives, which it reads without unpacking them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{CommandContext, TaskOutput, locate};
use crate::cli::{CompareArgs, Format, PageArgs, ReportArgs};
use crate::programs::process::{self};
use crate::tasks::train::trainer_text;
use crate::workspace::exit::{Exit, TrainerExit};

/// The default folder of pages, which is never archived.
const FOLDER: &str = "reports";
/// The name of the session in the workspace.
pub(super) const LIVE: &str = ".";

/// Makes the page of one session.
pub fn report(context: &mut CommandContext<'_>, args: &ReportArgs) -> Result<TaskOutput> {
    let name = args.name.as_deref().unwrap_or(LIVE);
    let source = source(context, name)?;
    let stem = match source.file_stem() {
        Some(stem) if name != LIVE => stem.to_string_lossy().into_owned(),
        _ => "workspace".to_owned(),
    };
    let request = PageRequest { task: "report", sources: &[source], stem: &stem, args: &args.page };
    make(context, &request)
}

/// Makes one page of several sessions.
pub fn compare(context: &mut CommandContext<'_>, args: &CompareArgs) -> Result<TaskOutput> {
    let sources = args.names.iter().map(|name| source(context, name));
    let sources = sources.collect::<Result<Vec<_>>>()?;
    let request =
        PageRequest { task: "compare", sources: &sources, stem: "comparison", args: &args.page };
    make(context, &request)
}

/// Returns the path of the folder or archive `name`.
pub(super) fn source(context: &CommandContext<'_>, name: &str) -> Result<PathBuf> {
    let folder = context.current_folder.join(name);
    if name == LIVE {
        Ok(context.workspace.root().to_owned())
    } else if name.contains(std::path::is_separator) && folder.is_dir() {
        Ok(folder)
    } else {
        locate(context, name)
    }
}

/// The parameters of a page.
struct PageRequest<'a> {
    /// The trainer's task.
    task: &'a str,
    sources: &'a [PathBuf],
    /// The default file name of the page, without its extension.
    stem: &'a str,
    args: &'a PageArgs,
}

fn make(context: &mut CommandContext<'_>, request: &PageRequest<'_>) -> Result<TaskOutput> {
    let args = request.args;
    let source = context.trainer_source(args.trainer_bin.as_deref());
    let root = context.workspace.root().to_owned();
    let out = match &args.out {
        Some(out) => context.current_folder.join(out),
        None => root.join(FOLDER).join(format!("{}.html", request.stem)),
    };
    let arguments = arguments(context, request, &out);
    let (text, ended) = trainer_text(context, &source, &root, &arguments)?;
    let is_good = ended == TrainerExit::Code(0);
    let mut exit = if is_good { Exit::Done } else { Exit::Failed };
    if is_good
        && args.open
        && let Err(error) = process::open_file(&out)
    {
        (context.on_message)(&format!("warning: {error:#}"));
        exit = Exit::Warnings;
    }
    Ok(TaskOutput { json: text.clone(), text, exit })
}

fn arguments(context: &CommandContext<'_>, request: &PageRequest<'_>, out: &Path) -> Vec<OsString> {
    let root = context.workspace.root();
    let mut arguments: Vec<OsString> = vec![request.task.into()];
    arguments.extend(["--data-root".into(), root.into(), "--out".into(), out.into()]);
    if let Some(commit) = process::git_commit(root) {
        arguments.extend(["--commit".into(), commit.into()]);
    }
    if context.format() == Format::Json {
        arguments.extend(["--format".into(), "json".into()]);
    }
    arguments.push("--".into());
    arguments.extend(request.sources.iter().map(Into::into));
    arguments
}
