//! Decides which symlinks of a session are followed.
//!
//! Only those of the folders that a trainer writes to, and only if their
//! target does not overlap other parts of the workspace. Any other
//! symlink is moved as a symlink: its target may be someone else's data.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::files::is_folder;
use crate::workspace::{MOVED_FOLDERS, SESSION_FOLDERS, Workspace};

/// How a symlink of a session is treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A folder of the session, which lies at this path.
    Followed(PathBuf),
    /// Not followed, and why.
    Left(String),
    /// A folder of the session that cannot be used, and why.
    Broken(String),
}

/// Classifies the symlink at `relative` to the workspace.
pub fn link(workspace: &Workspace, relative: &Path) -> Link {
    let path = workspace.root().join(relative);
    let is_trainer_folder = trainer_folders().any(|folder| relative == folder);
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(_) if is_trainer_folder => {
            let target = path.read_link().unwrap_or_default();
            return Link::Broken(format!(
                "a symlink that leads nowhere: mount or make `{}`, or remove the link",
                target.display()
            ));
        }
        Err(_) => return Link::Left("a symlink that leads nowhere".to_owned()),
    };
    if !is_trainer_folder || !matches!(is_folder(&target), Ok(true)) {
        return Link::Left("a symlink that is not followed".to_owned());
    }
    match overlapping(workspace, relative, &target) {
        None => Link::Followed(target),
        Some(other) => {
            let reason = format!("a symlink to where `{other}` lies, too; remove the link");
            let is_whole = MOVED_FOLDERS.iter().any(|folder| relative == Path::new(folder));
            if is_whole { Link::Broken(reason) } else { Link::Left(reason) }
        }
    }
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Returns the folders of the session that are followed symlinks,
/// relative to the workspace, with their targets.
pub fn followed(workspace: &Workspace) -> Vec<(PathBuf, PathBuf)> {
    let links = trainer_folders().filter(|folder| is_link(&workspace.root().join(folder)));
    let followed = links.filter_map(|folder| match link(workspace, folder) {
        Link::Followed(target) => Some((folder.to_owned(), target)),
        Link::Left(_) | Link::Broken(_) => None,
    });
    followed.collect()
}

/// Returns the folders that a trainer writes to.
fn trainer_folders() -> impl Iterator<Item = &'static Path> {
    SESSION_FOLDERS.iter().copied().chain(["models/versions"]).map(Path::new)
}

/// Returns which other part of the workspace overlaps `target`.
fn overlapping(workspace: &Workspace, relative: &Path, target: &Path) -> Option<String> {
    let root = workspace.root();
    if root.starts_with(target) {
        return Some("the workspace".to_owned());
    }
    let others = ["config", "backups", ".trainvault", ".git", "target"].map(|name| root.join(name));
    let trainer_folders = SESSION_FOLDERS.iter().map(|folder| root.join(folder));
    let trainer_folders = trainer_folders.filter(|other| !other.starts_with(root.join(relative)));
    others.into_iter().chain([workspace.archives()]).chain(trainer_folders).find_map(|other| {
        let real = other.canonicalize().ok()?;
        let overlap = target.starts_with(&real) || real.starts_with(target);
        overlap.then(|| workspace.display(&other))
    })
}
