//! Writes a file so that runs of zeros become holes.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

/// The granularity of holes.
const BLOCK_BYTES: usize = 4096;
static ZEROS: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// A file that is written from its start.
pub struct SparseWriter<'a> {
    file: &'a mut File,
    position: u64,
    /// How many zeros before the position are not written yet.
    n_zeros: u64,
}

impl<'a> SparseWriter<'a> {
    pub fn new(file: &'a mut File) -> Self {
        Self { file, position: 0, n_zeros: 0 }
    }

    /// Empties the file, to write it again.
    pub fn restart(&mut self) -> io::Result<()> {
        (self.position, self.n_zeros) = (0, 0);
        self.file.set_len(0)?;
        self.file.rewind()
    }

    /// Extends the file if it ends with zeros.
    pub fn finish(self) -> io::Result<()> {
        if self.n_zeros > 0 { self.file.set_len(self.position) } else { Ok(()) }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.n_zeros > 0 {
            self.file.seek(SeekFrom::Start(self.position))?;
            self.n_zeros = 0;
        }
        self.file.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

impl Write for SparseWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            // Advance to the next block boundary, since holes are aligned.
            let offset = usize::try_from(self.position).unwrap_or(0) % BLOCK_BYTES;
            let mut n_bytes = (BLOCK_BYTES - offset).min(rest.len());
            if is_zero(&rest[..n_bytes]) {
                self.position += n_bytes as u64;
                self.n_zeros += n_bytes as u64;
            } else {
                while n_bytes < rest.len() {
                    let next = &rest[n_bytes..rest.len().min(n_bytes + BLOCK_BYTES)];
                    if is_zero(next) {
                        break;
                    }
                    n_bytes += next.len();
                }
                self.append(&rest[..n_bytes])?;
            }
            rest = &rest[n_bytes..];
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    *bytes == ZEROS[..bytes.len()]
}
