//! Reads single entries of an archive without checking the rest.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use zip::ZipArchive;

use super::text;
use crate::programs::features;
use crate::vault::manifest::{MANIFEST_PATH, Manifest};

/// From this size on, manifests are read by one thread at a time.
const LARGE_BYTES: u64 = 1024 * 1024;
static LARGE: Mutex<()> = Mutex::new(());

/// Reads only the manifest of the archive at `path`; `None` if the zip
/// has none.
pub fn read_manifest(path: &Path) -> Result<Option<Manifest>> {
    let file = File::open(path).with_context(|| format!("failed to open `{}`", path.display()))?;
    let mut zip = ZipArchive::new(BufReader::new(file))
        .with_context(|| format!("`{}` is not a readable zip", path.display()))?;
    let Some(idx) = zip.index_for_name(MANIFEST_PATH) else {
        return Ok(None);
    };
    // Large manifests take much memory: one thread at a time.
    let is_large = zip.by_index_data(idx).is_ok_and(|entry| entry.size() > LARGE_BYTES);
    let _turn = is_large.then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    let bytes = text(&mut zip, MANIFEST_PATH)
        .with_context(|| format!("failed to read `{MANIFEST_PATH}` of `{}`", path.display()))?;
    Manifest::parse(&bytes).map(Some)
}

/// Returns the content of the file `entry` in the archive at `path`.
pub fn read_entry(path: &Path, entry: &str) -> Result<Vec<u8>> {
    features::check_archive(path)?;
    let file = File::open(path).with_context(|| format!("failed to open `{}`", path.display()))?;
    let mut zip = ZipArchive::new(BufReader::new(file))
        .with_context(|| format!("`{}` is not a readable zip", path.display()))?;
    text(&mut zip, entry)
        .with_context(|| format!("failed to read `{entry}` of `{}`", path.display()))
}
