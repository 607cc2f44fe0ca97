//! Restores the files of an archive, and only those that are intact.
//!
//! First a plan, which `--dry-run` shows, then the writing: each file is
//! written beside its target, checked, then renamed. Nothing is written
//! through a symlink, outside the target, or over another file unless
//! asked for.

mod copy;
mod draft;
mod foreign;
mod item;
mod journal;
mod local_headers;
mod source;
mod target;
mod write;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::{Serialize, Serializer};

pub use item::RestoreItem;
pub use journal::{AbandonedRestore, abandoned};
pub use source::RestoreSource;
pub use target::{Existing, Target};
pub use write::{RestoreResult, apply};

use crate::vault::scan::PathFilter;
use crate::vault::verify::Damage;

/// What to do with existing files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overwrite {
    /// Refuse when one has other content
    Never,
    /// Replace those that have other content
    IfChanged,
    /// Replace all
    Always,
}

/// What a restore would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RestorePlan {
    /// The files to write, sorted by archive path.
    pub write: Vec<RestoreStep>,
    /// Files that exist already with the same content.
    pub unchanged: Vec<String>,
    /// Folders that hold no file.
    pub folders: Vec<String>,
    /// Conflicts with existing files; if there are any, nothing is written.
    pub conflicts: Vec<Damage>,
    /// What cannot be restored, as far as known before unpacking.
    pub lost: Vec<Damage>,
    /// The size of the files to write, in bytes.
    pub size_bytes: u64,
}

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreStep {
    /// The path in the archive.
    pub path: String,
    /// The path below the target.
    #[serde(serialize_with = "as_text")]
    pub target: PathBuf,
    /// The size in bytes.
    pub size_bytes: u64,
    /// Whether it replaces a file.
    pub replaces: bool,
}

/// A path need not be UTF-8; JSON must be.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// One file of the archive, and what is at its target now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// The path in the archive.
    pub path: String,
    /// The size in bytes.
    pub size_bytes: u64,
    /// The path below the target, or why the file cannot be placed.
    pub target: Result<PathBuf, String>,
    /// What is at that path now.
    pub existing: Existing,
}

/// Plans what to do with each file in `found`.
pub fn plan(found: &[FoundFile], policy: Overwrite) -> RestorePlan {
    let mut plan = RestorePlan::default();
    let mut taken: BTreeMap<&Path, &str> = BTreeMap::new();
    for file in found {
        let report = |problem: String| Damage { path: Some(file.path.clone()), problem };
        let target = match &file.target {
            Ok(target) => target,
            Err(problem) => {
                plan.lost.push(report(problem.clone()));
                continue;
            }
        };
        if let Some(other) = taken.insert(target, &file.path) {
            plan.lost.push(report(format!("`{other}` belongs at the same place")));
            taken.insert(target, other);
            continue;
        }
        let above = target.ancestors().skip(1).find_map(|folder| taken.get(folder));
        if let Some(other) = above {
            plan.lost.push(report(format!("`{other}`, a file, belongs in place of its folder")));
            continue;
        }
        let replaces = match (&file.existing, policy) {
            (Existing::Nothing, _) => false,
            (Existing::Same, Overwrite::Never | Overwrite::IfChanged) => {
                plan.unchanged.push(file.path.clone());
                continue;
            }
            (Existing::Other, Overwrite::Never) => {
                plan.conflicts.push(report("a file with other content is there".to_owned()));
                continue;
            }
            (Existing::Unplaceable(problem), _) => {
                plan.lost.push(report(problem.clone()));
                continue;
            }
            (Existing::InTheWay(problem), _) => {
                plan.conflicts.push(report(problem.clone()));
                continue;
            }
            (Existing::Same | Existing::Other, _) => true,
        };
        plan.size_bytes = plan.size_bytes.saturating_add(file.size_bytes);
        plan.write.push(RestoreStep {
            path: file.path.clone(),
            target: target.clone(),
            size_bytes: file.size_bytes,
            replaces,
        });
    }
    plan
}

/// An archive file, opened to restore from.
pub type FileSource = RestoreSource<BufReader<File>>;

/// Opens the archive at `path`, damaged or not.
///
/// # Errors
/// When the file cannot be opened.
pub fn open(path: &Path) -> Result<FileSource> {
    let open = || -> io::Result<_> { Ok(BufReader::new(File::open(path)?)) };
    let failed = || format!("failed to open `{}`", path.display());
    Ok(RestoreSource::open(open().with_context(failed)?, open().with_context(failed)?))
}

/// Looks up where each file of `source` that `only` selects belongs in
/// `target`, and plans what to do with it.
pub fn survey<R: Read + Seek>(
    source: &mut RestoreSource<R>,
    target: &mut Target,
    only: Option<&PathFilter>,
    policy: Overwrite,
) -> Result<RestorePlan> {
    let items = std::mem::take(&mut source.items);
    let mut found = Vec::new();
    for item in items.iter().filter(|item| is_selected(&item.path, only)) {
        let place = target.place(item);
        let existing = match &place {
            Ok(relative) => target.existing(relative, item, source)?,
            Err(_) => Existing::Nothing,
        };
        let (path, size_bytes) = (item.path.clone(), item.size_bytes);
        found.push(FoundFile { path, size_bytes, target: place, existing });
    }
    source.items = items;
    let mut plan = plan(&found, policy);
    plan.folders =
        source.folders.iter().filter(|folder| is_selected_folder(folder, only)).cloned().collect();
    let known = source.damage.iter().filter(|damage| match (&damage.path, only) {
        (Some(path), Some(_)) => is_selected(path, only),
        _ => true,
    });
    plan.lost.extend(known.cloned());
    plan.lost.sort();
    Ok(plan)
}

fn is_selected(path: &str, only: Option<&PathFilter>) -> bool {
    match only {
        None => !item::is_metadata(path),
        // Files that describe the archive are restored only by name.
        Some(only) => {
            only.matches(Path::new(path)) || only.matches(Path::new(target::in_workspace(path)))
        }
    }
}

fn is_selected_folder(folder: &str, only: Option<&PathFilter>) -> bool {
    only.is_none_or(|only| only.matches_below(Path::new(folder)))
}
