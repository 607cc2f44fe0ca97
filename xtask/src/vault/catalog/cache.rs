//! Caches manifests, so that a list of ten thousand archives need not
//! open each, and reads archives through that cache.
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

use anyhow::Result;

use super::archive::{Archive, Content, archive_of, named, read_archive};
use crate::vault::manifest::Manifest;
use crate::vault::name::{NameKind, StampedName};
use crate::workspace::files;
use crate::workspace::{Workspace, threads};

/// The first line of the file; any other format is ignored.
const HEAD: &str = "trainvault catalog 2\n";
/// With fewer archives and fewer bytes of records, no cache is written.
const N_ARCHIVES_MIN: usize = 16;
const N_BYTES_MIN: usize = 256 * 1024;
/// The file lists of larger manifests are not cached, so that the cache
/// stays small.
const N_FILES_MAX: usize = 2_000;

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

/// The content of the cache file: one line for each archive, with a
/// checksum, the name, the fingerprint and the record, separated by tabs.
#[derive(Default)]
struct Cache {
    text: String,
    /// The fingerprint and the place in the text of each archive's record.
    records: BTreeMap<String, (Fingerprint, Range<usize>)>,
}

impl Cache {
    /// Reads the cache of `workspace`; it is empty if missing or damaged.
    fn load(workspace: &Workspace) -> Self {
        let text = fs::read_to_string(path(workspace)).unwrap_or_default();
        let records = index(&text).unwrap_or_default();
        Self { text, records }
    }

    /// Returns the record of the archive `name` with this fingerprint.
    fn get(&self, name: &str, fingerprint: Fingerprint) -> Option<&str> {
        let (_, range) = self.records.get(name).filter(|(known, _)| *known == fingerprint)?;
        self.text.get(range.clone())
    }
}

/// An archive's name, fingerprint and record.
type CachedArchive<'a> = (String, Fingerprint, Cow<'a, str>);

/// Replaces the cache of `workspace`; failures are ignored.
fn store(workspace: &Workspace, archives: &[CachedArchive<'_>]) {
    let mut text = HEAD.to_owned();
    for (name, fingerprint, record) in archives {
        let line = format!("{name}\t{fingerprint}\t{record}");
        text += &format!("{}\t{line}\n", crc32fast::hash(line.as_bytes()));
    }
    let is_worth_it = archives.len() >= N_ARCHIVES_MIN || text.len() >= N_BYTES_MIN;
    if is_worth_it && files::create_folder(&workspace.state()).is_ok() {
        // Without the cache, the next list is only slower.
        let _ = files::write_atomically(&path(workspace), text.as_bytes());
    }
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.state().join("catalog.cache")
}

fn index(text: &str) -> Option<BTreeMap<String, (Fingerprint, Range<usize>)>> {
    let mut end = HEAD.len();
    let mut records = BTreeMap::new();
    for line in text.strip_prefix(HEAD)?.split_inclusive('\n') {
        end += line.len();
        let (sum, line) = line.strip_suffix('\n')?.split_once('\t')?;
        if sum.parse() != Ok(crc32fast::hash(line.as_bytes())) {
            return None;
        }
        let (name, rest) = line.split_once('\t')?;
        let (fingerprint, record) = rest.split_once('\t')?;
        let place = end - 1 - record.len()..end - 1;
        records.insert(name.to_owned(), (fingerprint.parse().ok()?, place));
    }
    Some(records)
}

/// Whether the file lists of manifests are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestFiles {
    Needed,
    NotNeeded,
}

/// Returns the record of `content`, a manifest and its list of files,
/// both empty for a zip of another tool; `None` for an unreadable archive,
/// which is read again each time.
fn encode(content: &Content) -> Option<String> {
    let manifest = match content {
        Content::Foreign => return Some("\t".to_owned()),
        Content::Sealed(manifest) => manifest,
        Content::Unreadable(_) => return None,
    };
    let head = serde_json::to_string(&manifest.without_files()).ok()?;
    if manifest.files.len() > N_FILES_MAX {
        return Some(format!("{head}\t"));
    }
    Some(format!("{head}\t{}", serde_json::to_string(&manifest.files).ok()?))
}

/// Parses `record`; `None` if it lacks the file list that is needed.
fn decode(record: &str, files: ManifestFiles) -> Option<Content> {
    let (head, list) = record.split_once('\t')?;
    if head.is_empty() {
        return Some(Content::Foreign);
    }
    let mut manifest: Manifest = serde_json::from_str(head).ok()?;
    if files == ManifestFiles::Needed {
        manifest.files = serde_json::from_str(list).ok()?;
    }
    Some(Content::Sealed(Box::new(manifest)))
}

/// Whether an outdated cache is written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUpdate {
    Renew,
    Leave,
}

/// Returns the archives of `workspace`, ordered by name; opens only those
/// that are not in the cache.
pub fn read_archives(
    workspace: &Workspace,
    files: ManifestFiles,
    update: CacheUpdate,
) -> Result<Vec<Archive>> {
    let cache = Cache::load(workspace);
    let read_one = |(name, path): (StampedName, PathBuf)| {
        let fingerprint = Fingerprint::read(&path);
        let record = fingerprint.and_then(|fingerprint| cache.get(&name.to_string(), fingerprint));
        if let Some((record, content)) =
            record.and_then(|record| Some((record, decode(record, files)?)))
        {
            return (archive_of(name, path, content), fingerprint, Some(Cow::Borrowed(record)));
        }
        let mut archive = read_archive(name, path);
        let record = encode(&archive.content);
        if let (Content::Sealed(manifest), ManifestFiles::NotNeeded) = (&mut archive.content, files)
        {
            manifest.files = Vec::new();
        }
        (archive, fingerprint, record.map(Cow::Owned))
    };
    let found = threads::map(named(&workspace.archives(), NameKind::Archive)?, read_one);
    let is_new =
        |(_, _, record): &(Archive, _, Option<Cow<'_, str>>)| matches!(record, Some(Cow::Owned(_)));
    let has_new = found.iter().any(is_new);
    let mut known = Vec::with_capacity(found.len());
    let mut archives = Vec::with_capacity(found.len());
    for (archive, fingerprint, record) in found {
        known.extend(
            fingerprint
                .zip(record)
                .map(|(fingerprint, record)| (archive.name.to_string(), fingerprint, record)),
        );
        archives.push(archive);
    }
    if has_new && update == CacheUpdate::Renew {
        store(workspace, &known);
    }
    Ok(archives)
}
