//! Reads the texts that describe an archive, in bounded memory.

use std::io::{Read, Seek};

use anyhow::{Context, Result, bail};
use zip::ZipArchive;
use zip::read::ZipFile;

/// The largest manifest or list of digests that is read: room for a
/// million files.
const TEXT_LIMIT_BYTES: u64 = 1 << 30;
/// How tightly it may be packed: digests are as good as random.
const TEXT_RATIO_MAX: u64 = 100;

/// Reads the text `path` of `zip`.
pub fn text<R: Read + Seek>(zip: &mut ZipArchive<R>, path: &str) -> Result<Vec<u8>> {
    let idx = zip.index_for_name_raw(path.as_bytes()).context("missing from the archive")?;
    entry_text(zip.by_index(idx)?)
}

/// Reads a manifest or list of digests, unless it is packed tighter
/// than any real one: such a one could fill the memory.
pub fn entry_text<R: Read>(entry: ZipFile<'_, R>) -> Result<Vec<u8>> {
    let packed_bytes = entry.compressed_size();
    let limit_bytes =
        TEXT_LIMIT_BYTES.min(packed_bytes.saturating_mul(TEXT_RATIO_MAX).saturating_add(1 << 16));
    let mut bytes = Vec::new();
    entry.take(limit_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit_bytes {
        bail!("it unpacks from {packed_bytes} bytes to more than {limit_bytes}; no real one does");
    }
    Ok(bytes)
}
