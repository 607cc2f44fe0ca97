//! Which symlinks of a session are followed.
//!
//! Only the folders that a trainer fills are, and only to where nothing
//! else of the workspace lies. Any other link is moved as the link it
//! is: what it leads to may be others' data.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::files::is_folder;
use crate::workspace::{MOVED_FOLDERS, SESSION_FOLDERS, Workspace};

/// What a symlink is to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// One of its folders, which lies here in truth.
    Followed(PathBuf),
    /// A link, and why it is not followed.
    Left(String),
    /// One of its folders that nothing can be written to, and why.
    Broken(String),
}

/// Returns what the symlink `relative` to the workspace is.
pub fn link(workspace: &Workspace, relative: &Path) -> Link {
    let path = workspace.root().join(relative);
    let is_filled = filled().any(|folder| relative == folder);
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(_) if is_filled => {
            let target = path.read_link().unwrap_or_default();
            return Link::Broken(format!(
                "a symlink that leads nowhere: mount or make `{}`, or remove the link",
                target.display()
            ));
        }
        Err(_) => return Link::Left("a symlink that leads nowhere".to_owned()),
    };
    if !is_filled || !matches!(is_folder(&target), Ok(true)) {
        return Link::Left("a symlink that is not followed".to_owned());
    }
    match in_the_way(workspace, relative, &target) {
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

/// Returns the session's own folders that are links and followed,
/// relative to the workspace, and where each leads.
pub fn followed(workspace: &Workspace) -> Vec<(PathBuf, PathBuf)> {
    let links = filled().filter(|folder| is_link(&workspace.root().join(folder)));
    let followed = links.filter_map(|folder| match link(workspace, folder) {
        Link::Followed(target) => Some((folder.to_owned(), target)),
        Link::Left(_) | Link::Broken(_) => None,
    });
    followed.collect()
}

/// Returns the folders that a trainer fills.
fn filled() -> impl Iterator<Item = &'static Path> {
    SESSION_FOLDERS.iter().copied().chain(["models/versions"]).map(Path::new)
}

/// Returns what else of the workspace lies in, at or around `target`.
fn in_the_way(workspace: &Workspace, relative: &Path, target: &Path) -> Option<String> {
    let root = workspace.root();
    if root.starts_with(target) {
        return Some("the workspace".to_owned());
    }
    let others = ["config", "backups", ".trainvault", ".git", "target"].map(|name| root.join(name));
    let filled = SESSION_FOLDERS.iter().map(|folder| root.join(folder));
    let filled = filled.filter(|other| !other.starts_with(root.join(relative)));
    others.into_iter().chain([workspace.archives()]).chain(filled).find_map(|other| {
        let real = other.canonicalize().ok()?;
        let overlap = target.starts_with(&real) || real.starts_with(target);
        overlap.then(|| workspace.display(&other))
    })
}
