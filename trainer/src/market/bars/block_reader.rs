//! A reader of text that a source produces block by block.

use std::io::{self, Read};

/// Produces text block by block.
pub(super) trait BlockSource {
    /// Appends the next block to `text`, which is empty; returns false at
    /// the end. A block may be empty.
    fn next_block(&mut self, text: &mut Vec<u8>) -> io::Result<bool>;
}

/// Reads the text of a [`BlockSource`].
pub(super) struct BlockReader<S> {
    source: S,
    text: Vec<u8>,
    n_read: usize,
}

impl<S: BlockSource> BlockReader<S> {
    /// Returns a reader of `text`, then of the blocks of `source`.
    pub(super) fn new(text: Vec<u8>, source: S) -> Self {
        Self { source, text, n_read: 0 }
    }
}

impl<S: BlockSource> Read for BlockReader<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.n_read == self.text.len() {
            self.text.clear();
            self.n_read = 0;
            if !self.source.next_block(&mut self.text)? {
                return Ok(0);
            }
        }
        let n_bytes = (&self.text[self.n_read..]).read(buffer)?;
        self.n_read += n_bytes;
        Ok(n_bytes)
    }
}
