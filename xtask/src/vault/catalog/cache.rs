//! Caches manifests, so that a list of ten thousand archives need not
//! open each.
//!
//! A record is valid only for a file of the same name, size, times and
//! inode; otherwise the archive is read again. Deletions are decided on
//! the archives themselves, never on the cache.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, Metadata};
use std::num::ParseIntError;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::UNIX_EPOCH;

use chrono::DateTime;

use super::archive::Content;
use crate::vault::manifest::{FileEntry, Manifest};
use crate::workspace::Workspace;
use crate::workspace::files;

/// The first bytes of the file; any other format is ignored.
const MAGIC: &[u8] = b"trainvault catalog 1\n";
/// With fewer archives and fewer bytes of records, no cache is written.
const N_ARCHIVES_MIN: usize = 16;
const N_BYTES_MIN: usize = 256 * 1024;
/// The file lists of larger manifests are not cached, so that the cache
/// stays small.
const N_FILES_MAX: usize = 2_000;

/// The kinds of records.
const FOREIGN: u8 = 0;
const WITH_FILES: u8 = 1;
const WITHOUT_FILES: u8 = 2;

/// Identifies a state of a file: size, times and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u64; 4]);

impl Fingerprint {
    /// Returns the fingerprint of the file with this metadata.
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = since.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0);
        let (inode, changed) = identity(metadata);
        Self([metadata.len(), modified, inode, changed])
    }

    /// Returns the fingerprint of the file at `path`; `None` if it cannot be
    /// read.
    pub fn read(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|metadata| Self::of(&metadata))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [size_bytes, modified, inode, changed] = self.0;
        write!(f, "{size_bytes} {modified} {inode} {changed}")
    }
}

impl FromStr for Fingerprint {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let numbers = text.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
        // A wrong count of numbers gives a fingerprint that matches no file.
        Ok(Self(numbers.try_into().unwrap_or_default()))
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    let nanoseconds = metadata.ctime().wrapping_mul(1_000_000_000) + metadata.ctime_nsec();
    (metadata.ino(), nanoseconds.cast_unsigned())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// The content of the cache file.
#[derive(Default)]
pub struct Cache {
    bytes: Vec<u8>,
    /// The fingerprint and byte range of each archive's record.
    records: BTreeMap<String, (Fingerprint, Range<usize>)>,
}

impl Cache {
    /// Reads the cache of `workspace`; it is empty if missing or damaged.
    pub fn load(workspace: &Workspace) -> Self {
        let bytes = fs::read(path(workspace)).unwrap_or_default();
        let records = index(&bytes).unwrap_or_default();
        Self { bytes, records }
    }

    /// Returns the record of the archive `name` with this fingerprint.
    pub fn get(&self, name: &str, fingerprint: Fingerprint) -> Option<&[u8]> {
        let (_, range) = self.records.get(name).filter(|(known, _)| *known == fingerprint)?;
        self.bytes.get(range.clone())
    }
}

/// An archive's name, fingerprint and record.
pub type CachedArchive<'a> = (String, Fingerprint, Cow<'a, [u8]>);

/// Replaces the cache of `workspace`; failures are ignored.
pub fn store(workspace: &Workspace, archives: &[CachedArchive<'_>]) {
    let mut bytes = MAGIC.to_vec();
    for (name, fingerprint, content) in archives {
        let mut record = Vec::with_capacity(content.len() + name.len() + 48);
        put(&mut record, name.as_bytes());
        record.extend(fingerprint.0.iter().flat_map(|number| number.to_le_bytes()));
        record.extend_from_slice(content);
        bytes.extend(crc32fast::hash(&record).to_le_bytes());
        put(&mut bytes, &record);
    }
    let is_worth_it = archives.len() >= N_ARCHIVES_MIN || bytes.len() >= N_BYTES_MIN;
    if is_worth_it && files::create_folder(&workspace.state()).is_ok() {
        // Without the cache, the next list is only slower.
        let _ = files::write_atomically(&path(workspace), &bytes);
    }
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.state().join("catalog.cache")
}

fn index(bytes: &[u8]) -> Option<BTreeMap<String, (Fingerprint, Range<usize>)>> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC)?);
    let mut records = BTreeMap::new();
    while !reader.0.is_empty() {
        let sum = u32::from_le_bytes(reader.array()?);
        let record = reader.bytes()?;
        if crc32fast::hash(record) != sum {
            return None;
        }
        let end = bytes.len() - reader.0.len();
        let mut inner = Reader(record);
        let name = inner.text()?;
        let fingerprint =
            Fingerprint([inner.number()?, inner.number()?, inner.number()?, inner.number()?]);
        records.insert(name, (fingerprint, end - inner.0.len()..end));
    }
    Some(records)
}

/// Whether the file lists of manifests are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestFiles {
    Needed,
    NotNeeded,
}

/// Returns the record of `content`; `None` for an unreadable archive,
/// which is read again each time.
pub fn encode(content: &Content) -> Option<Vec<u8>> {
    let manifest = match content {
        Content::Foreign => return Some(vec![FOREIGN]),
        Content::Sealed(manifest) => manifest,
        Content::Unreadable(_) => return None,
    };
    let is_short = manifest.files.len() <= N_FILES_MAX;
    let mut record = vec![if is_short { WITH_FILES } else { WITHOUT_FILES }];
    put(&mut record, &serde_json::to_vec(&manifest.head()).ok()?);
    for file in manifest.files.iter().filter(|_| is_short) {
        let raw_path = file.raw_path_hex.as_deref().unwrap_or_default();
        for text in [&file.path, raw_path, &file.mode, &file.sha256] {
            put(&mut record, text.as_bytes());
        }
        record.extend(file.size_bytes.to_le_bytes());
        record.extend(file.modified_at.timestamp().to_le_bytes());
        record.extend(file.modified_at.timestamp_subsec_nanos().to_le_bytes());
    }
    Some(record)
}

/// Parses `record`; `None` if it lacks the file list that is needed.
pub fn decode(record: &[u8], files: ManifestFiles) -> Option<Content> {
    let mut reader = Reader(record);
    let [kind] = reader.array()?;
    if kind == FOREIGN {
        return Some(Content::Foreign);
    }
    if kind != WITH_FILES && (kind != WITHOUT_FILES || files == ManifestFiles::Needed) {
        return None;
    }
    let mut manifest: Manifest = serde_json::from_slice(reader.bytes()?).ok()?;
    while files == ManifestFiles::Needed && !reader.0.is_empty() {
        manifest.files.push(file(&mut reader)?);
    }
    Some(Content::Sealed(Box::new(manifest)))
}

fn file(reader: &mut Reader<'_>) -> Option<FileEntry> {
    let path = reader.text()?;
    let raw_path_hex = Some(reader.text()?).filter(|text| !text.is_empty());
    let (mode, sha256) = (reader.text()?, reader.text()?);
    let size_bytes = reader.number()?;
    let seconds = reader.number()?.cast_signed();
    let modified_at = DateTime::from_timestamp(seconds, u32::from_le_bytes(reader.array()?))?;
    Some(FileEntry { path, raw_path_hex, size_bytes, modified_at, mode, sha256 })
}

/// Appends `bytes`, prefixed by their length.
fn put(record: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("a manifest is far shorter than 4 GiB");
    record.extend(length.to_le_bytes());
    record.extend_from_slice(bytes);
}

/// Reads length-prefixed bytes and numbers.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*array)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.array()?);
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        std::str::from_utf8(self.bytes()?).ok().map(str::to_owned)
    }
}
