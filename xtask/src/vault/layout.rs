//! Which folders of a session stay when it is moved: mount points and
//! symlinks to other disks, whose content moves instead of them; and
//! what keeps it from being moved.

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

/// What is to be known before a session is moved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The mount points and followed links.
    mounts_and_links: BTreeSet<PathBuf>,
    /// Those, and the folders around them in the session.
    staying: BTreeSet<PathBuf>,
    /// What keeps the session from being moved.
    problems: Vec<String>,
    /// The size of what a move has to copy, in bytes.
    copied_bytes: u64,
}

impl Layout {
    /// Looks at the folders of the session in `workspace`.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn read(workspace: &Workspace, scan: &Scan) -> Result<Self> {
        let mounts = Mounts::read();
        let backups = nearest_folder(&workspace.backups());
        let mut layout = Self::default();
        let mut reader = LayoutReader {
            workspace,
            backups_disk: disk(&fs::metadata(&backups).with_context(|| unreadable(&backups))?),
            is_overlay: mounts.is_overlay(&backups),
            mounts,
            layout: &mut layout,
        };
        reader.backups(&backups);
        for folder in MOVED_FOLDERS {
            let path = workspace.root().join(folder);
            if let Some(metadata) = lstat(&path)? {
                reader.entry(&path, &path, &metadata, false)?;
            }
        }
        reader.root_files(scan)?;
        Ok(layout)
    }

    /// Returns what keeps the session in `workspace` from being moved,
    /// and what to do about each.
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

    /// Whether the folder `path` is a mount point or a followed link.
    pub fn is_mount_or_link(&self, path: &Path) -> bool {
        self.mounts_and_links.contains(path)
    }

    /// Whether the folder `path` stays where it is when its content is
    /// moved.
    pub fn stays(&self, path: &Path) -> bool {
        self.staying.contains(path)
    }

    /// Whether `path` belongs to the disk that is mounted around it.
    pub fn is_of_disk(&self, path: &Path) -> bool {
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

struct LayoutReader<'a> {
    workspace: &'a Workspace,
    mounts: Mounts,
    backups_disk: Option<u64>,
    is_overlay: bool,
    layout: &'a mut Layout,
}

impl LayoutReader<'_> {
    fn backups(&mut self, nearest: &Path) {
        let backups = self.workspace.backups();
        if exists(&backups) && !matches!(is_folder(&backups), Ok(true)) {
            self.problem(&backups, "is no folder; make the folder it leads to, or remove it");
        } else {
            self.check_writable(nearest);
        }
    }

    /// Looks at `path`, which is at `real` without links; `is_copied`
    /// when it lies in what is copied.
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
                Link::Followed(target) => self.anchor(path, &target),
            };
        }
        if metadata.is_dir() {
            if self.mounts.is_point(real) {
                return self.anchor(path, real);
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
            self.layout.copied_bytes += metadata.len();
        } else if self.is_overlay {
            self.layout.copied_bytes += metadata.len();
        }
        Ok(())
    }

    /// Looks at the mount point or link `path` to the folder `real`.
    fn anchor(&mut self, path: &Path, real: &Path) -> Result<()> {
        self.layout.mounts_and_links.insert(path.to_owned());
        let root = self.workspace.root();
        let around = path.ancestors().take_while(|parent| *parent != root);
        self.layout.staying.extend(around.map(Path::to_owned));
        let metadata = fs::metadata(real).with_context(|| unreadable(real))?;
        self.folder(path, real, disk(&metadata) != self.backups_disk)
    }

    fn folder(&mut self, folder: &Path, real: &Path, is_copied: bool) -> Result<()> {
        let mut is_filled = false;
        for path in folder_entries(folder)? {
            if self.layout.is_of_disk(&path) {
                continue;
            }
            is_filled = true;
            if let Some(metadata) = lstat(&path)? {
                let real = real.join(path.file_name().unwrap_or_default());
                self.entry(&path, &real, &metadata, is_copied)?;
            }
        }
        // Once for a folder that is renamed whole, and for each whose
        // content is.
        let is_top = folder.parent() == Some(self.workspace.root());
        if is_top || is_copied && is_filled || self.layout.stays(folder) && is_filled {
            self.check_writable(folder);
        }
        Ok(())
    }

    /// Looks at the files of the root that may be moved.
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
        self.layout.problems.push(format!("`{path}` {reason}"));
    }
}

fn unreadable(path: &Path) -> String {
    format!("failed to read `{}`; check its permissions", path.display())
}

/// Returns `None` for what vanished.
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
