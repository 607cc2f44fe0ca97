//! Manual pages and shell completion of tasks, archive names and tags,
//! for the installed program.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Command;
use clap_complete::CompletionCandidate;
use clap_complete::engine::ArgValueCompleter;

use crate::cli;
use crate::cli::run::{TaskOutput, sort_keys};
use crate::vault::catalog::{Archive, Catalog};
use crate::workspace::Workspace;
use crate::workspace::exit::Exit;
use crate::workspace::files;
use crate::workspace::text;

/// The ids of arguments that name archives.
const NAMES: [&str; 4] = ["name", "names", "a", "b"];
/// The ids of arguments that take tags.
const TAGS: [&str; 4] = ["tags", "add", "remove", "keep_tags"];

/// Adds completion of archive names, tags and sort keys to `command`.
pub fn with_completion(command: Command) -> Command {
    command.mut_subcommands(|task| {
        task.mut_args(|arg| match arg.get_id().as_str() {
            id if NAMES.contains(&id) => arg.add(ArgValueCompleter::new(archive_names)),
            id if TAGS.contains(&id) => arg.add(ArgValueCompleter::new(tags)),
            "sort" => arg.add(ArgValueCompleter::new(keys)),
            _ => arg,
        })
    })
}

/// If the shell requests it by the variable `COMPLETE`, completes the
/// command line and exits.
pub fn complete(command: impl Fn() -> Command) {
    clap_complete::CompleteEnv::with_factory(|| with_completion(command())).complete();
}

fn archive_names(start: &OsStr) -> Vec<CompletionCandidate> {
    let candidate = |archive: &Archive| {
        let short = archive.name.short();
        let session = archive.manifest().and_then(|manifest| manifest.session.as_ref());
        let status = session.map_or_else(|| "archive".to_owned(), |s| s.status.to_string());
        let metric = |name| archive.manifest().and_then(|manifest| manifest.agent_metric(name));
        let help = format!("{status}, net {}", text::signed_percent(metric("net_return")));
        CompletionCandidate::new(short).help(Some(help.into()))
    };
    let latest = CompletionCandidate::new("latest").help(Some("the newest archive".into()));
    let archives = archives();
    let names = archives.iter().rev().map(candidate);
    matching(std::iter::once(latest).chain(names), start)
}

fn tags(start: &OsStr) -> Vec<CompletionCandidate> {
    let archives = archives();
    let tags: std::collections::BTreeSet<&String> =
        archives.iter().flat_map(Archive::tags).collect();
    matching(tags.into_iter().map(CompletionCandidate::new), start)
}

/// Completes the sort keys of `list`.
fn keys(start: &OsStr) -> Vec<CompletionCandidate> {
    let archives = archives();
    let keys = sort_keys(&archives).into_iter();
    matching(keys.map(CompletionCandidate::new), start)
}

fn matching(
    candidates: impl Iterator<Item = CompletionCandidate>,
    start: &OsStr,
) -> Vec<CompletionCandidate> {
    let start = start.to_string_lossy().into_owned();
    candidates.filter(|one| one.get_value().to_string_lossy().starts_with(&start)).collect()
}

/// Returns the archives of the workspace that the partial command line
/// refers to; none on errors, which completion cannot show.
fn archives() -> Vec<Archive> {
    let read = || {
        // The arguments include the words of the line.
        let line: Vec<OsString> = std::env::args_os().collect();
        let current = std::env::current_dir().ok()?;
        let root = match cli::value_of("--root", &line) {
            Some(root) => current.join(expanded(&root)),
            None => Workspace::find(&current)?,
        };
        Some(Catalog::read_without_files(&Workspace::open(&root).ok()?).ok()?.archives)
    };
    read().unwrap_or_default()
}

/// Returns the path to which the shell will expand `word`, as far as
/// simple: removes quotes, and replaces `~/` by the home folder.
fn expanded(word: &OsStr) -> PathBuf {
    let Some(text) = word.to_str() else { return word.into() };
    let quoted = ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q));
    match (quoted, text.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(inside), ..) => inside.into(),
        (None, Some(below), Some(home)) => PathBuf::from(home).join(below),
        _ => text.into(),
    }
}

/// Writes the manual pages of `command` and of its tasks into `folder`.
pub fn write_manual(command: Command, folder: &Path) -> Result<TaskOutput> {
    files::create_folder(folder)?;
    clap_mangen::generate_to(command, folder)
        .with_context(|| format!("failed to write the manual to `{}`", folder.display()))?;
    let folder = folder.display().to_string();
    let json = serde_json::json!({ "format": 1, "folder": folder });
    Ok(TaskOutput {
        text: format!("written   {folder}\n"),
        json: format!("{json:#}\n"),
        exit: Exit::Done,
    })
}
