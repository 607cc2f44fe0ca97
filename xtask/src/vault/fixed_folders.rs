//! Finds the folders of a session that stay when it is moved (mount
//! points and symlinks to other disks, of which only the content moves),
//! and what prevents the move.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::programs::process;
use crate::vault::scan::Scan;
use crate::workspace::files::{exists, folder_entries, identity, is_folder};
use crate::workspace::links::{Link, link};
use crate::workspace::mounts::{LOST_AND_FOUND, Mounts};
use crate::workspace::{MOVED_FOLDERS, Workspace};

/// The folders of a session that stay, and what prevents its move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FixedFolders {
    /// The mount points and the symlinks that are followed.
    mounts_and_links: BTreeSet<PathBuf>,
    /// The same, and their parent folders in the session.
    staying: BTreeSet<PathBuf>,
    /// What prevents the move.
    problems: Vec<String>,
    /// How many bytes a move has to copy.
    copied_bytes: u64,
}

impl FixedFolders {
    /// Examines the folders of the session in `workspace`.
    pub fn read(workspace: &Workspace, scan: &Scan) -> Result<Self> {
        let mounts = Mounts::read();
        let backups = nearest_folder(&workspace.backups());
        let mut fixed_folders = Self::default();
        let mut reader = FixedFoldersReader {
            workspace,
            backups_disk: disk(&fs::metadata(&backups).with_context(|| unreadable(&backups))?),
            is_overlay: mounts.is_overlay(&backups),
            mounts,
            fixed_folders: &mut fixed_folders,
        };
        reader.backups(&backups);
        for folder in MOVED_FOLDERS {
            let path = workspace.root().join(folder);
            if let Some(metadata) = lstat(&path)? {
                reader.entry(&path, &path, &metadata, false)?;
            }
        }
        reader.root_files(scan)?;
        Ok(fixed_folders)
    }

    /// Returns what prevents the move of the session in `workspace`, and what
    /// to do about each.
    pub fn problems(&self, workspace: &Workspace) -> Vec<String> {
        let mut problems = self.problems.clone();
        if self.copied_bytes > 0 {
            let free_bytes = process::free_bytes(&nearest_folder(&workspace.backups()));
            if let Some(free_bytes) = free_bytes.filter(|free| *free < self.copied_bytes) {
                problems.push(format!(
                    "`backups/` is on another disk, to which {} bytes are copied, and only \
                     {free_bytes} are free there; free some space",
                    self.copied_bytes
                ));
            }
        }
        problems
    }

    /// Whether the folder `path` is a mount point or a followed symlink.
    pub fn is_mount_or_link(&self, path: &Path) -> bool {
        self.mounts_and_links.contains(path)
    }

    /// Whether the folder `path` itself stays when its content is moved.
    pub fn stays(&self, path: &Path) -> bool {
        self.staying.contains(path)
    }

    /// Whether `path` is the `lost+found` of a mounted disk.
    pub fn is_lost_and_found(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == LOST_AND_FOUND)
            && path.parent().is_some_and(|parent| self.is_mount_or_link(parent))
    }
}

/// Returns the nearest folder at or above `folder`.
pub fn nearest_folder(folder: &Path) -> PathBuf {
    folder
        .ancestors()
        .find(|folder| matches!(is_folder(folder), Ok(true)))
        .unwrap_or(folder)
        .to_owned()
}

struct FixedFoldersReader<'a> {
    workspace: &'a Workspace,
    mounts: Mounts,
    backups_disk: Option<u64>,
    is_overlay: bool,
    fixed_folders: &'a mut FixedFolders,
}

impl FixedFoldersReader<'_> {
    fn backups(&mut self, nearest: &Path) {
        let backups = self.workspace.backups();
        if exists(&backups) && !matches!(is_folder(&backups), Ok(true)) {
            self.problem(&backups, "is no folder; make the folder it leads to, or remove it");
        } else {
            self.check_writable(nearest);
        }
    }

    /// Examines `path`, whose real path is `real`; `is_copied` if it lies in
    /// a folder that must be copied.
    fn entry(
        &mut self,
        path: &Path,
        real: &Path,
        metadata: &Metadata,
        is_copied: bool,
    ) -> Result<()> {
        if metadata.is_symlink() {
            let relative = path.strip_prefix(self.workspace.root()).unwrap_or(path);
            return match link(self.workspace, relative) {
                Link::Left(_) => Ok(()),
                Link::Broken(reason) => {
                    self.problem(path, &format!("is {reason}"));
                    Ok(())
                }
                Link::Followed(target) => self.mount_or_link(path, &target),
            };
        }
        if metadata.is_dir() {
            if self.mounts.is_point(real) {
                return self.mount_or_link(path, real);
            }
            return self.folder(path, real, is_copied || disk(metadata) != self.backups_disk);
        }
        if self.mounts.is_listed(real) {
            self.problem(path, "is a file that is mounted there; unmount it");
        }
        if is_copied {
            if !metadata.is_file() {
                self.problem(
                    path,
                    "is a FIFO, socket or device, which cannot be copied to `backups/` on another \
                     disk; remove it",
                );
            }
            self.fixed_folders.copied_bytes += metadata.len();
        } else if self.is_overlay {
            self.fixed_folders.copied_bytes += metadata.len();
        }
        Ok(())
    }

    /// Examines the mount point or symlink `path` to the folder `real`.
    fn mount_or_link(&mut self, path: &Path, real: &Path) -> Result<()> {
        self.fixed_folders.mounts_and_links.insert(path.to_owned());
        let root = self.workspace.root();
        let around = path.ancestors().take_while(|parent| *parent != root);
        self.fixed_folders.staying.extend(around.map(Path::to_owned));
        let metadata = fs::metadata(real).with_context(|| unreadable(real))?;
        self.folder(path, real, disk(&metadata) != self.backups_disk)
    }

    fn folder(&mut self, folder: &Path, real: &Path, is_copied: bool) -> Result<()> {
        let mut is_filled = false;
        for path in folder_entries(folder)? {
            if self.fixed_folders.is_lost_and_found(&path) {
                continue;
            }
            is_filled = true;
            if let Some(metadata) = lstat(&path)? {
                let real = real.join(path.file_name().unwrap_or_default());
                self.entry(&path, &real, &metadata, is_copied)?;
            }
        }
        // A folder must be writable if it is renamed as a whole, or if its
        // content is moved one by one.
        let is_top = folder.parent() == Some(self.workspace.root());
        if is_top || is_copied && is_filled || self.fixed_folders.stays(folder) && is_filled {
            self.check_writable(folder);
        }
        Ok(())
    }

    /// Examines the files of the root that may be moved.
    fn root_files(&mut self, scan: &Scan) -> Result<()> {
        let root = self.workspace.root();
        let is_copied = disk(&fs::metadata(root)?) != self.backups_disk;
        let files = scan.files.iter().map(|file| &file.disk_path);
        for path in files.filter(|path| path.parent() == Some(root)) {
            if let Some(metadata) = lstat(path)?.filter(|metadata| !metadata.is_symlink()) {
                self.entry(path, path, &metadata, is_copied)?;
            }
        }
        Ok(())
    }

    fn check_writable(&mut self, folder: &Path) {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        if let Some(reason) = self.mounts.why_not_writable(&real) {
            self.problem(folder, reason);
        }
    }

    fn problem(&mut self, path: &Path, reason: &str) {
        let path = self.workspace.display(path);
        self.fixed_folders.problems.push(format!("`{path}` {reason}"));
    }
}

fn unreadable(path: &Path) -> String {
    format!("failed to read `{}`; check its permissions", path.display())
}

/// Returns the metadata of `path`; `None` if it has vanished.
fn lstat(path: &Path) -> Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| unreadable(path)),
    }
}

fn disk(metadata: &Metadata) -> Option<u64> {
    identity(metadata).map(|(disk, _)| disk)
}
