//! Reads the files that are archived: each once, as it is when it is
//! opened.

use std::fs::File;
use std::io::{self, Read};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use crate::digest::hex;
use crate::manifest::{FileEntry, Skipped};
use crate::scan::SourceFile;

/// A file that is being read.
pub struct Source<'a> {
    found: &'a SourceFile,
    file: File,
    /// The size when it was opened; what is appended from then on
    /// belongs to the next archive.
    pub size_bytes: u64,
}

impl<'a> Source<'a> {
    /// Opens the file that a scan found.
    pub fn open(found: &'a SourceFile) -> Result<Self> {
        let file = File::open(&found.disk_path).with_context(|| unreadable(found))?;
        let size_bytes = file.metadata().with_context(|| unreadable(found))?.len();
        Ok(Self { found, file, size_bytes })
    }

    /// Returns the open file.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts up to `n_bytes` more of it at the end of `bytes`.
    pub fn read(&mut self, n_bytes: usize, bytes: &mut Vec<u8>) -> Result<usize> {
        let read = (&mut self.file).take(n_bytes as u64).read_to_end(bytes);
        read.with_context(|| unreadable(self.found))
    }

    /// Returns what the manifest tells of the file, of which
    /// `size_bytes` were read, and whether it changed meanwhile.
    pub fn finish(self, sha256: &[u8], size_bytes: u64) -> Result<(FileEntry, Option<Skipped>)> {
        let entry = FileEntry {
            path: self.found.archive_path.text.clone(),
            raw_path_hex: self.found.archive_path.raw_hex.clone(),
            size_bytes,
            modified_at: self.found.modified_at,
            mode: format!("{:04o}", self.found.mode),
            sha256: hex(sha256),
        };
        let is_same = self.is_unchanged(&entry).with_context(|| unreadable(self.found))?;
        let change = (!is_same).then(|| Skipped {
            path: entry.path.clone(),
            reason: format!(
                "changed while it was read; the archive holds its first {size_bytes} bytes"
            ),
        });
        Ok((entry, change))
    }

    fn is_unchanged(&self, entry: &FileEntry) -> io::Result<bool> {
        let now = self.file.metadata()?;
        let is_same_time =
            now.modified().is_ok_and(|time| entry.modified_at == DateTime::<Utc>::from(time));
        Ok(now.len() == entry.size_bytes && is_same_time)
    }
}

/// Says that the file cannot be read, and what to do.
pub fn unreadable(found: &SourceFile) -> String {
    format!(
        "failed to read `{}`; check its permissions, or leave it out by `archive.exclude` in \
         `config/config.json`",
        found.disk_path.display()
    )
}
