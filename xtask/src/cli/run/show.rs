//! `report` and `compare`: the trainer makes the page of sessions, in
//! the workspace or in archives, which stay packed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Environment, Outcome, locate, trainer_source};
use crate::cli::{CompareArgs, Format, PageArgs, ReportArgs};
use crate::programs::process::{self, TrainerExit};
use crate::tasks::cycle::Job;
use crate::tasks::train::trainer_binary;
use crate::workspace::exit::Exit;

/// Where pages go that no `--out` names: no archive holds this folder.
const FOLDER: &str = "reports";
/// The session in the workspace.
pub(super) const LIVE: &str = ".";

/// Makes the page of one session.
pub fn report(
    job: &mut Job<'_>,
    (args, format): (&ReportArgs, Format),
    environment: &Environment<'_>,
) -> Result<Outcome> {
    let name = args.name.as_deref().unwrap_or(LIVE);
    let source = source(job, name, environment)?;
    let stem = match source.file_stem() {
        Some(stem) if name != LIVE => stem.to_string_lossy().into_owned(),
        _ => "workspace".to_owned(),
    };
    make(job, (&[source], &args.page), ("report", &stem, format), environment)
}

/// Makes one page of several sessions.
pub fn compare(
    job: &mut Job<'_>,
    (args, format): (&CompareArgs, Format),
    environment: &Environment<'_>,
) -> Result<Outcome> {
    let sources = args.names.iter().map(|name| source(job, name, environment));
    let sources = sources.collect::<Result<Vec<_>>>()?;
    make(job, (&sources, &args.page), ("compare", "comparison", format), environment)
}

/// Returns the folder or the archive that `name` means.
pub(super) fn source(job: &Job<'_>, name: &str, environment: &Environment<'_>) -> Result<PathBuf> {
    let folder = environment.current_folder.join(name);
    if name == LIVE {
        Ok(job.workspace.root().to_owned())
    } else if name.contains(std::path::is_separator) && folder.is_dir() {
        Ok(folder)
    } else {
        locate(job, name, environment)
    }
}

fn make(
    job: &mut Job<'_>,
    (sources, args): (&[PathBuf], &PageArgs),
    (task, stem, format): (&str, &str, Format),
    environment: &Environment<'_>,
) -> Result<Outcome> {
    let binary = trainer_binary(job, &trainer_source(args.trainer_bin.as_deref(), environment))?;
    let root = job.workspace.root().to_owned();
    let out = match &args.out {
        Some(out) => environment.current_folder.join(out),
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
        (job.notes)(&format!("warning: {error:#}"));
        exit = Exit::Warnings;
    }
    Ok(Outcome { json: text.clone(), text, exit })
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
