//! Writes bits, the lowest first, as deflate wants them.
//!
//! The buffer has room for all that is written: see `Encoder::block`.

/// Writes bits into a buffer with room for them.
pub struct BitWriter<'a> {
    out: &'a mut [u8],
    position: usize,
    pending: u64,
    n_pending: u32,
}

impl<'a> BitWriter<'a> {
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, position: 0, pending: 0, n_pending: 0 }
    }

    /// Adds `value`, which has `n_bits`; at most 56 between two flushes.
    #[inline]
    pub fn add(&mut self, value: u32, n_bits: u32) {
        self.pending |= u64::from(value) << self.n_pending;
        self.n_pending += n_bits;
    }

    /// Moves the whole bytes to the buffer.
    #[inline]
    pub fn flush(&mut self) {
        self.out[self.position..self.position + 8].copy_from_slice(&self.pending.to_le_bytes());
        self.position += (self.n_pending >> 3) as usize;
        self.pending >>= self.n_pending & !7;
        self.n_pending &= 7;
    }

    /// Adds `value` and flushes.
    pub fn put(&mut self, value: u32, n_bits: u32) {
        self.add(value, n_bits);
        self.flush();
    }

    /// Fills up the last byte.
    pub fn align(&mut self) {
        self.put(0, (8 - self.n_pending) & 7);
    }

    /// Copies `bytes`, from a whole byte on.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out[self.position..self.position + bytes.len()].copy_from_slice(bytes);
        self.position += bytes.len();
    }

    /// Fills up the last byte and returns the number of bytes written.
    pub fn finish(mut self) -> usize {
        self.align();
        self.position
    }
}
