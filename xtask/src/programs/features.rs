//! Cargo features that a task needs and this build may lack.
//!
//! `cargo xtask` builds in seconds because it leaves out what few need,
//! above all zstd, which is C. A task that needs such a feature fails
//! with [`MissingFeature`] before it changes anything; `main.rs` then
//! builds the tool with the feature and runs the task with that build.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use anyhow::Result;
use zip::{CompressionMethod, ZipArchive};

use crate::workspace::config::Compression;

/// The remedy if a build without zstd needs it.
pub const WITHOUT_ZSTD: &str = "this build of xtask is without zstd; run it by \
    `cargo run --package xtask --features zstd --`";

const ZSTD_METHOD: u8 = 93;
const LOCAL_HEADER: &[u8; 4] = b"PK\x03\x04";
/// The offset of the method, after signature, version and flags.
const METHOD_OFFSET: usize = 8;
const CHUNK_BYTES: u64 = 1024 * 1024;

/// An optional cargo feature of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Compression by zstd.
    Zstd,
    /// Manual pages and shell completion.
    Standalone,
}

impl Feature {
    /// Returns the name of the cargo feature.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Standalone => "standalone",
        }
    }

    /// Whether this build has it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Zstd => cfg!(feature = "zstd"),
            Self::Standalone => cfg!(feature = "standalone"),
        }
    }

    /// Checks that this build has it; `reason` says why it is needed.
    ///
    /// # Errors
    /// [`MissingFeature`].
    pub fn require(self, reason: impl FnOnce() -> String) -> Result<(), MissingFeature> {
        if self.is_built_in() {
            Ok(())
        } else {
            Err(MissingFeature { feature: self, reason: reason() })
        }
    }
}

/// This build lacks a feature that is needed; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFeature {
    /// The missing feature.
    pub feature: Feature,
    /// Why it is needed.
    pub reason: String,
}

impl fmt::Display for MissingFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.feature {
            Feature::Zstd => write!(f, "{}, and {WITHOUT_ZSTD}", self.reason),
            Feature::Standalone => write!(
                f,
                "{}, which this build of xtask leaves out; run it by \
                 `cargo run --package xtask --features standalone --`",
                self.reason
            ),
        }
    }
}

impl std::error::Error for MissingFeature {}

/// Checks that this build can compress by `compression`.
///
/// # Errors
/// [`MissingFeature`].
pub fn check_compression(compression: Compression) -> Result<(), MissingFeature> {
    if compression != Compression::Zstd {
        return Ok(());
    }
    Feature::Zstd.require(|| "`archive.compression` is `zstd`".to_owned())
}

/// Checks that this build can unpack all of the archive at `path`. Read
/// errors are left to the caller's own reading.
///
/// # Errors
/// [`MissingFeature`].
pub fn check_archive(path: &Path) -> Result<(), MissingFeature> {
    if Feature::Zstd.is_built_in() || !contains_zstd(path) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Feature::Zstd.require(|| format!("`{name}` is packed with zstd"))
}

/// Whether an entry of the zip at `path` is compressed by zstd. If the
/// zip is truncated and has no central directory, its local headers are
/// searched.
pub fn contains_zstd(path: &Path) -> bool {
    let open = || File::open(path).map(BufReader::new).ok();
    let Some(file) = open() else { return false };
    match ZipArchive::new(file) {
        Ok(zip) => (0..zip.len()).any(|idx| {
            let entry = zip.by_index_data(idx);
            entry.is_ok_and(|entry| entry.compression() == CompressionMethod::ZSTD)
        }),
        Err(_) => open().is_some_and(|file| has_header_of_zstd(file).unwrap_or(false)),
    }
}

/// Whether the file at `path` is a Parquet file, which only the full
/// trainer reads.
pub fn is_parquet(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    read.is_ok() && start == b"PAR1"
}

/// Searches for the local header of an entry compressed by zstd. A false
/// positive only costs a build.
fn has_header_of_zstd(mut file: impl Read) -> io::Result<bool> {
    let is_zstd_header = |bytes: &[u8]| {
        bytes.starts_with(LOCAL_HEADER) && bytes[METHOD_OFFSET..] == [ZSTD_METHOD, 0]
    };
    let mut window = Vec::new();
    loop {
        let n_read = (&mut file).take(CHUNK_BYTES).read_to_end(&mut window)?;
        if window.windows(METHOD_OFFSET + 2).any(is_zstd_header) {
            return Ok(true);
        }
        if n_read == 0 {
            return Ok(false);
        }
        // A header may span two chunks.
        window.drain(..window.len().saturating_sub(METHOD_OFFSET + 1));
    }
}
