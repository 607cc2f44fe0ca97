//! Which drafts a restore has made, so that another task can remove
//! them when it was killed.
//!
//! A journal is a file of its own for each process, locked as long as
//! that lives. It lists paths: `+PATH` before a draft is made, `-PATH`
//! when that turned out to be someone else's file.

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
        // What one of the same number left is kept, to be removed.
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        match filesystem::try_lock(&file) {
            Ok(()) => Ok(Self { path, file }),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Notes that the draft `path` is made next.
    pub fn add(&mut self, path: &Path) -> io::Result<()> {
        self.note(b'+', path)
    }

    /// Notes that `path` is no draft of this process.
    pub fn withdraw(&mut self, path: &Path) -> io::Result<()> {
        self.note(b'-', path)
    }

    fn note(&mut self, sign: u8, path: &Path) -> io::Result<()> {
        let line = [&[sign], path.as_os_str().as_encoded_bytes(), &[0]].concat();
        self.file.write_all(&line)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // All drafts are published or removed; a journal that stays lists
        // what is not there.
        let _ = fs::remove_file(&self.path);
    }
}

/// What a killed restore left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbandonedRestore {
    /// The journal.
    pub journal: PathBuf,
    /// The drafts that are there.
    pub drafts: BTreeSet<PathBuf>,
}

impl AbandonedRestore {
    /// Removes the drafts, and returns a line on it.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn remove_and_tell(&self) -> Result<String> {
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

/// Returns what killed restores left by the journals in `state`.
///
/// # Errors
/// When a journal or a folder cannot be read.
pub fn abandoned(state: &Path) -> Result<Vec<AbandonedRestore>> {
    let mut found = Vec::new();
    for journal in folder_entries(state)? {
        let name = journal.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(PREFIX) {
            continue;
        }
        let read = || -> io::Result<Option<Vec<u8>>> {
            let file = File::open(&journal)?;
            // A running restore holds it; without locks this is unknown.
            if file.try_lock().is_err() {
                return Ok(None);
            }
            fs::read(&journal).map(Some)
        };
        let bytes = match read() {
            // It ended, and removed its journal, just now.
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

/// Returns the drafts that are there of those that a journal lists.
fn drafts(journal: &[u8]) -> io::Result<BTreeSet<PathBuf>> {
    let mut listed = BTreeSet::new();
    for line in journal.split_inclusive(|byte| *byte == 0) {
        // A line without its end was not followed by a draft.
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
