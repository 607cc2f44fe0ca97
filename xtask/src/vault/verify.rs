//! Reads an archive back and checks every byte of it.
//!
//! Only this module creates a [`Receipt`], and only for an archive
//! without any damage.

mod content;
mod damage;
mod entries;
mod shared_reader;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use zip::ZipArchive;

use crate::programs::features;
use crate::vault::manifest::{MANIFEST_PATH, Manifest};
use crate::vault::seal;
use crate::workspace::exit::check_interrupt;
use crate::workspace::progress;
use crate::workspace::threads;

pub use damage::{ArchiveCheck, Damage};
pub(crate) use damage::{entry_text, text};
pub use shared_reader::SharedReader;

/// Proof that an archive was read back and every checksum matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    path: PathBuf,
    manifest: Manifest,
    manifest_sha256: String,
    size_bytes: u64,
}

impl Receipt {
    /// Returns the path of the archive.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the manifest of the archive.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the digest of the manifest as stored in the archive.
    pub fn manifest_sha256(&self) -> &str {
        &self.manifest_sha256
    }

    /// Returns the size of the archive in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub(crate) fn moved_to(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }
}

/// How an archive is read.
#[derive(Debug, Clone, Copy)]
pub struct ReadOptions<'a> {
    /// The number of threads; the result does not depend on it.
    pub n_threads: NonZeroUsize,
    /// Set by a signal: stops; the rest counts as unreadable.
    pub interrupt: Option<&'a AtomicBool>,
}

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        Self { n_threads: threads::available(), interrupt: None }
    }
}

/// Reads the archive at `path` back, every byte of it.
///
/// # Errors
/// When anything is wrong with it; names the first problem.
pub fn read_back(path: &Path) -> Result<Receipt> {
    read_back_as(path, ReadOptions::default())
}

/// Reads the archive at `path` back as [`read_back`] does.
pub fn read_back_as(path: &Path, options: ReadOptions<'_>) -> Result<Receipt> {
    let archive_check = check(path, options)?;
    if let Some(damage) = archive_check.damage.first() {
        bail!("the archive `{}` is damaged: {damage}", path.display());
    }
    let (manifest, manifest_sha256) = archive_check
        .manifest
        .zip(archive_check.manifest_sha256)
        .ok_or_else(|| anyhow!("the archive `{}` has no manifest", path.display()))?;
    let size_bytes = path
        .metadata()
        .with_context(|| format!("failed to read the size of `{}`", path.display()))?
        .len();
    Ok(Receipt { path: path.to_owned(), manifest, manifest_sha256, size_bytes })
}

/// Checks the archive at `path` and reports all damage.
///
/// A zip of another tool, without a manifest, is checked by its CRC-32
/// sums.
///
/// # Errors
/// When the file cannot be opened; damage is not an error.
pub fn check(path: &Path, options: ReadOptions<'_>) -> Result<ArchiveCheck> {
    let reader = SharedReader::open(path, options.interrupt)
        .with_context(|| format!("failed to open `{}`", path.display()))?;
    let n_passes = n_passes(&reader);
    let _running = progress::begin_passes("verifying", reader.size_bytes(), n_passes);
    check_reader(options.n_threads, reader)
        .with_context(|| format!("failed to read `{}`", path.display()))
}

/// Checks the archive at `path`, and returns its first damage.
///
/// # Errors
/// When the file cannot be opened, or a signal asks to stop.
pub fn first_damage(path: &Path, interrupt: &AtomicBool) -> Result<Option<Damage>> {
    let options = ReadOptions { interrupt: Some(interrupt), ..ReadOptions::default() };
    let checked = check(path, options);
    check_interrupt(interrupt)?;
    Ok(checked?.damage.into_iter().next())
}

/// Returns how often a check reads each byte: twice for a sealed archive,
/// once of it for the digest of the whole file.
fn n_passes(reader: &SharedReader<'_>) -> u64 {
    let mut comment = seal::placeholder().into_bytes();
    let start = reader.size_bytes().checked_sub(comment.len() as u64);
    let is_read = start.is_some_and(|start| reader.read_exact_at(&mut comment, start).is_ok());
    if is_read && seal::is_seal(&comment) { 2 } else { 1 }
}

/// Returns how many bytes checking `paths` counts for, in a progress of
/// two passes: an archive that is read once counts half.
pub fn n_bytes_of_two_passes<'a>(paths: impl IntoIterator<Item = &'a Path>) -> u64 {
    let readers = paths.into_iter().filter_map(|path| SharedReader::open(path, None).ok());
    readers.map(|reader| reader.size_bytes() * n_passes(&reader) / 2).sum()
}

/// Checks the archive in `reader`, as [`check`] does; it is cloned for each
/// thread.
pub fn check_reader<R: Read + Seek + Clone + Send>(
    n_threads: NonZeroUsize,
    reader: R,
) -> io::Result<ArchiveCheck> {
    let mut archive_check = ArchiveCheck::default();
    let mut whole_file = reader.clone();
    let mut zip = match ZipArchive::new(reader) {
        Ok(zip) => zip,
        Err(error) => {
            archive_check.damage.push(Damage::whole(format!("not a readable zip: {error}")));
            return Ok(archive_check);
        }
    };
    // The seal also covers the headers; a zip of another tool has none.
    let has_seal = seal::is_seal(zip.comment());
    let mut check_seal =
        || if has_seal { seal::is_intact(&mut whole_file).map(Some) } else { Ok(None) };
    let is_intact = if n_threads == NonZeroUsize::MIN {
        content::check(&mut zip, 1, &mut archive_check);
        check_seal()
    } else {
        thread::scope(|scope| {
            let seal = scope.spawn(check_seal);
            content::check(&mut zip, n_threads.get(), &mut archive_check);
            seal.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }?;
    if archive_check.manifest.is_some() && !has_seal {
        archive_check.damage.push(Damage::whole("its seal, the comment at the end, is missing"));
    } else if is_intact == Some(false) && archive_check.damage.is_empty() {
        let part = "bytes outside the files' content have changed since it was sealed";
        archive_check.damage.push(Damage::whole(part));
    }
    Ok(archive_check)
}

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
