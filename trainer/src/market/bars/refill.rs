//! Reads text that is made block by block.

use std::io::{self, Read};

/// Makes text from what lies behind it.
pub(super) trait Refill {
    /// Appends more text to `text`, which is empty; false at the end. A
    /// block may make none.
    fn refill(&mut self, text: &mut Vec<u8>) -> io::Result<bool>;
}

/// The text that a source makes.
pub(super) struct Refilled<S> {
    source: S,
    text: Vec<u8>,
    n_read: usize,
}

impl<S: Refill> Refilled<S> {
    /// Reads `text`, then what `source` makes.
    pub(super) fn new(text: Vec<u8>, source: S) -> Self {
        Self { source, text, n_read: 0 }
    }
}

impl<S: Refill> Read for Refilled<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.n_read == self.text.len() {
            self.text.clear();
            self.n_read = 0;
            if !self.source.refill(&mut self.text)? {
                return Ok(0);
            }
        }
        let n_bytes = (&self.text[self.n_read..]).read(buffer)?;
        self.n_read += n_bytes;
        Ok(n_bytes)
    }
}
