//! What a task needs and this build of the tool leaves out.
//!
//! `cargo xtask` builds in seconds because it leaves out what few need,
//! above all zstd, which is C. A task that needs it fails with
//! [`MissingFeature`] before anything has changed; `main.rs` then builds
//! the tool with the feature and runs the task by that build.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use anyhow::Result;
use zip::{CompressionMethod, ZipArchive};

use crate::workspace::config::Compression;

/// What to say to someone who needs zstd and has a build without it.
pub const WITHOUT_ZSTD: &str = "this build of xtask is without zstd; run it by \
    `cargo run --package xtask --features zstd --`";

const ZSTD_METHOD: u8 = 93;
const LOCAL_HEADER: &[u8; 4] = b"PK\x03\x04";
/// Signature, version and flags come before the method.
const METHOD_OFFSET: usize = 8;
const CHUNK_BYTES: u64 = 1024 * 1024;

/// A part that a build may leave out: a cargo feature of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Packing and unpacking by zstd.
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

    /// Checks that this build has it, which is needed for `reason`.
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

/// Something that this build leaves out is needed. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFeature {
    /// What.
    pub feature: Feature,
    /// What it is needed for.
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

/// Checks that this build packs by `compression`.
///
/// # Errors
/// [`MissingFeature`].
pub fn check_compression(compression: Compression) -> Result<(), MissingFeature> {
    if compression != Compression::Zstd {
        return Ok(());
    }
    Feature::Zstd.require(|| "`archive.compression` is `zstd`".to_owned())
}

/// Checks that this build unpacks all that the archive at `path` holds.
/// A file that cannot be read is for others to complain of.
///
/// # Errors
/// [`MissingFeature`].
pub fn check_archive(path: &Path) -> Result<(), MissingFeature> {
    if Feature::Zstd.is_built_in() || !holds_zstd(path) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Feature::Zstd.require(|| format!("`{name}` is packed with zstd"))
}

/// Whether an entry of the zip at `path` is packed by zstd. Of a zip
/// without a directory, cut short, each entry's own header is asked.
pub fn holds_zstd(path: &Path) -> bool {
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

/// Whether the file at `path` is a Parquet file, which a trainer built
/// for training alone does not read.
pub fn is_parquet(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    read.is_ok() && start == b"PAR1"
}

/// Searches for the header of an entry packed by zstd. Content that
/// looks like one costs a build, no more.
fn has_header_of_zstd(mut file: impl Read) -> io::Result<bool> {
    let is_one = |bytes: &[u8]| {
        bytes.starts_with(LOCAL_HEADER) && bytes[METHOD_OFFSET..] == [ZSTD_METHOD, 0]
    };
    let mut window = Vec::new();
    loop {
        let n_read = (&mut file).take(CHUNK_BYTES).read_to_end(&mut window)?;
        if window.windows(METHOD_OFFSET + 2).any(is_one) {
            return Ok(true);
        }
        if n_read == 0 {
            return Ok(false);
        }
        // A header may lie across two chunks.
        window.drain(..window.len().saturating_sub(METHOD_OFFSET + 1));
    }
}
