//! Reads UTF-16, as Windows programs write it, as UTF-8.
//!
//! The standard library decodes; `encoding_rs` would add tables of forty
//! other encodings.

use std::io::{self, ErrorKind, Read};

/// Bytes that are looked at where no mark tells the order.
const N_LOOKED_AT: usize = 64;

/// Which byte of two comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// Returns the order of the bytes of a text that begins with `start`, if
/// it is UTF-16: by its mark, or since each other byte is 0.
pub(super) fn order_of(start: &[u8]) -> Option<Order> {
    if start.starts_with(b"\xff\xfe\0\0") {
        return None;
    }
    if start.starts_with(b"\xff\xfe") {
        return Some(Order::Little);
    }
    if start.starts_with(b"\xfe\xff") {
        return Some(Order::Big);
    }
    let pairs = || start.as_chunks::<2>().0.iter().take(N_LOOKED_AT / 2);
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let are_enough = pairs().count() == N_LOOKED_AT / 2;
    if are_enough && pairs().all(|&[first, second]| is_text(first) && second == 0) {
        return Some(Order::Little);
    }
    let is_big = are_enough && pairs().all(|&[first, second]| first == 0 && is_text(second));
    is_big.then_some(Order::Big)
}

/// Turns UTF-16 into UTF-8.
pub(super) struct Utf16Reader {
    inner: Box<dyn Read + Send>,
    order: Order,
    /// Bytes that are no whole letter yet.
    rest: Vec<u8>,
    text: Vec<u8>,
    n_read: usize,
}

impl Utf16Reader {
    pub(super) fn new(inner: Box<dyn Read + Send>, order: Order) -> Self {
        Self { inner, order, rest: Vec::new(), text: Vec::new(), n_read: 0 }
    }

    /// Decodes some more; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
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
                Order::Little => u16::from_le_bytes(pair),
                Order::Big => u16::from_be_bytes(pair),
            })
            .collect();
        // The other half of a pair is still to come.
        if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            units.pop();
        }
        self.rest.drain(..2 * units.len());
        let text = String::from_utf16(&units).map_err(|_| {
            io::Error::new(ErrorKind::InvalidData, "is UTF-16 text with a letter that is none")
        })?;
        self.text = text.into_bytes();
        self.n_read = 0;
        Ok(true)
    }
}

impl Read for Utf16Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.n_read == self.text.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let n_bytes = (&self.text[self.n_read..]).read(buffer)?;
        self.n_read += n_bytes;
        Ok(n_bytes)
    }
}
