//! Packs blocks of content, and decides whether packing pays at all.

use std::io::{self, Read, Seek, SeekFrom};

use super::deflate::{BlockEnd, Encoder};

use super::container::Method;
use crate::workspace::config::Compression;

/// How much of a file is packed at once, in bytes.
pub const BLOCK_BYTES: usize = 1024 * 1024;
/// How much of each part of a large file is tried.
const SAMPLE_BYTES: usize = 32 * 1024;
/// The lowest level of a file that is packed whole: of such files a
/// session has many, but not much of it.
const SMALL_LEVEL: u8 = 6;

/// How to pack.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    pub compression: Compression,
    pub level: u8,
}

/// Packs on one thread; its memory is used again.
pub struct Packer {
    packing: Packing,
    encoder: Encoder,
    small_encoder: Encoder,
}

impl Packer {
    pub fn new(packing: Packing) -> Self {
        let small_encoder = Encoder::new(packing.level.max(SMALL_LEVEL));
        Self { packing, encoder: Encoder::new(packing.level), small_encoder }
    }

    /// Packs a block of a stream: `window` from `start` on.
    pub fn block(&mut self, window: &[u8], start: usize, end: BlockEnd, out: &mut Vec<u8>) {
        self.encoder.block(window, start, end, out);
    }

    /// Packs `content` at the end of `out`, or stores it when that saves
    /// less than one part in 64.
    pub fn whole(&mut self, content: &[u8], out: &mut Vec<u8>) -> io::Result<Method> {
        let begin = out.len();
        let method = match self.packing.compression {
            Compression::Store => Method::Store,
            Compression::Deflate => {
                self.small_encoder.block(content, 0, BlockEnd::Finish, out);
                Method::Deflate
            }
            Compression::Zstd => {
                super::zstd::whole(content, self.packing.level, out)?;
                Method::Zstd
            }
        };
        if method != Method::Store && pays(content.len(), out.len() - begin) {
            return Ok(method);
        }
        out.truncate(begin);
        out.extend_from_slice(content);
        Ok(Method::Store)
    }

    /// Returns how to pack the large file `content`, by trying parts of
    /// its start, middle and end.
    pub fn method_for(
        &mut self,
        content: &mut (impl Read + Seek),
        size: u64,
    ) -> io::Result<Method> {
        let method = match self.packing.compression {
            Compression::Store => return Ok(Method::Store),
            Compression::Deflate => Method::Deflate,
            Compression::Zstd => Method::Zstd,
        };
        let last = size.saturating_sub(SAMPLE_BYTES as u64);
        let mut is_worth_it = false;
        for start in [0, last / 2, last] {
            let mut sample = Vec::with_capacity(SAMPLE_BYTES);
            content.seek(SeekFrom::Start(start))?;
            content.take(SAMPLE_BYTES as u64).read_to_end(&mut sample)?;
            let mut packed = Vec::new();
            self.block(&sample, 0, BlockEnd::Finish, &mut packed);
            is_worth_it |= pays(sample.len(), packed.len());
        }
        content.rewind()?;
        Ok(if is_worth_it { method } else { Method::Store })
    }
}

fn pays(n_bytes: usize, n_packed_bytes: usize) -> bool {
    n_packed_bytes < n_bytes - n_bytes / 64
}
