//! Finds the files that belong in an archive.
//!
//! Only folders that a glob can reach are entered. Symlinks to files
//! within the workspace are followed, as are those of a session's own
//! folders; other symlinks, FIFOs, sockets and devices are recorded as
//! skipped.

mod globs;
mod models;
mod paths;

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};

pub use globs::PathFilter;
pub use models::{UnarchivedModels, is_model};
pub use paths::{ArchivePath, check_archive_path};

use crate::vault::manifest::{FolderEntry, ROOT_FOLDER, Skipped};
use crate::workspace::files::{self, is_gone};
use crate::workspace::links::{self, Link};
use crate::workspace::mounts::is_lost_and_found;
use crate::workspace::secrets::SecretFiles;
use crate::workspace::{SESSION_FOLDERS, Workspace};

/// The permission bits of a folder where none are recorded.
pub const FOLDER_MODE: u32 = 0o755;

/// A file to archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path on disk.
    pub disk_path: PathBuf,
    /// The path in the archive.
    pub archive_path: ArchivePath,
    /// The size in bytes when it was found.
    pub size_bytes: u64,
    /// When it was last written.
    pub modified_at: DateTime<Utc>,
    /// The permission bits.
    pub mode: u32,
}

impl SourceFile {
    /// Returns the file with the size, time and mode of `metadata`.
    pub fn with_metadata(&self, metadata: &Metadata) -> std::io::Result<Self> {
        Ok(Self {
            size_bytes: metadata.len(),
            modified_at: metadata.modified()?.into(),
            mode: files::mode(metadata),
            ..self.clone()
        })
    }

    /// Whether a clean moves this file: not those in `config/` and those that
    /// other globs matched.
    pub fn is_moved_by_clean(&self) -> bool {
        ["logs/", "models/", "root_checkpoints/"]
            .iter()
            .any(|folder| self.archive_path.text.starts_with(folder))
    }
}

/// What the globs matched in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    /// The files, sorted by archive path.
    pub files: Vec<SourceFile>,
    /// Folders without files, sorted.
    pub empty_folders: BTreeSet<String>,
    /// Folders with a mode or a path to record, sorted.
    pub folders: Vec<FolderEntry>,
    /// What was matched but could not be archived, sorted.
    pub skipped: Vec<Skipped>,
}

impl Scan {
    /// Whether there is anything that a session left.
    pub fn holds_a_session(&self) -> bool {
        self.files.iter().any(|file| !file.archive_path.text.starts_with("config/"))
    }
}

/// Scans `workspace` for what belongs in an archive.
///
/// # Errors
/// When a glob is not valid or a folder cannot be read: a folder that is
/// silently skipped would be lost.
pub fn scan(workspace: &Workspace) -> Result<Scan> {
    let config = &workspace.config().archive;
    let followed = links::followed(workspace).into_iter().map(|(_, target)| target);
    let walker = Walker {
        workspace,
        root: workspace.root(),
        inside: followed.chain([workspace.root().to_owned()]).collect(),
        filter: PathFilter::new(&config.include, &config.exclude)?,
        takes_root_models: config.root_models,
        secrets: SecretFiles::of(workspace),
        off_limits: [
            workspace.archives(),
            // Its path may lead through a symlink to the workspace.
            workspace.archives().canonicalize().unwrap_or_else(|_| workspace.archives()),
            workspace.backups(),
            workspace.state(),
            workspace.root().join("target"),
            workspace.root().join(".git"),
        ],
    };
    let mut scan = Scan::default();
    walker.folder(workspace.root(), &mut scan)?;
    scan.files.sort_by(|a, b| a.archive_path.text.cmp(&b.archive_path.text));
    scan.skipped.sort();
    scan.folders.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some(pair) =
        scan.files.windows(2).find(|pair| pair[0].archive_path.text == pair[1].archive_path.text)
    {
        bail!(
            "`{}` and `{}` would have the same path in the archive; rename one of them",
            pair[0].disk_path.display(),
            pair[1].disk_path.display()
        );
    }
    Ok(scan)
}

struct Walker<'a> {
    workspace: &'a Workspace,
    root: &'a Path,
    /// The workspace, and the targets of its followed symlinks.
    inside: Vec<PathBuf>,
    filter: PathFilter,
    takes_root_models: bool,
    secrets: SecretFiles,
    off_limits: [PathBuf; 6],
}

impl Walker<'_> {
    fn folder(&self, folder: &Path, scan: &mut Scan) -> Result<()> {
        let unreadable =
            || format!("failed to read the folder `{}`; check its permissions", folder.display());
        let mut n_entries = 0;
        let n_files = scan.files.len();
        let entries = match fs::read_dir(folder) {
            Err(error) if is_gone(&error) && folder != self.root => {
                let path = self.relative(folder).to_string_lossy().into_owned();
                scan.skipped.push(Skipped { path, reason: "vanished before it was read".into() });
                return Ok(());
            }
            entries => entries.with_context(unreadable)?,
        };
        for entry in entries {
            let entry = entry.with_context(unreadable)?;
            n_entries += 1;
            self.entry(&entry.path(), scan)?;
        }
        let relative = self.relative(folder);
        let n_files = scan.files.len() - n_files;
        let is_session_folder =
            SESSION_FOLDERS.iter().any(|session_folder| relative == Path::new(session_folder));
        if n_entries == 0 && (self.filter.matches_below(relative) || is_session_folder) {
            scan.empty_folders.insert(ArchivePath::of(relative).text);
        } else if n_files == 0 || relative == Path::new("") {
            return Ok(());
        }
        let Some(metadata) = found(folder, fs::metadata(folder))? else { return Ok(()) };
        let mode = files::mode(&metadata) & 0o777;
        let path = ArchivePath::of(relative);
        if mode != FOLDER_MODE || path.raw_hex.is_some() {
            let (path, raw_path_hex) = (path.text, path.raw_hex);
            scan.folders.push(FolderEntry { path, raw_path_hex, mode: format!("{mode:04o}") });
        }
        Ok(())
    }

    fn entry(&self, path: &Path, scan: &mut Scan) -> Result<()> {
        if self.off_limits.iter().any(|folder| path == folder) || is_lost_and_found(path) {
            return Ok(());
        }
        let relative = self.relative(path);
        let Some(metadata) = found(path, fs::symlink_metadata(path))? else {
            return Ok(());
        };
        if metadata.is_dir() {
            let is_reached = self.filter.reaches_into(relative);
            return if is_reached { self.folder(path, scan) } else { Ok(()) };
        }
        let link = metadata.is_symlink().then(|| links::link(self.workspace, relative));
        if matches!(link, Some(Link::Followed(_))) {
            let is_reached = self.filter.reaches_into(relative);
            return if is_reached { self.folder(path, scan) } else { Ok(()) };
        }
        let leads_to_selected = metadata.is_symlink() && self.filter.reaches_into(relative);
        let is_selected = self.filter.matches(relative) || self.is_root_model(path, relative);
        if !is_selected && !leads_to_selected || self.secrets.contain(path) {
            return Ok(());
        }
        let result = match link {
            Some(Link::Broken(reason)) => Err(reason),
            Some(_) => self.follow(path).map_err(str::to_owned),
            None => Ok(metadata),
        };
        let result = result.and_then(|it| regular(&it).map(|()| it).map_err(str::to_owned));
        match result {
            Ok(metadata) => scan.files.push(source_file(path, relative, &metadata)?),
            Err(reason) => {
                scan.skipped
                    .push(Skipped { path: relative.to_string_lossy().into_owned(), reason });
            }
        }
        Ok(())
    }

    /// Whether the file is a model in the root, which is archived without
    /// matching a glob.
    fn is_root_model(&self, path: &Path, relative: &Path) -> bool {
        self.takes_root_models
            && relative.components().count() == 1
            && !self.filter.excludes(relative)
            && models::is_model(path)
    }

    /// Returns the metadata of the target of the symlink `path`, or why it is
    /// not archived.
    fn follow(&self, path: &Path) -> Result<Metadata, &'static str> {
        let target = path.canonicalize().map_err(|_| "a symlink that leads nowhere")?;
        if !self.inside.iter().any(|folder| target.starts_with(folder)) {
            return Err("a symlink out of the workspace");
        }
        if self.off_limits.iter().any(|folder| target.starts_with(folder)) {
            return Err("a symlink into a folder that is never archived");
        }
        let metadata = fs::metadata(&target).map_err(|_| "a symlink that leads nowhere")?;
        if metadata.is_dir() {
            return Err("a symlink to a folder; archive what it leads to by a glob of its own");
        }
        Ok(metadata)
    }

    fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.root).expect("the walk stays below the root")
    }
}

/// Returns `None` for a file that vanished since its folder was listed.
fn found(path: &Path, metadata: std::io::Result<Metadata>) -> Result<Option<Metadata>> {
    match metadata {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    }
}

fn regular(metadata: &Metadata) -> Result<(), &'static str> {
    let reason = "a FIFO, socket or device, which has no content to archive";
    if metadata.is_file() { Ok(()) } else { Err(reason) }
}

fn source_file(path: &Path, relative: &Path, metadata: &Metadata) -> Result<SourceFile> {
    let is_in_root = relative.components().count() == 1;
    let path_below_root = ArchivePath::of(relative);
    let archive_path =
        if is_in_root { path_below_root.below(ROOT_FOLDER) } else { path_below_root };
    let first = relative.components().next().map(Component::as_os_str);
    if !is_in_root && first.is_some_and(|first| first == ROOT_FOLDER || first == "git") {
        bail!(
            "`{}` lies in a folder whose name archives use themselves; rename the folder, or \
             leave it out by `archive.exclude` in `config/config.json`",
            relative.display()
        );
    }
    let modified = metadata
        .modified()
        .with_context(|| format!("failed to read the time of `{}`", path.display()))?;
    Ok(SourceFile {
        disk_path: path.to_owned(),
        archive_path,
        size_bytes: metadata.len(),
        modified_at: modified.into(),
        mode: files::mode(metadata),
    })
}
