//! Keeps a zip that failed from failing once more.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

/// What a zip is written to. It reports its first failure; from then on
/// it takes everything and keeps nothing. A `ZipWriter` that is dropped
/// unfinished writes its end all the same, and would print what fails.
pub struct Guard<W> {
    out: W,
    position: u64,
    has_failed: bool,
}

impl<W> Guard<W> {
    pub fn new(out: W) -> Self {
        Self { out, position: 0, has_failed: false }
    }

    /// Returns what was written to.
    ///
    /// # Errors
    /// When it has failed.
    pub fn into_inner(self) -> io::Result<W> {
        if self.has_failed {
            Err(io::Error::other("an earlier write failed"))
        } else {
            Ok(self.out)
        }
    }

    fn check<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.has_failed |=
            result.as_ref().is_err_and(|error| error.kind() != ErrorKind::Interrupted);
        result
    }
}

impl<W: Write> Write for Guard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.has_failed {
            return Ok(bytes.len());
        }
        let written = self.out.write(bytes);
        let n_bytes = self.check(written)?;
        self.position += n_bytes as u64;
        Ok(n_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.has_failed {
            return Ok(());
        }
        let flushed = self.out.flush();
        self.check(flushed)
    }
}

impl<W: Seek> Seek for Guard<W> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        if !self.has_failed {
            let found = self.out.seek(position);
            self.position = self.check(found)?;
        }
        Ok(self.position)
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.out.read(buffer)
    }
}
