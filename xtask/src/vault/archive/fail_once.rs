//! Stops a zip writer from failing twice.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

/// The output of a `ZipWriter`. It reports the first failure and then
/// discards everything: a `ZipWriter` that is dropped unfinished still
/// writes the end of the zip, and would print a second failure.
pub struct FailOnceWriter<W> {
    out: W,
    position: u64,
    has_failed: bool,
}

impl<W> FailOnceWriter<W> {
    pub fn new(out: W) -> Self {
        Self { out, position: 0, has_failed: false }
    }

    /// Returns the inner writer.
    ///
    /// # Errors
    /// When an earlier write failed.
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

impl<W: Write> Write for FailOnceWriter<W> {
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

impl<W: Seek> Seek for FailOnceWriter<W> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        if !self.has_failed {
            let found = self.out.seek(position);
            self.position = self.check(found)?;
        }
        Ok(self.position)
    }
}

impl<R: Read> Read for FailOnceWriter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.out.read(buffer)
    }
}
