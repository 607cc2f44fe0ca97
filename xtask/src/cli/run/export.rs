//! `export`: the trainer writes a session for other tools.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::show::{LIVE, source};
use super::{CommandContext, TaskOutput};
use crate::cli::{ExportArgs, Format};
use crate::programs::process::{self};
use crate::tasks::train::full_trainer_binary;
use crate::tasks::unpacked::Cache;
use crate::vault::catalog::{Archive, Catalog};
use crate::vault::scan::PathFilter;
use crate::workspace::exit::{Exit, TrainerExit, check_interrupt};

/// The default folder of tables, which is never archived.
const FOLDER: &str = "export";
/// The name of the session in the workspace.
const WORKSPACE: &str = "workspace";

/// A session to export.
struct Subject {
    /// The archive, or the folder of a workspace.
    source: PathBuf,
    name: String,
    /// Further tags for MLflow, as `NAME=VALUE`.
    tags: Vec<String>,
}

/// Exports what `args` names.
pub(super) fn run(context: &mut CommandContext<'_>, args: &ExportArgs) -> Result<TaskOutput> {
    let subjects = subjects(context, args)?;
    let source = context.trainer_source(args.trainer_bin.as_deref());
    let binary = full_trainer_binary(context, &source)?;
    let cache = Cache::open(context)?;
    let only = path_filter(args, context.format())?;
    let (mut text, mut documents) = (String::new(), Vec::new());
    let mut exit = if subjects.is_empty() { Exit::NothingToDo } else { Exit::Done };
    for subject in &subjects {
        check_interrupt(context.interrupt)?;
        let root = if subject.source.is_dir() {
            subject.source.clone()
        } else {
            cache.unpack(context, &subject.source, only.as_ref())?
        };
        let mut arguments: Vec<OsString> = vec!["export".into(), "--root".into(), root.into()];
        arguments.extend(flags(context, args, subject));
        let folder = context.current_folder;
        let (printed, ended) = process::trainer_text(&binary, folder, &arguments)?;
        if ended != TrainerExit::Code(0) {
            exit = Exit::Failed;
        } else if context.format() == Format::Json {
            let document: Value =
                serde_json::from_str(&printed).context("the trainer printed no JSON")?;
            documents.push(json!({ "name": subject.name, "export": document }));
        }
        text += &printed;
    }
    let json = serde_json::to_string_pretty(&json!({ "format": 1, "exports": documents }))? + "\n";
    Ok(TaskOutput { text, json, exit })
}

fn subjects(context: &CommandContext<'_>, args: &ExportArgs) -> Result<Vec<Subject>> {
    if args.all {
        return Ok(Catalog::read(context.workspace)?.archives.iter().map(Subject::of).collect());
    }
    let name = args.name.as_deref().unwrap_or(LIVE);
    if name != LIVE && !name.contains(std::path::is_separator) {
        return Ok(vec![Subject::of(Catalog::read(context.workspace)?.find(name)?)]);
    }
    let source = source(context, name)?;
    let stem = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let commit = source.is_dir().then(|| process::git_commit(&source)).flatten();
    let name = if name == LIVE { WORKSPACE.to_owned() } else { stem };
    Ok(vec![Subject { source, name, tags: commit_tag(commit) }])
}

impl Subject {
    fn of(archive: &Archive) -> Self {
        let git = archive.manifest().and_then(|manifest| manifest.git.as_ref());
        let mut tags = commit_tag(git.and_then(|git| git.commit.clone()));
        tags.push(format!("trainvault.archive={}", archive.name));
        if let Some(branch) = git.and_then(|git| git.branch.as_ref()) {
            tags.push(format!("mlflow.source.git.branch={branch}"));
        }
        // The commit does not say whether files were changed.
        tags.extend(git.map(|git| {
            let state = match git.dirty {
                Some(false) => "clean",
                Some(true) => "changed",
                None => "unknown",
            };
            format!("trainvault.git.state={state}")
        }));
        if let Some(note) = archive.note() {
            tags.push(format!("mlflow.note.content={note}"));
        }
        if !archive.tags().is_empty() {
            tags.push(format!("trainvault.tags={}", archive.tags().join(",")));
        }
        let name = archive.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self { source: archive.path.clone(), name, tags }
    }
}

fn commit_tag(commit: Option<String>) -> Vec<String> {
    commit.map(|commit| format!("mlflow.source.git.commit={commit}")).into_iter().collect()
}

fn wants_tables(args: &ExportArgs, format: Format) -> bool {
    let is_elsewhere = args.onnx.is_some() || args.mlflow.is_some();
    format.is_of_tables() || args.out.is_some() || !is_elsewhere
}

/// Returns which files must be unpacked; `None` for all.
fn path_filter(args: &ExportArgs, format: Format) -> Result<Option<PathFilter>> {
    if args.mlflow.is_some() {
        return Ok(None);
    }
    let tables = wants_tables(args, format).then_some("logs/trades/");
    let model = args.onnx.as_ref().map(|_| "models/*.zip");
    let globs: Vec<String> = tables.into_iter().chain(model).map(str::to_owned).collect();
    PathFilter::of_flag(&globs, "--only").map(Some)
}

fn flags(context: &CommandContext<'_>, args: &ExportArgs, subject: &Subject) -> Vec<OsString> {
    let format = context.format();
    let here = |path: &PathBuf| context.current_folder.join(path);
    let mut arguments = Vec::new();
    let mut flag = |name: &str, value: Option<OsString>| {
        arguments.extend(value.into_iter().flat_map(|value| [OsString::from(name), value]));
    };
    flag("--name", Some(subject.name.clone().into()));
    if wants_tables(args, format) {
        let default = || context.workspace.root().join(FOLDER).join(&subject.name);
        flag("--out", Some(args.out.as_ref().map_or_else(default, here).into()));
        flag("--format", Some(if format == Format::Csv { "csv" } else { "parquet" }.into()));
    }
    flag("--onnx", args.onnx.as_ref().map(|path| here(path).into()));
    flag("--mlflow", args.mlflow.as_ref().map(|path| here(path).into()));
    for tag in &subject.tags {
        flag("--run-tag", Some(tag.into()));
    }
    arguments.extend((format == Format::Json).then(|| OsString::from("--json")));
    arguments
}
