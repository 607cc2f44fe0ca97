//! Packs with zstd, where the tool was built with it.

use std::io;

use anyhow::{Result, bail};

use crate::config::Compression;

/// What to say to someone who needs zstd and has a build without it.
pub const WITHOUT_ZSTD: &str = "this build cannot do that; build xtask with its feature `zstd`";

/// Checks that this build packs by `compression`.
pub fn check_support(compression: Compression) -> Result<()> {
    if compression == Compression::Zstd {
        bail!("`archive.compression` is `zstd`, and {WITHOUT_ZSTD}");
    }
    Ok(())
}

pub fn whole(_content: &[u8], _level: u8, _out: &mut Vec<u8>) -> io::Result<()> {
    Err(io::Error::other(WITHOUT_ZSTD))
}
