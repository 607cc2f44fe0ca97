//! Unpacks zstd frame by frame, and verifies the checksum of each.

use std::io::{self, BufReader, ErrorKind, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The first bytes of a zstd frame.
pub(super) const MAGIC: &[u8] = b"\x28\xb5\x2f\xfd";
/// The same of a frame to skip, such as `pzstd` writes, after a byte from
/// 0x50 to 0x5f.
const SKIPPABLE: &[u8] = b"\x2a\x4d\x18";

/// Whether a stream that begins with `start` is packed by zstd.
pub(super) fn is_frame(start: &[u8]) -> bool {
    let rest = start.split_first().filter(|(first, _)| **first >> 4 == 5).map(|(_, rest)| rest);
    start.starts_with(MAGIC) || rest.is_some_and(|rest| rest.starts_with(SKIPPABLE))
}

const BUFFER_BYTES: usize = 1 << 16;

/// Unpacks all frames of a stream. Memory is that of one window, at most
/// 128 MiB as by default in `zstd`.
pub(crate) struct ZstdReader<R> {
    source: Source<R>,
    decoder: FrameDecoder,
    /// Whether a frame has begun and is not returned completely.
    is_in_frame: bool,
}

/// The packed stream; distinguishes a truncated from a damaged one.
struct Source<R> {
    inner: BufReader<R>,
    is_at_end: bool,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        self.is_at_end = n_bytes == 0 && !buffer.is_empty();
        Ok(n_bytes)
    }
}

impl<R: Read> ZstdReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        let inner = BufReader::with_capacity(BUFFER_BYTES, inner);
        Self {
            source: Source { inner, is_at_end: false },
            decoder: FrameDecoder::new(),
            is_in_frame: false,
        }
    }

    /// Begins the next frame, or skips a skippable one; returns `false` at
    /// the end of the stream.
    fn begin_frame(&mut self) -> io::Result<bool> {
        use io::BufRead as _;

        if self.source.inner.fill_buf()?.is_empty() {
            return Ok(false);
        }
        match self.decoder.reset(&mut self.source) {
            Ok(()) => self.is_in_frame = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = u64::from(length);
                let n_skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
                if n_skipped < length {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
            Err(error) => return Err(self.failure(&error)),
        }
        Ok(true)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.is_in_frame = false;
        let stored = self.decoder.get_checksum_from_data();
        if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "a checksum is wrong"));
        }
        Ok(())
    }

    fn failure(&self, error: &FrameDecoderError) -> io::Error {
        if self.source.is_at_end {
            return ErrorKind::UnexpectedEof.into();
        }
        io::Error::new(ErrorKind::InvalidInput, error.to_string())
    }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.is_in_frame && !self.begin_frame()? {
                return Ok(0);
            }
            if !self.is_in_frame {
                continue;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let strategy = BlockDecodingStrategy::UptoBlocks(1);
                if let Err(error) = self.decoder.decode_blocks(&mut self.source, strategy) {
                    return Err(self.failure(&error));
                }
            }
            let n_bytes = self.decoder.read(buffer)?;
            if n_bytes > 0 {
                return Ok(n_bytes);
            }
            self.end_frame()?;
        }
    }
}
