//! Writes an entry of the tool's own, such as the manifest, as it is
//! generated: a manifest of many files is never whole in memory.

use std::io::{self, Write};

use super::deflate::{BlockEnd, Encoder, WINDOW_BYTES};
use sha2::{Digest, Sha256};

use super::container::{EntryHead, ZipOut};
use super::pack::BLOCK_BYTES;
use crate::workspace::digest::hex;

const LEVEL: u8 = 6;

/// An entry that is being written.
pub struct Inline<'a> {
    zip: &'a mut ZipOut,
    encoder: Encoder,
    /// What is not packed yet, from `start` on, and what precedes it.
    window: Vec<u8>,
    start: usize,
    packed: Vec<u8>,
    digest: Sha256,
    crc32: crc32fast::Hasher,
    size_bytes: u64,
}

impl<'a> Inline<'a> {
    /// Adds the entry that `write` writes, and returns its digest and
    /// size in bytes.
    pub fn entry(
        zip: &'a mut ZipOut,
        head: &EntryHead<'_>,
        write: &mut dyn FnMut(&mut Self) -> io::Result<()>,
    ) -> io::Result<(String, u64)> {
        let entry = zip.begin(head)?;
        let mut inline = Self {
            zip,
            encoder: Encoder::new(LEVEL),
            window: Vec::with_capacity(WINDOW_BYTES + BLOCK_BYTES),
            start: 0,
            packed: Vec::new(),
            digest: Sha256::new(),
            crc32: crc32fast::Hasher::new(),
            size_bytes: 0,
        };
        write(&mut inline)?;
        inline.pack(BlockEnd::Finish)?;
        let Self { zip, digest, crc32, size_bytes, .. } = inline;
        zip.end(&entry, head, (crc32.finalize(), size_bytes))?;
        Ok((hex(&digest.finalize()), size_bytes))
    }

    fn pack(&mut self, end: BlockEnd) -> io::Result<()> {
        let content = &self.window[self.start..];
        self.digest.update(content);
        self.crc32.update(content);
        self.size_bytes += content.len() as u64;
        self.packed.clear();
        self.encoder.block(&self.window, self.start, end, &mut self.packed);
        let n_known = self.window.len().min(WINDOW_BYTES);
        self.window.drain(..self.window.len() - n_known);
        self.start = n_known;
        self.zip.append(&self.packed)
    }
}

impl Write for Inline<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.chunks(BLOCK_BYTES) {
            self.window.extend_from_slice(part);
            if self.window.len() - self.start >= BLOCK_BYTES {
                self.pack(BlockEnd::Flush)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
