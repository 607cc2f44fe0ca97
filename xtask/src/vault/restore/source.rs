//! Reads what an archive still holds, however damaged it is.
//!
//! Sizes and digests come from the manifest, else from `SHA256SUMS`, else
//! from the zip itself, whose sizes are trusted only within limits.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom, Write};

use anyhow::Result;
use zip::ZipArchive;
use zip::read::read_zipfile_from_stream;

use super::copy::{ExpectedContent, UnpackedFile, check_type, copy};
use super::foreign;
use super::item::{Folder, RestoreItem, sealed_folder, sealed_item};
use super::local_headers::{self, LocalHeaders};
use crate::vault::manifest::{MANIFEST_PATH, Manifest, SUMS_PATH};
use crate::vault::scan::check_archive_path;
use crate::vault::verify::{self, Damage};

/// How many entries of the same name are tried.
const N_PLACES_MAX: usize = 8;

/// An archive to restore from.
pub struct RestoreSource<R> {
    zip: Option<ZipArchive<R>>,
    raw: R,
    local_headers: Option<LocalHeaders>,
    /// The manifest, if it can be read.
    pub manifest: Option<Manifest>,
    /// The files, sorted by path.
    pub items: Vec<RestoreItem>,
    /// Folders without files.
    pub folders: BTreeSet<String>,
    /// Folders with recorded permission bits, by archive path.
    pub described: BTreeMap<String, Folder>,
    /// What cannot be restored, as far as is known before reading.
    pub damage: Vec<Damage>,
}

/// Where to read an entry.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// By its index in the central directory.
    Directory(usize),
    /// By its local header at this offset.
    LocalHeader(u64),
}

impl<R: Read + Seek> RestoreSource<R> {
    /// Reads what the zip in `reader` holds; `raw` reads the same file.
    pub fn open(reader: R, raw: R) -> Self {
        let mut damage = Vec::new();
        let zip = match ZipArchive::new(reader) {
            Ok(zip) => Some(zip),
            Err(error) => {
                let problem = format!("not a readable zip: {error}; searching its content");
                damage.push(Damage { path: None, problem });
                None
            }
        };
        let (items, folders) = (Vec::new(), BTreeSet::new());
        let described = BTreeMap::new();
        let (local_headers, manifest) = (None, None);
        let mut source =
            Self { zip, raw, local_headers, manifest, items, folders, described, damage };
        source.manifest = source.read_manifest();
        match source.manifest.clone() {
            Some(manifest) => source.list_manifest(&manifest),
            None => source.list_zip(),
        }
        source.items.sort_by(|a, b| a.path.cmp(&b.path));
        source
    }

    /// Copies the content of `item` to `sink`, which `start` resets before
    /// each attempt.
    ///
    /// The inner error says why the content cannot be read.
    ///
    /// # Errors
    /// When `sink` cannot be written.
    pub fn copy<W: Write>(
        &mut self,
        item: &RestoreItem,
        sink: &mut W,
        mut start: impl FnMut(&mut W) -> std::io::Result<()>,
    ) -> Result<Result<UnpackedFile, String>> {
        let limits =
            ExpectedContent { size_bytes: item.size_bytes, sha256: item.sha256.as_deref() };
        let mut problem = None;
        for n_tried in 0..N_PLACES_MAX {
            let Some(place) = self.place(item, n_tried) else { break };
            start(sink)?;
            let copied = match place {
                Place::Directory(idx) => match self.zip.as_mut().map(|zip| zip.by_index(idx)) {
                    Some(Ok(entry)) => copy(entry, &limits, sink)?,
                    Some(Err(error)) => Err(error.to_string()),
                    None => break,
                },
                Place::LocalHeader(offset) => match self.seek(offset) {
                    Ok(()) => match read_zipfile_from_stream(&mut self.raw) {
                        Ok(Some(entry)) => copy(entry, &limits, sink)?,
                        Ok(None) => Err("it has no header".to_owned()),
                        Err(error) => Err(error.to_string()),
                    },
                    Err(error) => Err(error.to_string()),
                },
            };
            match copied {
                Ok(copied) => return Ok(Ok(copied)),
                Err(text) => problem = problem.or(Some(text)),
            }
        }
        Ok(Err(problem.unwrap_or_else(|| "missing from the archive".to_owned())))
    }

    fn seek(&mut self, offset: u64) -> std::io::Result<()> {
        self.raw.seek(SeekFrom::Start(offset)).map(|_| ())
    }

    /// Returns the place to try after `n_tried` failed ones.
    fn place(&mut self, item: &RestoreItem, n_tried: usize) -> Option<Place> {
        let n_listed = usize::from(item.entry_idx.is_some());
        let Some(n_tried) = n_tried.checked_sub(n_listed) else {
            return item.entry_idx.map(Place::Directory);
        };
        // With a digest, any header can be tried safely.
        let is_known = item.sha256.is_some();
        let places = self.local_headers().get(&item.path)?;
        places
            .iter()
            .filter(|place| place.is_in_sequence || is_known)
            .nth(n_tried)
            .map(|place| Place::LocalHeader(place.offset))
    }

    /// Returns the entries by their local headers, searched on first use.
    fn local_headers(&mut self) -> &LocalHeaders {
        let names: BTreeSet<&str> = self.items.iter().map(|item| item.path.as_str()).collect();
        let is_wanted =
            |name: &str| [MANIFEST_PATH, SUMS_PATH].contains(&name) || names.contains(name);
        let raw = &mut self.raw;
        self.local_headers.get_or_insert_with(|| local_headers::walk(raw, is_wanted))
    }

    fn read_manifest(&mut self) -> Option<Manifest> {
        let zip = self.zip.as_mut();
        let listed = zip.map(|zip| verify::text(zip, MANIFEST_PATH));
        let bytes = match listed {
            Some(Ok(bytes)) => Some(bytes),
            _ => self.local_text(MANIFEST_PATH),
        };
        let is_listed = self
            .zip
            .as_ref()
            .is_some_and(|zip| zip.index_for_name_raw(MANIFEST_PATH.as_bytes()).is_some());
        let has_one = is_listed
            || self
                .local_headers
                .as_ref()
                .is_some_and(|local_headers| local_headers.contains_key(MANIFEST_PATH));
        // Search again: only now the wanted names are known.
        self.local_headers = None;
        match bytes.map(|bytes| Manifest::parse(&bytes)) {
            Some(Ok(manifest)) => return Some(manifest),
            Some(Err(error)) => self.damage.push(of(MANIFEST_PATH, format!("{error:#}"))),
            None if has_one => self.damage.push(of(MANIFEST_PATH, "it cannot be unpacked")),
            None => {}
        }
        None
    }

    fn local_text(&mut self, path: &str) -> Option<Vec<u8>> {
        let offsets: Vec<u64> =
            self.local_headers().get(path)?.iter().map(|local| local.offset).collect();
        offsets.into_iter().take(N_PLACES_MAX).find_map(|offset| {
            self.seek(offset).ok()?;
            verify::entry_text(read_zipfile_from_stream(&mut self.raw).ok()??).ok()
        })
    }

    fn list_manifest(&mut self, manifest: &Manifest) {
        let mut paths = BTreeSet::new();
        for file in &manifest.files {
            let item = if paths.insert(file.path.as_str()) {
                sealed_item(file)
            } else {
                Err("the manifest names it twice".to_owned())
            };
            match item {
                Ok(mut item) => {
                    item.entry_idx = self.entry_idx(&item);
                    match self.check_type(&item) {
                        Ok(()) => self.items.push(item),
                        Err(problem) => self.damage.push(of(&file.path, problem)),
                    }
                }
                Err(problem) => self.damage.push(of(&file.path, problem)),
            }
        }
        for folder in &manifest.empty_folders {
            match check_archive_path(folder) {
                Ok(()) => drop(self.folders.insert(folder.clone())),
                Err(problem) => self.damage.push(of(folder, problem)),
            }
        }
        for folder in &manifest.folders {
            match sealed_folder(folder) {
                Ok(described) => drop(self.described.insert(folder.path.clone(), described)),
                Err(problem) => self.damage.push(of(&folder.path, problem)),
            }
        }
        let Some(zip) = &self.zip else { return };
        for name in zip.file_names().filter_map(Result::ok) {
            let is_known = paths.contains(&*name)
                || [MANIFEST_PATH, SUMS_PATH].contains(&&*name)
                || self.folders.contains(name.trim_end_matches('/'));
            if !is_known {
                self.damage.push(of(&name, "the manifest does not name it"));
            }
        }
    }

    fn entry_idx(&self, item: &RestoreItem) -> Option<usize> {
        self.zip.as_ref()?.index_for_name_raw(item.path.as_bytes())
    }

    fn check_type(&self, item: &RestoreItem) -> Result<(), &'static str> {
        let (Some(zip), Some(idx)) = (&self.zip, item.entry_idx) else { return Ok(()) };
        zip.by_index_data(idx).map_or(Ok(()), |entry| check_type(entry.unix_mode()))
    }

    /// Lists a zip without a manifest: from another tool, or truncated.
    fn list_zip(&mut self) {
        let sums = self.sums();
        let listed = match &mut self.zip {
            Some(zip) => foreign::list(zip, &mut self.raw),
            None => foreign::list_local_headers(self.local_headers(), sums.is_some()),
        };
        self.damage.extend(listed.damage);
        self.folders = listed.folders;
        let paths: BTreeSet<&str> =
            listed.items.iter().map(|(item, _)| item.path.as_str()).collect();
        for path in sums.iter().flat_map(BTreeMap::keys).filter(|path| *path != MANIFEST_PATH) {
            if !paths.contains(path.as_str()) {
                self.damage.push(of(path, "missing from the archive"));
            }
        }
        for (mut item, compressed_bytes) in listed.items {
            if item.path == SUMS_PATH || item.path == MANIFEST_PATH {
                continue;
            }
            item.sha256 = sums.as_ref().and_then(|sums| sums.get(&item.path).cloned());
            match foreign::check_ratio(&item, compressed_bytes) {
                Ok(()) => self.items.push(item),
                Err(problem) => self.damage.push(of(&item.path, problem)),
            }
        }
        self.local_headers = None;
    }

    /// Returns the digests in `SHA256SUMS`, if this tool wrote it.
    fn sums(&mut self) -> Option<BTreeMap<String, String>> {
        let zip = self.zip.as_mut();
        let listed = zip.and_then(|zip| verify::text(zip, SUMS_PATH).ok());
        let bytes = listed.or_else(|| self.local_text(SUMS_PATH))?;
        let sums: BTreeMap<String, String> = String::from_utf8(bytes)
            .ok()?
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
            .collect();
        sums.contains_key(MANIFEST_PATH).then_some(sums)
    }
}

fn of(path: &str, problem: impl Into<String>) -> Damage {
    Damage { path: Some(path.to_owned()), problem: problem.into() }
}
