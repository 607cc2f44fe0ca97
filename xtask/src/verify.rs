//! Reads an archive back and checks every byte of it.
//!
//! Only this module makes a [`Receipt`], and only for an archive in
//! which nothing at all is wrong.

mod peek;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;
use zip::ZipArchive;
use zip::read::ZipFile;

pub use peek::{read_entry, read_manifest};

use crate::digest::{BUFFER_BYTES, sha256};
use crate::manifest::{MANIFEST_PATH, Manifest, SUMS_PATH};
use crate::scan::check_archive_path;
use crate::seal;

/// The largest manifest or list of digests that is read: room for a
/// million files.
const TEXT_LIMIT_BYTES: u64 = 1 << 30;
/// How tightly it may be packed: digests are as good as random.
const TEXT_RATIO_MAX: u64 = 100;

/// Proof that an archive was read back and every checksum matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    path: PathBuf,
    manifest: Manifest,
    size_bytes: u64,
}

impl Receipt {
    /// Returns where the archive lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what the archive holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the size of the archive in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub(crate) fn moved_to(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }
}

/// What a check of an archive found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checkup {
    /// The manifest, where it can be read.
    #[serde(skip)]
    pub manifest: Option<Manifest>,
    /// The paths of the files whose every byte is as it was.
    pub good: Vec<String>,
    /// What is wrong, empty for a good archive.
    pub damage: Vec<Damage>,
}

/// One thing that is wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Damage {
    /// The path in the archive; null when it is the archive as a whole.
    pub path: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl Damage {
    fn of(path: &str, problem: impl Into<String>) -> Self {
        Self { path: Some(path.to_owned()), problem: problem.into() }
    }

    fn whole(problem: impl Into<String>) -> Self {
        Self { path: None, problem: problem.into() }
    }
}

/// Reads the archive at `path` back, every byte of it.
///
/// # Errors
/// When anything is wrong with it; the first problem is named.
pub fn read_back(path: &Path) -> Result<Receipt> {
    let checkup = check(path)?;
    if let Some(damage) = checkup.damage.first() {
        let part = damage.path.as_ref().map(|path| format!("`{path}`: ")).unwrap_or_default();
        bail!("the archive `{}` is damaged: {part}{}", path.display(), damage.problem);
    }
    let manifest = checkup
        .manifest
        .ok_or_else(|| anyhow!("the archive `{}` has no manifest", path.display()))?;
    let size_bytes = path
        .metadata()
        .with_context(|| format!("failed to read the size of `{}`", path.display()))?
        .len();
    Ok(Receipt { path: path.to_owned(), manifest, size_bytes })
}

/// Checks the archive at `path` and tells all that is wrong with it.
///
/// An archive without a manifest, from another tool, is checked by the
/// zip's own CRC-32 sums.
///
/// # Errors
/// When the file cannot be opened; damage is no error.
pub fn check(path: &Path) -> Result<Checkup> {
    let file = File::open(path).with_context(|| format!("failed to open `{}`", path.display()))?;
    check_reader(BufReader::with_capacity(BUFFER_BYTES, file))
        .with_context(|| format!("failed to read `{}`", path.display()))
}

/// Checks the archive in `reader`, as [`check`] does.
///
/// # Errors
/// When it cannot be read again from its start.
pub fn check_reader<R: Read + Seek>(reader: R) -> io::Result<Checkup> {
    let mut checkup = Checkup { manifest: None, good: Vec::new(), damage: Vec::new() };
    match ZipArchive::new(reader) {
        Ok(mut zip) => {
            check_zip(&mut zip, &mut checkup);
            check_seal(zip, &mut checkup)?;
        }
        Err(error) => checkup.damage.push(Damage::whole(format!("not a readable zip: {error}"))),
    }
    Ok(checkup)
}

/// The names of the entries, and their numbers in the directory.
type Names = BTreeMap<String, usize>;

fn check_zip<R: Read + Seek>(zip: &mut ZipArchive<R>, checkup: &mut Checkup) {
    if let Err(error) = zip.validate_header_consistency() {
        checkup.damage.push(Damage::whole(error.to_string()));
    }
    let names = match entry_names(zip) {
        Ok(names) => names,
        Err(damage) => return checkup.damage.push(damage),
    };
    for name in names.keys() {
        if let Err(problem) = check_archive_path(name.trim_end_matches('/')) {
            checkup.damage.push(Damage::of(name, problem));
        }
    }
    if names.contains_key(MANIFEST_PATH) {
        check_against_manifest(zip, &names, checkup);
    } else {
        check_by_crc(zip, &names, checkup);
    }
}

/// Checks the digest over the whole file, which also covers the
/// headers; a zip of another tool has none.
fn check_seal<R: Read + Seek>(zip: ZipArchive<R>, checkup: &mut Checkup) -> io::Result<()> {
    let has_seal = seal::is_seal(zip.comment());
    let mut file = zip.into_inner();
    if checkup.manifest.is_some() && !has_seal {
        checkup.damage.push(Damage::whole("its seal, the comment at the end, is missing"));
    } else if has_seal && checkup.damage.is_empty() && !seal::is_intact(&mut file)? {
        let part = "bytes outside the files' content have changed since it was sealed";
        checkup.damage.push(Damage::whole(part));
    }
    Ok(())
}

fn entry_names<R: Read + Seek>(zip: &ZipArchive<R>) -> Result<Names, Damage> {
    zip.file_names()
        .enumerate()
        .map(|(idx, name)| match name {
            Ok(name) => Ok((name.into_owned(), idx)),
            Err(error) => Err(Damage::whole(format!("a name cannot be read: {error}"))),
        })
        .collect()
}

fn check_against_manifest<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    names: &Names,
    checkup: &mut Checkup,
) {
    let (manifest, digest) = match read_sealed_manifest(zip) {
        Ok(sealed) => sealed,
        Err(error) => {
            return checkup.damage.push(Damage::of(MANIFEST_PATH, format!("{error:#}")));
        }
    };
    let mut expected: BTreeMap<String, &str> =
        manifest.files.iter().map(|file| (file.path.clone(), "a file")).collect();
    if expected.len() != manifest.files.len() {
        checkup.damage.push(Damage::of(MANIFEST_PATH, "it names a file twice"));
    }
    expected.extend(manifest.empty_folders.iter().map(|path| (format!("{path}/"), "a folder")));
    expected.extend([MANIFEST_PATH, SUMS_PATH].map(|path| (path.to_owned(), "a file")));
    for name in names.keys().filter(|name| !expected.contains_key(*name)) {
        checkup.damage.push(Damage::of(name, "the manifest does not name it"));
    }
    for name in expected.keys().filter(|name| !names.contains_key(*name)) {
        checkup.damage.push(Damage::of(name, "missing from the archive"));
    }
    for file in &manifest.files {
        let Some(idx) = names.get(&file.path) else { continue };
        match content_digest(zip, *idx, file.size_bytes) {
            Ok((digest, size)) if digest == file.sha256 && size == file.size_bytes => {
                checkup.good.push(file.path.clone());
            }
            Ok(_) => checkup.damage.push(Damage::of(&file.path, "its content has changed")),
            Err(error) => checkup.damage.push(Damage::of(&file.path, format!("{error:#}"))),
        }
    }
    match text(zip, SUMS_PATH) {
        Ok(sums) if sums == manifest.sums(&digest).as_bytes() => {}
        Ok(_) => checkup.damage.push(Damage::of(SUMS_PATH, "it differs from the manifest")),
        Err(error) => checkup.damage.push(Damage::of(SUMS_PATH, format!("{error:#}"))),
    }
    checkup.manifest = Some(manifest);
}

fn read_sealed_manifest<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<(Manifest, String)> {
    let bytes = text(zip, MANIFEST_PATH)?;
    let (digest, _) = sha256(bytes.as_slice(), bytes.len() as u64)?;
    Ok((Manifest::parse(&bytes)?, digest))
}

/// Checks a zip of another tool. Entries that share bytes could unpack
/// to any size: then nothing is unpacked.
fn check_by_crc<R: Read + Seek>(zip: &mut ZipArchive<R>, names: &Names, checkup: &mut Checkup) {
    if zip.has_overlapping_entries().unwrap_or(false) {
        return checkup.damage.push(Damage::whole("its entries overlap; none was unpacked"));
    }
    for (name, idx) in names.iter().filter(|(name, _)| !name.ends_with('/')) {
        let size_bytes = zip.by_index_data(*idx).map_or(0, |entry| entry.size());
        match content_digest(zip, *idx, size_bytes) {
            Ok((_, size)) if size == size_bytes => checkup.good.push(name.clone()),
            Ok(_) => checkup.damage.push(Damage::of(name, "its size is not what the zip says")),
            Err(error) => checkup.damage.push(Damage::of(name, format!("{error:#}"))),
        }
    }
}

/// Returns the digest and size of an entry, of which no more than the
/// size that the manifest gives is unpacked; the zip's CRC is checked.
fn content_digest<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    idx: usize,
    limit_bytes: u64,
) -> Result<(String, u64)> {
    let entry = zip.by_index(idx)?;
    if entry.is_symlink() {
        bail!("it is a symlink, which archives do not hold");
    }
    Ok(sha256(entry, limit_bytes)?)
}

pub(crate) fn text<R: Read + Seek>(zip: &mut ZipArchive<R>, path: &str) -> Result<Vec<u8>> {
    let idx = zip.index_for_name_raw(path.as_bytes()).context("missing from the archive")?;
    entry_text(zip.by_index(idx)?)
}

/// Reads a manifest or list of digests, unless it is packed tighter
/// than any real one: such a one could fill the memory.
pub(crate) fn entry_text<R: Read>(entry: ZipFile<'_, R>) -> Result<Vec<u8>> {
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
