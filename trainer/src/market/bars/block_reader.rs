//! Reads text that is made block by block.

use std::io::{self, Read};

/// Makes text from what lies behind it.
pub(super) trait BlockSource {
    /// Appends more text to `text`, which is empty; false at the end. A
    /// block may make none.
    fn next_block(&mut self, text: &mut Vec<u8>) -> io::Result<bool>;
}

/// The text that a source makes.
pub(super) struct BlockReader<S> {
    source: S,
    text: Vec<u8>,
    n_read: usize,
}

impl<S: BlockSource> BlockReader<S> {
    /// Reads `text`, then what `source` makes.
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
