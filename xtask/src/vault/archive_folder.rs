//! Checks that `archive.folder` lies outside the folders that are moved.
//!
//! Archives below `logs/` would be moved away with the logs, together
//! with their pins; an archive folder that contains the workspace would
//! hide it from the tool. Symlinks are resolved first, also for a folder
//! that does not exist yet.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::vault::scan::{PathFilter, is_model};
use crate::workspace::Workspace;
use crate::workspace::config::ArchiveConfig;
use crate::workspace::exit::usage;
use crate::workspace::files::is_same;

/// Folders of a workspace that serve another purpose, and which.
const RESERVED: [(&str, &str); 7] = [
    ("logs", "is archived and moved away with the session"),
    ("models", "is archived and moved away with the session"),
    ("config", "is archived with every session"),
    ("backups", "holds sessions that were moved aside"),
    (".trainvault", "holds the locks"),
    (".git", "belongs to git"),
    ("target", "is emptied by `cargo clean`"),
];

/// Sample names for the files of an archive folder.
const SAMPLE_NAMES: [&str; 2] =
    ["training_backup_20260101_000000.zip", "training_backup_20260101_000000.annotations.json"];

/// Checks the setting `archive.folder` of `workspace`.
///
/// # Errors
/// A usage error, with the reason and a remedy.
pub fn check(workspace: &Workspace) -> Result<()> {
    let config = &workspace.config().archive;
    let problem = match resolve(&workspace.archives()) {
        Ok(folder) => problem(workspace.root(), &folder, config),
        Err(error) => Some(format!("cannot be opened ({error:#})")),
    };
    let Some(problem) = problem else { return Ok(()) };
    Err(usage!(
        "`{}` is not valid: `archive.folder` is `{}`, which {problem}; name a folder apart from \
         these, such as `archives`, and move archives that lie there already",
        workspace.root().join("config/config.json").display(),
        config.folder
    ))
}

fn problem(root: &Path, folder: &Path, config: &ArchiveConfig) -> Option<String> {
    if lies_within(root, folder) {
        return Some("is the workspace itself, or holds it".to_owned());
    }
    for (name, purpose) in RESERVED {
        let reserved = root.join(name);
        let real = reserved.canonicalize().unwrap_or_else(|_| reserved.clone());
        if root.starts_with(&real) {
            // A symlink to a folder around the workspace is refused elsewhere.
            continue;
        }
        let is_same_name = starts_with_ignoring_case(folder, &reserved);
        if is_same_name || lies_within(folder, &reserved) || lies_within(folder, &real) {
            return Some(format!("lies in `{name}`, and `{name}` {purpose}"));
        }
        if lies_within(&real, folder) {
            return Some(format!("holds what `{name}` leads to, and `{name}` {purpose}"));
        }
    }
    let below = below(root, folder)?;
    if config.root_models && below.iter().count() == 1 && is_model(&below) {
        return Some("is called like a model, and `archive.root_models` archives those".to_owned());
    }
    let glob = config.include.iter().find(|glob| glob_matches(glob, &config.exclude, &below))?;
    Some(format!("`archive.include` archives by `{glob}`"))
}

/// Whether `glob` matches the folder `below`, or files in it, other than
/// by a leading `*`: a scan never enters the archive folder for those.
fn glob_matches(glob: &str, exclude: &[String], below: &Path) -> bool {
    let first = glob.trim_start_matches("./").split('/').next().unwrap_or_default();
    if first.chars().all(|c| c == '*') {
        return false;
    }
    let Ok(filter) = PathFilter::new(&[glob.to_owned()], exclude) else { return false };
    let is_taken = |name: &str| filter.matches(&below.join(name));
    // A glob for files in the root matches no folder, but a folder of a
    // matching name could be mistaken for such a file.
    SAMPLE_NAMES.iter().any(|name| is_taken(name)) || !glob.contains('/') && filter.matches(below)
}

/// Whether `path` is `folder` or lies in it, by name or because one of
/// its parents is the same folder under another name.
fn lies_within(path: &Path, folder: &Path) -> bool {
    path.ancestors().any(|parent| parent == folder || is_same(parent, folder))
}

/// Whether `path` starts with `folder`, ignoring case: on some file
/// systems that is the same folder.
fn starts_with_ignoring_case(path: &Path, folder: &Path) -> bool {
    let names = (folder.parent(), folder.file_name());
    let (Some(parent), Some(name)) = names else { return false };
    let first = path.strip_prefix(parent).ok().and_then(|rest| rest.iter().next());
    let small = |name: &OsStr| name.to_string_lossy().to_lowercase();
    first.is_some_and(|first| small(first) == small(name))
}

/// Returns `folder` relative to `root`, if it lies below it.
fn below(root: &Path, folder: &Path) -> Option<PathBuf> {
    folder.strip_prefix(root).ok().map(Path::to_owned)
}

/// Returns `folder` without `.`, `..` and symlinks; components that do
/// not exist yet are taken as spelled.
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
            // Missing or unreadable: take it as spelled.
            _ => {}
        }
    }
    Ok(resolved)
}

/// Returns the target of the symlink `link`, even if it is missing.
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
