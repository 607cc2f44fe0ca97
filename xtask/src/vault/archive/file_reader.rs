//! Reads the files to archive, each once, as it is when it is opened: if
//! it was replaced since the scan, the new file is archived.

use std::fs::{File, Metadata};
use std::io::Read;

use anyhow::{Context, Result};

use crate::vault::manifest::{FileEntry, Skipped};
use crate::vault::scan::SourceFile;
use crate::workspace::digest::hex;
use crate::workspace::files::is_gone;

/// A file that is being read.
pub struct FileReader {
    /// The file as it was when it was opened; what is appended later belongs
    /// to the next archive.
    pub found: SourceFile,
    file: File,
    opened: Metadata,
}

/// The outcome of opening a file.
pub enum OpenedFile {
    /// The file is open.
    File(Box<FileReader>),
    /// The file has vanished or is no plain file any more.
    Gone(Skipped),
}

impl FileReader {
    /// Opens a file of the scan.
    pub fn open(found: &SourceFile) -> Result<OpenedFile> {
        let gone = |reason: &str| {
            let path = found.archive_path.text.clone();
            Ok(OpenedFile::Gone(Skipped { path, reason: reason.to_owned() }))
        };
        let file = match File::open(&found.disk_path) {
            Err(error) if is_gone(&error) => return gone("vanished before it was read"),
            file => file.with_context(|| unreadable(found))?,
        };
        let opened = file.metadata().with_context(|| unreadable(found))?;
        if !opened.is_file() {
            return gone("became no plain file before it was read");
        }
        let found = found.with_metadata(&opened).with_context(|| unreadable(found))?;
        Ok(OpenedFile::File(Box::new(Self { found, file, opened })))
    }

    /// Returns the open file.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Appends up to the next `n_bytes` of the file to `bytes`.
    pub fn read(&mut self, n_bytes: usize, bytes: &mut Vec<u8>) -> Result<usize> {
        let read = (&mut self.file).take(n_bytes as u64).read_to_end(bytes);
        read.with_context(|| unreadable(&self.found))
    }

    /// Returns the manifest entry of the file, of which `size_bytes` were
    /// read, and how it changed meanwhile, if it did.
    pub fn finish(self, sha256: &[u8], size_bytes: u64) -> Result<(FileEntry, Option<Skipped>)> {
        let now = self.file.metadata().with_context(|| unreadable(&self.found))?;
        // Where the system has no modification time, only sizes differ.
        let is_same = now.len() == size_bytes && now.modified().ok() == self.opened.modified().ok();
        let entry = FileEntry {
            path: self.found.archive_path.text,
            raw_path_hex: self.found.archive_path.raw_hex,
            size_bytes,
            modified_at: self.found.modified_at,
            mode: format!("{:04o}", self.found.mode),
            sha256: hex(sha256),
        };
        let change = (!is_same).then(|| Skipped {
            path: entry.path.clone(),
            reason: format!(
                "changed while it was read; the archive holds its first {size_bytes} bytes"
            ),
        });
        Ok((entry, change))
    }
}

/// Returns the error context for a file that cannot be read.
pub fn unreadable(found: &SourceFile) -> String {
    format!(
        "failed to read `{}`; check its permissions, or leave it out by `archive.exclude` in \
         `config/config.json`",
        found.disk_path.display()
    )
}
