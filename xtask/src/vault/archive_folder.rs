//! Checks that `archive.folder` lies apart from what is moved.
//!
//! Archives below `logs/` would be moved away with the logs, and pins
//! with them; an archive folder around the workspace would hide it from
//! the tool. Links are resolved first, also for a folder that is not
//! there yet.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::vault::scan::{Selection, is_model};
use crate::workspace::Workspace;
use crate::workspace::config::ArchiveConfig;
use crate::workspace::exit::CodedError;
use crate::workspace::files::is_same;

/// Folders of a workspace with a use of their own, and what that is.
const OCCUPIED: [(&str, &str); 7] = [
    ("logs", "is archived and moved away with the session"),
    ("models", "is archived and moved away with the session"),
    ("config", "is archived with every session"),
    ("backups", "holds sessions that were moved aside"),
    (".trainvault", "holds the locks"),
    (".git", "belongs to git"),
    ("target", "is emptied by `cargo clean`"),
];

/// Names that stand for all files of the archive folder.
const CONTENT: [&str; 2] =
    ["training_backup_20260101_000000.zip", "training_backup_20260101_000000.annotations.json"];

/// Checks the setting `archive.folder` of `workspace`.
///
/// # Errors
/// [`CodedError::Usage`], with the reason and a remedy.
pub fn check(workspace: &Workspace) -> Result<()> {
    let config = &workspace.config().archive;
    let problem = match resolve(&workspace.archives()) {
        Ok(folder) => problem(workspace.root(), &folder, config),
        Err(error) => Some(format!("cannot be opened ({error:#})")),
    };
    let Some(problem) = problem else { return Ok(()) };
    Err(CodedError::Usage(format!(
        "`{}` is not valid: `archive.folder` is `{}`, which {problem}; name a folder apart from \
         these, such as `archives`, and move archives that lie there already",
        workspace.root().join("config/config.json").display(),
        config.folder
    ))
    .into())
}

fn problem(root: &Path, folder: &Path, config: &ArchiveConfig) -> Option<String> {
    if lies_within(root, folder) {
        return Some("is the workspace itself, or holds it".to_owned());
    }
    for (name, use_of_it) in OCCUPIED {
        let occupied = root.join(name);
        let real = occupied.canonicalize().unwrap_or_else(|_| occupied.clone());
        if root.starts_with(&real) {
            // A link around the workspace is refused where it is
            // followed.
            continue;
        }
        let is_spelled_so = has_names_of(folder, &occupied);
        if is_spelled_so || lies_within(folder, &occupied) || lies_within(folder, &real) {
            return Some(format!("lies in `{name}`, and `{name}` {use_of_it}"));
        }
        if lies_within(&real, folder) {
            return Some(format!("holds what `{name}` leads to, and `{name}` {use_of_it}"));
        }
    }
    let below = below(root, folder)?;
    if config.root_models && below.iter().count() == 1 && is_model(&below) {
        return Some("is called like a model, and `archive.root_models` archives those".to_owned());
    }
    let glob = config.include.iter().find(|glob| takes(glob, &config.exclude, &below))?;
    Some(format!("`archive.include` archives by `{glob}`"))
}

/// Whether `glob` names the folder `below`, or files in it, by more than
/// a leading `*`: archives themselves are left out of those.
fn takes(glob: &str, exclude: &[String], below: &Path) -> bool {
    let first = glob.trim_start_matches("./").split('/').next().unwrap_or_default();
    if first.chars().all(|c| c == '*') {
        return false;
    }
    let Ok(selection) = Selection::new(&[glob.to_owned()], exclude) else { return false };
    let is_taken = |name: &str| selection.matches(&below.join(name));
    // A glob of files in the root takes no folder, and yet one of its
    // name would be mistaken for such a file.
    CONTENT.iter().any(|name| is_taken(name)) || !glob.contains('/') && selection.matches(below)
}

/// Whether `path` is `folder` or lies in it, by its names or because
/// one of its parents is the same folder by another name.
fn lies_within(path: &Path, folder: &Path) -> bool {
    path.ancestors().any(|parent| parent == folder || is_same(parent, folder))
}

/// Whether the names of `path` begin with those of `folder`, in capital
/// letters or small ones: on some disks that is the same folder.
fn has_names_of(path: &Path, folder: &Path) -> bool {
    let names = (folder.parent(), folder.file_name());
    let (Some(parent), Some(name)) = names else { return false };
    let first = path.strip_prefix(parent).ok().and_then(|rest| rest.iter().next());
    let small = |name: &OsStr| name.to_string_lossy().to_lowercase();
    first.is_some_and(|first| small(first) == small(name))
}

/// Returns `folder` relative to `root`, where it lies below.
fn below(root: &Path, folder: &Path) -> Option<PathBuf> {
    folder.strip_prefix(root).ok().map(Path::to_owned)
}

/// Returns `folder` without `.`, `..` and symlinks; of what is not there
/// yet, the names are taken as they are.
fn resolve(folder: &Path) -> Result<PathBuf> {
    let mut resolved = PathBuf::new();
    for component in folder.components() {
        match component {
            Component::CurDir => continue,
            Component::ParentDir => {
                resolved.pop();
                continue;
            }
            component => resolved.push(component),
        }
        match resolved.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => resolved = target(&resolved)?,
            // Not there yet, or not to be seen: as it is spelled.
            _ => {}
        }
    }
    Ok(resolved)
}

/// Returns where the symlink `link` leads, also when nothing is there.
fn target(link: &Path) -> Result<PathBuf> {
    match link.canonicalize() {
        Ok(target) => Ok(target),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let target = link.read_link()?;
            resolve(&link.parent().unwrap_or(Path::new("/")).join(target))
        }
        Err(error) => Err(anyhow!("`{}`: {error}", link.display())),
    }
}
