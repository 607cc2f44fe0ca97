//! Makes a patch that creates the files that are neither tracked nor
//! ignored.
//!
//! They are listed in a separate index, so that one `git diff` shows all
//! of them and no object is written. Large files are left out.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::call::{Git, path_of};

/// The largest file that is kept, in bytes.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;
/// The most bytes and files that are kept in total.
const LIMIT_BYTES: u64 = 8 * 1024 * 1024;
const N_FILES_MAX: usize = 2000;
/// How many of the files left out are named.
const N_NAMES: usize = 5;

/// The untracked files of a work tree.
pub struct Untracked<'a> {
    pub top: &'a Path,
    /// Relative to the top.
    pub paths: &'a [Vec<u8>],
    /// The id of the empty tree.
    pub empty: &'a str,
}

/// A patch of untracked files.
pub struct UntrackedPatch {
    pub patch: Vec<u8>,
    /// Which files are left out, and why.
    pub left_out: Option<String>,
}

impl Untracked<'_> {
    /// Returns the patch that creates the files.
    pub fn patch(&self, git: &Git, scratch: &Path) -> Result<UntrackedPatch, String> {
        let mut listed = Vec::new();
        let mut left_out = Vec::new();
        let (mut n_files, mut n_bytes) = (0, 0);
        for path in self.paths {
            match readable_metadata(&self.top.join(path_of(path))) {
                Ok(file)
                    if file.len() <= FILE_LIMIT_BYTES.min(LIMIT_BYTES - n_bytes)
                        && n_files < N_FILES_MAX =>
                {
                    n_bytes += file.len();
                    n_files += 1;
                    // Any object id will do: git diffs the file on the disk.
                    let head = format!("{} {} 0\t", mode(&file), self.empty);
                    listed.extend_from_slice(head.as_bytes());
                    listed.extend_from_slice(path);
                    listed.push(0);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                _ => left_out.push(path.clone()),
            }
        }
        let mut patch = Vec::new();
        if n_files > 0 {
            let git = git.with_index(scratch.join("untracked"));
            git.run_with_input(&["update-index", "-z", "--index-info"], &listed)?;
            // Diff the files as they are, without filters.
            let git = git.with_attributes_of(self.empty);
            (patch, _) = git.diff(self.empty, u64::MAX, &[])?;
        }
        let left_out = (!left_out.is_empty()).then(|| {
            format!(
                "lacks untracked files ({}) that are larger than 1 MiB, are more than 8 MiB in \
                 all, cannot be read or are repositories; commit them or add them to `.gitignore`",
                names(&left_out)
            )
        });
        Ok(UntrackedPatch { patch, left_out })
    }
}

/// Names some of `paths`.
pub fn names(paths: &[Vec<u8>]) -> String {
    let mut names: Vec<String> = paths
        .iter()
        .take(N_NAMES)
        .map(|path| format!("`{}`", path_of(path).display().to_string().escape_debug()))
        .collect();
    names.extend((paths.len() > N_NAMES).then(|| format!("{} more", paths.len() - N_NAMES)));
    names.join(", ")
}

/// Returns the metadata of a readable file or a symlink.
fn readable_metadata(path: &Path) -> io::Result<Metadata> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_file() {
        return File::open(path).map(|_| metadata);
    }
    if metadata.is_symlink() { Ok(metadata) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

#[cfg(unix)]
fn mode(file: &Metadata) -> &'static str {
    use std::os::unix::fs::PermissionsExt;
    match file.permissions().mode() {
        _ if file.is_symlink() => "120000",
        mode if mode & 0o100 != 0 => "100755",
        _ => "100644",
    }
}

#[cfg(not(unix))]
fn mode(file: &Metadata) -> &'static str {
    if file.is_symlink() { "120000" } else { "100644" }
}

/// A folder for git's scratch files, removed on drop.
pub struct ScratchFolder(PathBuf);

impl ScratchFolder {
    /// Creates `folder`, removing an old one.
    pub fn create(folder: PathBuf) -> Result<Self, String> {
        let scratch = Self(folder);
        scratch
            .clear()
            .and_then(|()| fs::create_dir_all(&scratch.0))
            .map_err(|error| format!("failed to create `{}`: {error}", scratch.0.display()))?;
        Ok(scratch)
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // If this fails, the next use removes the folder.
        let _ = self.clear();
    }
}
