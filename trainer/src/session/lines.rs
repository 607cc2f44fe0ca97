//! Appends whole lines or records to a file: a kill rarely leaves half a
//! line, a full disk never.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// How many bytes are buffered before they are written.
const FLUSH_BYTES: usize = 64 * 1024;

/// A file that grows by whole lines, or other records.
///
/// They are buffered until [`LineFile::flush`], or up to 64 KiB, and then
/// written at once.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    file: File,
    /// Length of the file up to its last whole record, in bytes.
    n_bytes: u64,
    buffer: Vec<u8>,
}

impl LineFile {
    /// Opens the file at `path` for more lines; creates it if absent.
    pub fn append(path: &Path) -> Result<Self> {
        let open = || {
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            let n_bytes = file.metadata()?.len();
            Ok::<_, io::Error>((file, n_bytes))
        };
        let (file, n_bytes) =
            open().with_context(|| format!("failed to open `{}`", path.display()))?;
        Ok(Self { path: path.to_owned(), file, n_bytes, buffer: Vec::new() })
    }

    /// Creates the file at `path`; where it exists, the one with `_2`,
    /// `_3` and so on after its stem. Nothing is overwritten.
    pub fn create_beside(path: &Path) -> Result<Self> {
        Self::create_first((1..).map(|number| numbered(path, number)))
    }

    /// Creates the first of `candidates` that does not exist; they must
    /// not run out.
    pub(crate) fn create_first(candidates: impl Iterator<Item = PathBuf>) -> Result<Self> {
        let (path, file) = create_new(candidates)?;
        Ok(Self { path, file, n_bytes: 0, buffer: Vec::new() })
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds `line` and a line end.
    pub fn push(&mut self, line: &str) -> Result<()> {
        self.buffer.extend_from_slice(line.as_bytes());
        self.push_record(b"\n")
    }

    /// Adds `record`, whose format marks its end.
    pub(crate) fn push_record(&mut self, record: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(record);
        if self.buffer.len() >= FLUSH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Writes the buffered lines.
    pub fn flush(&mut self) -> Result<()> {
        let written = self.write_buffer();
        written.with_context(|| {
            format!("failed to write `{}`; is the disk full?", self.path.display())
        })
    }

    /// Writes the buffered lines and syncs the file to disk.
    pub fn sync(&mut self) -> Result<()> {
        self.flush()?;
        self.file
            .sync_all()
            .with_context(|| format!("failed to flush `{}` to disk", self.path.display()))
    }

    fn write_buffer(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.buffer);
        match &written {
            Ok(()) => self.n_bytes += self.buffer.len() as u64,
            // A full disk may have taken part of a line: cut that off.
            Err(_) => self.file.set_len(self.n_bytes)?,
        }
        self.buffer.clear();
        written
    }
}

impl Drop for LineFile {
    fn drop(&mut self) {
        // Errors are reported by `flush`; this is the last attempt.
        let _ = self.write_buffer();
    }
}

fn create_new(candidates: impl Iterator<Item = PathBuf>) -> Result<(PathBuf, File)> {
    for candidate in candidates {
        match OpenOptions::new().append(true).create_new(true).open(&candidate) {
            Ok(file) => return Ok((candidate, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let context = format!("failed to create `{}`", candidate.display());
                return Err(error).context(context);
            }
        }
    }
    bail!("all names for a new file are taken")
}

/// Returns `path`, for numbers above 1 with `_NUMBER` after its stem.
pub(crate) fn numbered(path: &Path, number: usize) -> PathBuf {
    if number < 2 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy()));
    path.with_file_name(format!("{stem}_{number}{}", extension.unwrap_or_default()))
}
