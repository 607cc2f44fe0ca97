//! The layout of a workspace, and what its file systems support.
//!
//! Settings, locks, files, links, mounts, exit codes: the basis of all
//! other folders, none of which this one may use.

pub mod config;
pub mod digest;
pub mod exit;
pub mod files;
pub mod filesystem;
pub mod links;
pub mod lock;
pub mod mounts;
pub mod progress;
pub mod secrets;
pub mod text;
pub mod threads;
pub mod windows;

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::config::WorkspaceConfig;
use crate::workspace::exit::usage;

/// The folders that a session writes to, relative to the root; empty
/// after a clean.
pub const SESSION_FOLDERS: [&str; 5] =
    ["logs", "logs/trades", "logs/tensorboard", "models", "models/checkpoints"];

/// The folders that a clean moves.
pub const MOVED_FOLDERS: [&str; 2] = ["logs", "models"];

/// The folder of the tool's locks and caches, relative to the root.
const STATE: &str = ".trainvault";

/// A workspace: a root folder and its settings.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    config: WorkspaceConfig,
}

impl Workspace {
    /// Opens the workspace in `root` and reads its `config/config.json`.
    ///
    /// # Errors
    /// When `root` is not a folder, or the settings are not valid.
    pub fn open(root: &Path) -> Result<Self> {
        let root = root.canonicalize().with_context(|| {
            format!("failed to open the workspace `{}`; name an existing folder", root.display())
        })?;
        let root = plain(root);
        if !root.is_dir() {
            bail!("the workspace `{}` is not a folder", root.display());
        }
        let config = WorkspaceConfig::load(&root.join("config/config.json"))
            .map_err(|error| usage!("{error:#}"))?;
        Ok(Self { root, config })
    }

    /// Returns the nearest folder at or above `start` that is a workspace:
    /// one with `config/config.json`, or in which a task ran before.
    pub fn find(start: &Path) -> Option<PathBuf> {
        let is_workspace = |folder: &&Path| {
            folder.join("config/config.json").is_file() || folder.join(STATE).is_dir()
        };
        start.ancestors().find(is_workspace).map(Path::to_owned)
    }

    /// Returns the root folder, absolute and without symlinks.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the settings.
    pub fn config(&self) -> &WorkspaceConfig {
        &self.config
    }

    /// Returns the folder of the archives.
    pub fn archives(&self) -> PathBuf {
        normalized(&self.root.join(&self.config.archive.folder))
    }

    /// Returns the folder of pruned archives that wait for deletion.
    pub fn archives_trash(&self) -> PathBuf {
        self.archives().join(".trash")
    }

    /// Returns the folder of sessions that were moved aside.
    pub fn backups(&self) -> PathBuf {
        self.root.join("backups")
    }

    /// Returns the folder of pruned backups that wait for deletion.
    pub fn backups_trash(&self) -> PathBuf {
        self.backups().join(".trash")
    }

    /// Returns the folder of the tool's locks and caches.
    pub fn state(&self) -> PathBuf {
        self.root.join(STATE)
    }

    /// Formats `path` for messages and documents: relative to the root if it
    /// lies within, with `/` on every system.
    pub fn display(&self, path: &Path) -> String {
        match path.strip_prefix(&self.root) {
            Ok(below) if cfg!(windows) => below.display().to_string().replace('\\', "/"),
            Ok(below) => below.display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }
}

/// Returns `path` without `.` and `..`, except where `..` follows a
/// symlink.
fn normalized(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            // The parent of a symlink's target is another folder.
            Component::ParentDir if !plain.is_symlink() => drop(plain.pop()),
            component => plain.push(component),
        }
    }
    plain
}

/// Returns the canonical `path` in the form that git and cargo expect.
pub(crate) fn plain(path: PathBuf) -> PathBuf {
    if !cfg!(windows) {
        return path;
    }
    path.to_str().map(|text| PathBuf::from(windows::plain_path(text))).unwrap_or(path)
}
