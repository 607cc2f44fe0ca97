//! Buffers lines or records and writes whole ones: a kill rarely leaves
//! half a line, a full disk never.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// How many bytes are buffered before they are written.
const FLUSH_BYTES: usize = 64 * 1024;

/// A file that grows by whole lines, or other records.
///
/// They wait in memory until [`LineFile::flush`], or until there are
/// 64 KiB of them, and then go out in one write.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    file: File,
    /// Length of the file up to its last whole record, in bytes.
    n_bytes: u64,
    waiting: Vec<u8>,
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
        Ok(Self { path: path.to_owned(), file, n_bytes, waiting: Vec::new() })
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
        Ok(Self { path, file, n_bytes: 0, waiting: Vec::new() })
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds `line`, which has no line end of its own.
    pub fn push(&mut self, line: &str) -> Result<()> {
        self.waiting.extend_from_slice(line.as_bytes());
        self.push_record(b"\n")
    }

    /// Adds `record`, whose format says where it ends.
    pub(crate) fn push_record(&mut self, record: &[u8]) -> Result<()> {
        self.waiting.extend_from_slice(record);
        if self.waiting.len() >= FLUSH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Writes the waiting lines.
    pub fn flush(&mut self) -> Result<()> {
        let written = self.write_waiting();
        written.with_context(|| {
            format!("failed to write `{}`; is the disk full?", self.path.display())
        })
    }

    /// Writes the waiting lines and waits until the disk has them.
    pub fn sync(&mut self) -> Result<()> {
        self.flush()?;
        self.file
            .sync_all()
            .with_context(|| format!("failed to flush `{}` to disk", self.path.display()))
    }
}

impl LineFile {
    fn write_waiting(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.waiting);
        match &written {
            Ok(()) => self.n_bytes += self.waiting.len() as u64,
            // A full disk may have taken part of a line: cut that off.
            Err(_) => self.file.set_len(self.n_bytes)?,
        }
        self.waiting.clear();
        written
    }
}

impl Drop for LineFile {
    fn drop(&mut self) {
        // Errors are reported by `flush`; this is the last attempt.
        let _ = self.write_waiting();
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
