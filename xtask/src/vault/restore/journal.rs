//! Records which drafts a restore makes, so that another task can remove
//! them if it is killed.
//!
//! Each process has its own journal file, locked as long as it runs. It
//! lists paths: `+PATH` before a draft is made, `-PATH` if the path
//! turned out to be another file.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::files::folder_entries;
use crate::workspace::filesystem;

const PREFIX: &str = "restoring_";

/// The journal of this process.
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the journal in the folder `state`.
    pub fn open(state: &Path) -> io::Result<Self> {
        fs::create_dir_all(state)?;
        let path = state.join(format!("{PREFIX}{}", std::process::id()));
        // Append: an earlier process with the same id may have left drafts.
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        match filesystem::try_lock(&file) {
            Ok(()) => Ok(Self { path, file }),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Records that the draft `path` is about to be made.
    pub fn add(&mut self, path: &Path) -> io::Result<()> {
        self.record(b'+', path)
    }

    /// Records that `path` is not a draft of this process.
    pub fn withdraw(&mut self, path: &Path) -> io::Result<()> {
        self.record(b'-', path)
    }

    fn record(&mut self, sign: u8, path: &Path) -> io::Result<()> {
        let line = [&[sign], path.as_os_str().as_encoded_bytes(), &[0]].concat();
        self.file.write_all(&line)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // All drafts are published or removed by now, so a journal that cannot
        // be removed lists nothing that exists.
        let _ = fs::remove_file(&self.path);
    }
}

/// What a killed restore left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbandonedRestore {
    /// The journal.
    pub journal: PathBuf,
    /// The drafts that still exist.
    pub drafts: BTreeSet<PathBuf>,
}

impl AbandonedRestore {
    /// Removes the drafts, and returns a message about it.
    pub fn remove(&self) -> Result<String> {
        for path in self.drafts.iter().chain([&self.journal]) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error)
                        .with_context(|| format!("failed to remove `{}`", path.display()));
                }
                _ => {}
            }
        }
        let (n_drafts, plural) = (self.drafts.len(), if self.drafts.len() == 1 { "" } else { "s" });
        Ok(format!(
            "removed {n_drafts} file{plural} that a killed `restore` had not finished; what it \
             restores is still in its archive"
        ))
    }
}

/// Returns what killed restores left, by the journals in `state`.
pub fn abandoned(state: &Path) -> Result<Vec<AbandonedRestore>> {
    let mut found = Vec::new();
    for journal in folder_entries(state)? {
        let name = journal.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(PREFIX) {
            continue;
        }
        let read = || -> io::Result<Option<Vec<u8>>> {
            let file = File::open(&journal)?;
            // A running restore holds the lock; without locks, assume that one does.
            if file.try_lock().is_err() {
                return Ok(None);
            }
            fs::read(&journal).map(Some)
        };
        let bytes = match read() {
            // The restore just ended and removed its journal.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            read => read.with_context(|| format!("failed to read `{}`", journal.display()))?,
        };
        if let Some(bytes) = bytes {
            let drafts = drafts(&bytes)
                .with_context(|| format!("failed to find what `{}` lists", journal.display()))?;
            found.push(AbandonedRestore { journal, drafts });
        }
    }
    Ok(found)
}

/// Returns the drafts of a journal that still exist.
fn drafts(journal: &[u8]) -> io::Result<BTreeSet<PathBuf>> {
    let mut listed = BTreeSet::new();
    for line in journal.split_inclusive(|byte| *byte == 0) {
        // An incomplete line was written by a kill before the draft was made.
        match (line.first(), line.get(1..).and_then(|rest| rest.strip_suffix(&[0]))) {
            (Some(b'+'), Some(path)) => drop(listed.insert(path_of(path))),
            (Some(b'-'), Some(path)) => drop(listed.remove(&path_of(path))),
            _ => {}
        }
    }
    let mut drafts = BTreeSet::new();
    for path in listed {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => drop(drafts.insert(path)),
            Err(error) if !crate::workspace::files::is_gone(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(drafts)
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
