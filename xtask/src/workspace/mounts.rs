//! Mount points, and whether a folder can be written.
//!
//! Only Linux lists mounts; elsewhere a mount point is recognized by its
//! device number.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::workspace::files::identity;

/// The mounts of the system, in the order of mounting.
#[derive(Debug, Clone, Default)]
pub struct Mounts {
    mounts: Vec<Mount>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    point: PathBuf,
    is_read_only: bool,
    is_overlay: bool,
}

impl Mounts {
    /// Reads the current mounts.
    pub fn read() -> Self {
        // Without this file, no mounts are known.
        Self::parse(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        Self { mounts: text.lines().filter_map(parse_line).collect() }
    }

    /// Whether the folder `path`, which has no symlinks, is a mount point.
    pub fn is_point(&self, path: &Path) -> bool {
        self.is_listed(path) || is_root_of_disk(path)
    }

    /// Whether the file or folder `path`, which has no symlinks, is listed as
    /// a mount point.
    pub fn is_listed(&self, path: &Path) -> bool {
        self.mounts.iter().any(|mount| mount.point == path)
    }

    /// Whether `path` lies on an overlay, where folders of lower layers
    /// cannot be renamed.
    pub fn is_overlay(&self, path: &Path) -> bool {
        self.of(path).is_some_and(|mount| mount.is_overlay)
    }

    /// Returns why `folder` is not writable, if it is not.
    pub fn why_not_writable(&self, folder: &Path) -> Option<&'static str> {
        if self.of(folder).is_some_and(|mount| mount.is_read_only) {
            return Some("is mounted read-only; mount it for writing");
        }
        match unnamed_file(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => {
                Some("is mounted read-only; mount it for writing")
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                Some("may not be written by this user; change its permissions")
            }
            _ => None,
        }
    }

    /// Returns the mount of `path`: the last one of the nearest mount point.
    fn of(&self, path: &Path) -> Option<&Mount> {
        let around = self.mounts.iter().filter(|mount| path.starts_with(&mount.point));
        around.max_by_key(|mount| mount.point.components().count())
    }
}

/// Parses one line of `mountinfo`: see `proc_pid_mountinfo(5)`.
fn parse_line(line: &str) -> Option<Mount> {
    let (mount, system) = line.split_once(" - ")?;
    let mount: Vec<&str> = mount.split(' ').collect();
    let system: Vec<&str> = system.split(' ').collect();
    let is_ro = |options: &&str| options.split(',').any(|option| option == "ro");
    Some(Mount {
        point: PathBuf::from(unescape(mount.get(4)?)),
        is_read_only: mount.get(5).is_some_and(is_ro) || system.get(2).is_some_and(is_ro),
        is_overlay: *system.first()? == "overlay",
    })
}

/// Decodes the octal escapes, such as `\040`, in a mount's path.
fn unescape(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (code, c)| text.replace(code, c))
}

/// Whether `path` and its parent lie on different devices.
fn is_root_of_disk(path: &Path) -> bool {
    let folder = |path: &Path| fs::metadata(path).ok().filter(Metadata::is_dir);
    let disk = |path: &Path| identity(&folder(path)?).map(|(disk, _)| disk);
    let (own, around) = (disk(path), path.parent().and_then(disk));
    own.is_some() && around.is_some() && own != around
}

/// Opens an unnamed file in `folder`, to test whether files can be
/// created there.
#[cfg(target_os = "linux")]
fn unnamed_file(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    // `O_TMPFILE`, where it is known.
    let flag = match std::env::consts::ARCH {
        "x86_64" | "riscv64" => 0o20_200_000,
        "aarch64" => 0o20_040_000,
        _ => return Ok(()),
    };
    fs::OpenOptions::new().write(true).custom_flags(flag).open(folder).map(drop)
}

#[cfg(not(target_os = "linux"))]
fn unnamed_file(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// The folder at the root of a file system for recovered files.
pub const LOST_AND_FOUND: &str = "lost+found";

/// Whether `path` is the `lost+found` of the file system that is mounted
/// at its parent, and so not part of a session.
pub fn is_lost_and_found(path: &Path) -> bool {
    let is_parent_mounted = || {
        let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
        parent.is_some_and(|parent| Mounts::default().is_point(&parent))
    };
    path.file_name().is_some_and(|name| name == LOST_AND_FOUND) && is_parent_mounted()
}
