//! A reader that converts a text line by line.

use std::io::{self, Read};

use crate::market::bars::block_reader::{BlockReader, BlockSource};

/// Converts the lines of `inner` by `convert`, which is given a line with
/// its newline, if it has one, and appends to the text.
pub(super) struct Lines<F> {
    inner: Box<dyn Read + Send>,
    /// Bytes of a line that is not complete yet.
    rest: Vec<u8>,
    convert: F,
}

impl<F: FnMut(&[u8], &mut Vec<u8>) -> io::Result<()>> Lines<F> {
    pub(super) fn new(inner: Box<dyn Read + Send>, convert: F) -> BlockReader<Self> {
        BlockReader::new(Vec::new(), Self { inner, rest: Vec::new(), convert })
    }
}

impl<F: FnMut(&[u8], &mut Vec<u8>) -> io::Result<()>> BlockSource for Lines<F> {
    fn next_block(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let mut block = [0; 1 << 14];
        let n_bytes = self.inner.read(&mut block)?;
        self.rest.extend_from_slice(&block[..n_bytes]);
        let end = match self.rest.iter().rposition(|&byte| byte == b'\n') {
            Some(end) => end + 1,
            None if n_bytes == 0 => self.rest.len(),
            None => 0,
        };
        let lines: Vec<u8> = self.rest.drain(..end).collect();
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            (self.convert)(line, text)?;
        }
        Ok(n_bytes > 0 || !text.is_empty())
    }
}
