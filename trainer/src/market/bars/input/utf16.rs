//! Converts UTF-16, as Windows programs write it, to UTF-8.
//!
//! The standard library decodes it; `encoding_rs` would add tables of
//! forty other encodings.

use std::io::{self, ErrorKind, Read};

use crate::market::bars::block_reader::{BlockReader, BlockSource};

/// The number of bytes that are examined without a byte order mark.
const N_LOOKED_AT: usize = 64;

/// The byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// Returns the byte order of a text that begins with `start`, if it is
/// UTF-16: it has a byte order mark, or every second byte is 0.
pub(super) fn order_of(start: &[u8]) -> Option<ByteOrder> {
    if start.starts_with(b"\xff\xfe\0\0") {
        return None;
    }
    if start.starts_with(b"\xff\xfe") {
        return Some(ByteOrder::Little);
    }
    if start.starts_with(b"\xfe\xff") {
        return Some(ByteOrder::Big);
    }
    let pairs = || start.as_chunks::<2>().0.iter().take(N_LOOKED_AT / 2);
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let are_enough = pairs().count() == N_LOOKED_AT / 2;
    if are_enough && pairs().all(|&[first, second]| is_text(first) && second == 0) {
        return Some(ByteOrder::Little);
    }
    let is_big = are_enough && pairs().all(|&[first, second]| first == 0 && is_text(second));
    is_big.then_some(ByteOrder::Big)
}

/// Converts UTF-16 to UTF-8.
pub(super) struct Utf16Reader {
    inner: Box<dyn Read + Send>,
    order: ByteOrder,
    /// Bytes of a character that is not complete yet.
    rest: Vec<u8>,
}

impl Utf16Reader {
    pub(super) fn new(inner: Box<dyn Read + Send>, order: ByteOrder) -> BlockReader<Self> {
        BlockReader::new(Vec::new(), Self { inner, order, rest: Vec::new() })
    }
}

impl BlockSource for Utf16Reader {
    fn next_block(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let mut block = [0; 1 << 14];
        let n_bytes = self.inner.read(&mut block)?;
        if n_bytes == 0 {
            let is_whole = self.rest.is_empty();
            return if is_whole { Ok(false) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
        self.rest.extend_from_slice(&block[..n_bytes]);
        let (pairs, _) = self.rest.as_chunks::<2>();
        let mut units: Vec<u16> = pairs
            .iter()
            .map(|&pair| match self.order {
                ByteOrder::Little => u16::from_le_bytes(pair),
                ByteOrder::Big => u16::from_be_bytes(pair),
            })
            .collect();
        // The second half of a surrogate pair is not read yet.
        if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            units.pop();
        }
        self.rest.drain(..2 * units.len());
        let decoded = String::from_utf16(&units).map_err(|_| {
            io::Error::new(ErrorKind::InvalidData, "is UTF-16 text with an invalid character")
        })?;
        text.extend_from_slice(decoded.as_bytes());
        Ok(true)
    }
}
