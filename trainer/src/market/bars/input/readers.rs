//! Readers that change the bytes or the errors of another one.

use std::io::{self, ErrorKind, Read};

/// Replaces one byte by another, such as carriage returns by newlines.
pub(super) struct SwapReader {
    pub(super) inner: Box<dyn Read + Send>,
    /// The byte to replace, and its replacement.
    pub(super) bytes: [u8; 2],
}

impl Read for SwapReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        let [from, to] = self.bytes;
        for byte in &mut buffer[..n_bytes] {
            if *byte == from {
                *byte = to;
            }
        }
        Ok(n_bytes)
    }
}

/// Reads a gzip stream, and tells what follows it from damage in it.
pub(super) struct GzipReader<R> {
    pub(super) inner: R,
    pub(super) has_begun: bool,
}

impl<R: Read> Read for GzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let is_header = |error: &io::Error| error.to_string() == "invalid gzip header";
        match self.inner.read(buffer) {
            Err(error) if self.has_begun && is_header(&error) => Err(io::Error::new(
                ErrorKind::InvalidData,
                "has other bytes behind its gzip stream; `gzip -dc 'NAME' > bars.csv` leaves them \
                 out, with a warning",
            )),
            found => {
                self.has_begun |= found.is_ok();
                found
            }
        }
    }
}

/// Reads a packed stream; its errors, but for one of a truncated stream,
/// become [`ErrorKind::InvalidInput`].
pub(super) struct DamageReader<R> {
    pub(super) inner: R,
}

impl<R: Read> Read for DamageReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::Interrupted => error,
            _ => io::Error::new(ErrorKind::InvalidInput, error.to_string()),
        })
    }
}
