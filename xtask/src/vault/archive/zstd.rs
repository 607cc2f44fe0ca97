//! Packs with zstd, where the tool was built with it.
//!
//! A large file is one frame, since Python reads only the first; zstd's
//! own threads pack its parts. Their number changes no byte.

pub use implementation::{Stream, whole};

#[cfg(feature = "zstd")]
mod implementation {
    use std::io::{self, Write};

    use zstd::stream::write::Encoder;

    /// The frame of a large file.
    pub struct Stream(Encoder<'static, Vec<u8>>);

    impl Stream {
        pub fn new(level: u8, n_threads: usize) -> io::Result<Self> {
            let mut encoder = Encoder::new(Vec::new(), zstd_level(level))?;
            // Never 0, which packs in another way.
            encoder.multithread(u32::try_from(n_threads.max(1)).unwrap_or(1))?;
            Ok(Self(encoder))
        }

        /// Packs `bytes`, and gives what is ready to `append`.
        pub fn write(
            &mut self,
            bytes: &[u8],
            append: impl FnOnce(&[u8]) -> io::Result<()>,
        ) -> io::Result<()> {
            self.0.write_all(bytes)?;
            append(self.0.get_ref())?;
            self.0.get_mut().clear();
            Ok(())
        }

        /// Returns the end of the frame.
        pub fn finish(self) -> io::Result<Vec<u8>> {
            self.0.finish()
        }
    }

    /// Packs `content` at the end of `out`.
    pub fn whole(content: &[u8], level: u8, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend(zstd::bulk::compress(content, zstd_level(level))?);
        Ok(())
    }

    /// In figures and logs, 1 packs tighter than what comes next.
    fn zstd_level(level: u8) -> i32 {
        match level {
            0..=2 => -1,
            3..=6 => 1,
            7 => 8,
            8 => 12,
            _ => 19,
        }
    }
}

#[cfg(not(feature = "zstd"))]
mod implementation {
    use std::io;

    use crate::programs::features::WITHOUT_ZSTD;

    /// No file is packed by it.
    pub enum Stream {}

    impl Stream {
        pub fn new(_: u8, _: usize) -> io::Result<Self> {
            Err(io::Error::other(WITHOUT_ZSTD))
        }

        pub fn write(
            &mut self,
            _: &[u8],
            _: impl FnOnce(&[u8]) -> io::Result<()>,
        ) -> io::Result<()> {
            match *self {}
        }

        pub fn finish(self) -> io::Result<Vec<u8>> {
            match self {}
        }
    }

    pub fn whole(_: &[u8], _: u8, _: &mut Vec<u8>) -> io::Result<()> {
        Err(io::Error::other(WITHOUT_ZSTD))
    }
}
