//! Readers that change the bytes or the errors of another one.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::GzDecoder;

use super::sniff::GZIP;

/// The packed bytes that are read at once.
const BUFFER_BYTES: usize = 1 << 15;

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

/// Reads the members of a gzip file, and tells what follows them from
/// damage in them.
pub(super) struct GzipReader {
    member: GzDecoder<Box<dyn BufRead + Send>>,
}

impl GzipReader {
    pub(super) fn new(raw: impl Read + Send + 'static) -> Self {
        let raw: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(BUFFER_BYTES, raw));
        Self { member: GzDecoder::new(raw) }
    }
}

impl Read for GzipReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let n_bytes = self.member.read(buffer)?;
            if n_bytes > 0 || buffer.is_empty() {
                return Ok(n_bytes);
            }
            match self.member.get_mut().fill_buf()? {
                [] => return Ok(0),
                [first, ..] if *first == GZIP[0] => {
                    let raw = self.member.reset(Box::new(io::empty()));
                    self.member.reset(raw);
                }
                _ => {
                    return Err(io::Error::new(
                        ErrorKind::InvalidData,
                        "has other bytes behind its gzip stream; `gzip -dc 'NAME' > bars.csv` \
                         leaves them out, with a warning",
                    ));
                }
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
