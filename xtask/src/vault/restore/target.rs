//! The folder that is restored to: where files belong in it, and what is
//! there now.
//!
//! Each parent is checked, so that no symlink below that folder is
//! followed except those of a session's own folders. A process that
//! replaces a folder by a symlink at that moment could write there itself
//! anyway.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

use super::item::{RestoreItem, is_metadata, raw_place};
use super::source::RestoreSource;
use crate::vault::manifest::ROOT_FOLDER;
use crate::workspace::digest::sha256;
use crate::workspace::files;
use crate::workspace::windows;

/// Folders of the workspace that a restore never writes to, since git,
/// cargo and the tool itself trust their content.
const OFF_LIMITS: [&str; 5] = ["archives", "backups", "target", ".git", ".trainvault"];

/// What is at a file's target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Existing {
    /// Nothing.
    Nothing,
    /// A file with the same content.
    Same,
    /// A file with other content.
    Other,
    /// Something that cannot be replaced, and why.
    InTheWay(String),
    /// Nothing, but the file cannot be created there, and why.
    Unplaceable(String),
}

/// The folder that is restored to.
#[derive(Default)]
pub struct Target {
    root: PathBuf,
    /// Whether names follow the rules of Windows.
    is_windows: bool,
    /// The folders that are off limits, if it is a workspace.
    off_limits: Vec<String>,
    /// The symlinks that count as folders, if it is a workspace.
    followed: Vec<PathBuf>,
    parents: BTreeSet<PathBuf>,
    /// The folders that the restore created.
    created: BTreeSet<PathBuf>,
    /// The folder of the journals of drafts.
    journals: Option<PathBuf>,
    /// The permission bits to create folders with, if recorded.
    modes: BTreeMap<PathBuf, u32>,
    listings: BTreeMap<PathBuf, BTreeSet<OsString>>,
}

impl Target {
    /// Restores to the folder `root`, which need not exist.
    pub fn folder(root: PathBuf) -> Self {
        Self { root, is_windows: cfg!(windows), ..Self::default() }
    }

    /// Keeps a journal of drafts in the folder `state`, so that those of a
    /// killed restore can be found.
    pub fn journaling_to(self, state: PathBuf) -> Self {
        Self { journals: Some(state), ..self }
    }

    /// Returns the folder of the journals of drafts.
    pub fn journals(&self) -> Option<&Path> {
        self.journals.as_deref()
    }

    /// Accepts only names that are valid on Windows.
    pub fn as_on_windows(self) -> Self {
        Self { is_windows: true, ..self }
    }

    /// Restores to the workspace at `root`, whose archives lie in
    /// `archives`.
    pub fn workspace(root: &Path, archives: &Path) -> Self {
        let archives = archives.strip_prefix(root).ok().and_then(Path::to_str);
        let off_limits = OFF_LIMITS.into_iter().chain(archives).map(str::to_lowercase).collect();
        Self { off_limits, ..Self::folder(root.to_owned()) }
    }

    /// Treats the symlinks `followed`, relative to the root, as folders.
    pub fn following(mut self, followed: Vec<PathBuf>) -> Self {
        self.followed = followed.into_iter().map(|link| self.root.join(link)).collect();
        self
    }

    /// Returns the path of the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns where `item` belongs below the target.
    ///
    /// # Errors
    /// When it cannot be placed; says why.
    pub fn place(&self, item: &RestoreItem) -> Result<PathBuf, String> {
        let place = match &item.raw_path {
            Some(raw) => raw_place(raw, in_workspace(&item.path)),
            None => PathBuf::from(in_workspace(&item.path)),
        };
        let is_plain = |component| matches!(component, Component::Normal(_));
        if !place.components().all(is_plain) {
            return Err("a path that leaves the target".to_owned());
        }
        let problem = || windows::problem_of(&place.to_string_lossy().replace('\\', "/"));
        if let Some(problem) = problem().filter(|_| self.is_windows) {
            return Err(problem.to_owned());
        }
        if self.off_limits.is_empty() {
            return Ok(place);
        }
        let lower = place.to_string_lossy().to_lowercase();
        let is_below = |folder: &String| Path::new(&lower).starts_with(folder);
        if self.off_limits.iter().any(is_below) || is_metadata(&item.path) {
            return Err("a restore into the workspace never writes there; use `--into DIR`".into());
        }
        Ok(place)
    }

    /// Compares what is at `relative` now with `item`.
    pub fn existing<R: Read + Seek>(
        &mut self,
        relative: &Path,
        item: &RestoreItem,
        source: &mut RestoreSource<R>,
    ) -> Result<Existing> {
        if let Err(existing) = self.check_parents(relative) {
            return Ok(existing);
        }
        let path = self.root.join(relative);
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Existing::Nothing),
            Err(error) => return Ok(unplaceable(&error)),
        };
        if !metadata.is_file() {
            let what = kind_of(&metadata);
            return Ok(Existing::InTheWay(format!("{what} is in its place; move it away")));
        }
        let failed = || format!("failed to read `{}`", path.display());
        if !self.is_listed(&path).with_context(failed)? {
            let problem = "a file whose name differs only in case or accents is in its place";
            return Ok(Existing::InTheWay(problem.to_owned()));
        }
        if metadata.len() != item.size_bytes {
            return Ok(Existing::Other);
        }
        let content = File::open(&path).with_context(failed)?;
        let (digest, _) = sha256(content, item.size_bytes).with_context(failed)?;
        let is_same = match &item.sha256 {
            Some(expected) => *expected == digest,
            None => source
                .copy(item, &mut io::sink(), |_| Ok(()))?
                .is_ok_and(|copied| copied.sha256 == digest),
        };
        Ok(if is_same { Existing::Same } else { Existing::Other })
    }

    /// Checks that every parent of `relative` below the target is a folder or
    /// missing.
    pub fn check_parents(&mut self, relative: &Path) -> Result<(), Existing> {
        let parent = relative.parent().unwrap_or(Path::new(""));
        if self.parents.contains(parent) {
            return Ok(());
        }
        let mut path = self.root.clone();
        for component in parent.components() {
            path.push(component);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() || self.followed.contains(&path) => {}
                Ok(metadata) => {
                    let what = kind_of(&metadata);
                    let place = path.strip_prefix(&self.root).unwrap_or(&path).display();
                    let problem =
                        format!("{what} is in place of its folder `{place}`; move it away");
                    return Err(Existing::InTheWay(problem));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(unplaceable(&error)),
            }
        }
        self.parents.insert(parent.to_owned());
        Ok(())
    }

    /// Creates folders with these permissions, given by path below the
    /// target, so that a private folder is private from the start.
    pub fn create_with(&mut self, modes: &BTreeMap<PathBuf, u32>) {
        self.modes.clone_from(modes);
    }

    /// Whether the restore created the folder `relative`.
    pub fn has_created(&self, relative: &Path) -> bool {
        self.created.contains(relative)
    }

    /// Creates the folder `relative` and its parents, one by one, so that
    /// none is created behind a symlink.
    pub fn create_folders(&mut self, relative: &Path) -> io::Result<()> {
        if self.parents.contains(relative) {
            return Ok(());
        }
        let mut path = self.root.clone();
        for component in relative.components() {
            path.push(component);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() || self.followed.contains(&path) => {}
                Ok(_) => return Err(ErrorKind::NotADirectory.into()),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let below = path.strip_prefix(&self.root).unwrap_or(&path).to_owned();
                    files::create_folder_as(&path, self.modes.get(&below).copied())?;
                    self.created.insert(below);
                }
                Err(error) => return Err(error),
            }
        }
        self.parents.insert(relative.to_owned());
        Ok(())
    }

    /// Whether the folder of `path` lists exactly this name. A file system
    /// that ignores case or accents finds files by other names too.
    fn is_listed(&mut self, path: &Path) -> io::Result<bool> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(false);
        };
        if !self.listings.contains_key(folder) {
            let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
            let names = names.collect::<io::Result<BTreeSet<_>>>()?;
            self.listings.insert(folder.to_owned(), names);
        }
        Ok(self.listings[folder].contains(name))
    }
}

/// Returns where the archive's `path` belongs in a workspace: root
/// checkpoints in the root, all else at the same path.
pub fn in_workspace(path: &str) -> &str {
    path.strip_prefix(ROOT_FOLDER)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|name| !name.contains('/'))
        .unwrap_or(path)
}

/// Classifies the `error` of a missing file's path.
fn unplaceable(error: &io::Error) -> Existing {
    let problem = format!("it cannot be placed: {error}");
    let is_invalid_name =
        matches!(error.kind(), ErrorKind::InvalidFilename | ErrorKind::InvalidInput);
    if is_invalid_name { Existing::Unplaceable(problem) } else { Existing::InTheWay(problem) }
}

fn kind_of(metadata: &fs::Metadata) -> &'static str {
    if metadata.is_symlink() {
        "a symlink"
    } else if metadata.is_dir() {
        "a folder"
    } else if metadata.is_file() {
        "a file"
    } else {
        "no plain file"
    }
}
