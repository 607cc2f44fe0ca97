//! Files that git does not track and does not ignore, as a patch that
//! creates them.
//!
//! They are listed in an index of their own, so that one `git diff`
//! tells them all and no object is written. Large ones are left out.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::call::{Git, path_of};

/// The largest file that is kept, in bytes.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;
/// How much is kept in all: so many bytes, of so many files.
const LIMIT_BYTES: u64 = 8 * 1024 * 1024;
const N_FILES_MAX: usize = 2000;
/// How many files are named that are not kept.
const N_NAMES: usize = 5;

/// The untracked files of a work tree.
pub struct Untracked<'a> {
    pub top: &'a Path,
    /// From the top.
    pub paths: &'a [Vec<u8>],
    /// The name of the empty tree.
    pub empty: &'a str,
}

/// What is kept of them.
pub struct UntrackedPatch {
    pub patch: Vec<u8>,
    /// What is not, and why.
    pub left_out: Option<String>,
}

impl Untracked<'_> {
    /// Returns the patch that creates the files.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn patch(&self, git: &Git, scratch: &Path) -> Result<UntrackedPatch, String> {
        let mut listed = Vec::new();
        let mut left_out = Vec::new();
        let (mut n_files, mut n_bytes) = (0, 0);
        for path in self.paths {
            match readable(&self.top.join(path_of(path))) {
                Ok(file)
                    if file.len() <= FILE_LIMIT_BYTES.min(LIMIT_BYTES - n_bytes)
                        && n_files < N_FILES_MAX =>
                {
                    n_bytes += file.len();
                    n_files += 1;
                    // Any object will do: the file on the disk counts.
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
            git.tell(&["update-index", "-z", "--index-info"], &listed)?;
            // As the files are, not as a filter would store them.
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

/// Returns the record of a file that can be read, or of a symlink.
fn readable(path: &Path) -> io::Result<Metadata> {
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

/// A folder for git's scratch files, removed with all in it.
pub struct ScratchFolder(PathBuf);

impl ScratchFolder {
    /// Takes `folder`, with nothing in it.
    pub fn take(folder: PathBuf) -> Result<Self, String> {
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
        // What stays goes when it is taken again.
        let _ = self.clear();
    }
}
