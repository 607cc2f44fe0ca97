//! Reads one file at several positions at once.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::workspace::progress;

const BUFFER_BYTES: usize = 64 * 1024;

/// A reader of a file; a clone has its own position and buffer.
#[derive(Debug)]
pub struct SharedReader<'a> {
    file: Arc<File>,
    size_bytes: u64,
    position: u64,
    buffer: Vec<u8>,
    buffer_start: u64,
    stop: Option<&'a AtomicBool>,
}

impl<'a> SharedReader<'a> {
    /// Opens the file at `path`; reading fails once `stop` is set.
    pub fn open(path: &Path, stop: Option<&'a AtomicBool>) -> io::Result<Self> {
        let file = File::open(path)?;
        let size_bytes = file.metadata()?.len();
        let file = Arc::new(file);
        Ok(Self { file, size_bytes, position: 0, buffer: Vec::new(), buffer_start: 0, stop })
    }

    /// Returns the size of the file in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Reads exactly `bytes` from `position` on, and nothing beyond, since
    /// that may still change.
    pub fn read_exact_at(&self, bytes: &mut [u8], position: u64) -> io::Result<()> {
        let mut n_read = 0;
        while n_read < bytes.len() {
            self.check_stop()?;
            match read_at(&self.file, &mut bytes[n_read..], position + n_read as u64) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n_bytes) => n_read += n_bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn check_stop(&self) -> io::Result<()> {
        let is_set = self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
        if is_set { Err(io::Error::other("interrupted")) } else { Ok(()) }
    }

    fn buffered(&self) -> &[u8] {
        let offset = self.position.checked_sub(self.buffer_start);
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        offset.and_then(|offset| self.buffer.get(offset..)).unwrap_or_default()
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.resize(BUFFER_BYTES, 0);
        self.buffer_start = self.position;
        let read = read_at(&self.file, &mut self.buffer, self.position);
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        read.map(|_| ())
    }
}

impl Clone for SharedReader<'_> {
    fn clone(&self) -> Self {
        Self { file: Arc::clone(&self.file), buffer: Vec::new(), ..*self }
    }
}

impl Read for SharedReader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.check_stop()?;
        let n_bytes = if self.buffered().is_empty() && bytes.len() >= BUFFER_BYTES {
            read_at(&self.file, bytes, self.position)?
        } else {
            if self.buffered().is_empty() {
                self.fill()?;
            }
            let mut buffered = self.buffered();
            buffered.read(bytes)?
        };
        self.position += n_bytes as u64;
        progress::add(n_bytes as u64);
        Ok(n_bytes)
    }
}

impl Seek for SharedReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size_bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, position)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, position)
}
