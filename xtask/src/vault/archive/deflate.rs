//! Compresses blocks of one deflate stream, each on any thread.
//!
//! Blocks joined in order are one stream, which every unzip reads. The
//! bytes depend on the content and the level alone. zlib-rs compresses;
//! here is only what joins its blocks.

use flate2::{Compress, Compression, FlushCompress, Status};

/// How far back a match may reach: a block compresses better with this
/// much of what precedes it.
pub const WINDOW_BYTES: usize = 32 * 1024;

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockEnd {
    /// At a whole byte: another block follows.
    Flush,
    /// With the end of the stream.
    Finish,
}

/// Compresses block after block; its memory is used again.
#[derive(Debug)]
pub struct Encoder(Compress);

impl Encoder {
    /// Returns an encoder of `level`, 1 (fastest) to 9 (smallest).
    pub fn new(level: u8) -> Self {
        Self(Compress::new(Compression::new(level.into()), false))
    }

    /// Compresses `window` from `start` on, and puts the result at the
    /// end of `out`; what precedes `start` precedes it in the stream.
    ///
    /// # Panics
    /// When `start` is not in `window`.
    pub fn block(&mut self, window: &[u8], start: usize, end: BlockEnd, out: &mut Vec<u8>) {
        let (before, content) = window.split_at(start);
        self.0.reset();
        if !before.is_empty() {
            let dictionary = &before[before.len().saturating_sub(WINDOW_BYTES)..];
            self.0.set_dictionary(dictionary).expect("a raw stream takes one at any time");
        }
        let flush = match end {
            BlockEnd::Flush => FlushCompress::Sync,
            BlockEnd::Finish => FlushCompress::Finish,
        };
        // Content that does not shrink is stored with a few bytes more.
        out.reserve(content.len() + content.len() / 1024 + 64);
        loop {
            let n_read = usize::try_from(self.0.total_in()).expect("a block lies in memory");
            let status = self
                .0
                .compress_vec(&content[n_read..], out, flush)
                .expect("the stream was reset and is not at its end");
            if status == Status::StreamEnd || (end == BlockEnd::Flush && out.len() < out.capacity())
            {
                return;
            }
            out.reserve(64);
        }
    }
}
