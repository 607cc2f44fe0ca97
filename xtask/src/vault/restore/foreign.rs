//! Lists a zip without a manifest, whose content nothing proves.
//!
//! Entries that share bytes, and names that stand twice, are how small
//! files unpack to huge or surprising ones: those are left out.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::copy::check_type;
use super::item::RestoreItem;
use super::local_headers::LocalHeaders;
use crate::vault::scan::check_archive_path;
use crate::vault::verify::Damage;

/// Deflate cannot pack tighter than 1032 to 1.
const RATIO_MAX: u64 = 1100;

const TWICE: &str = "the zip names it twice, and which is meant is not known";

/// What a zip lists.
#[derive(Debug, Default)]
pub struct Listing {
    pub items: Vec<ForeignItem>,
    pub folders: BTreeSet<String>,
    pub damage: Vec<Damage>,
}

/// A file that a zip lists.
#[derive(Debug)]
pub struct ForeignItem {
    pub path: String,
    pub size_bytes: u64,
    pub compressed_bytes: u64,
    pub sha256: Option<String>,
    pub entry_idx: Option<usize>,
}

impl ForeignItem {
    pub fn into_item(self) -> RestoreItem {
        RestoreItem {
            path: self.path,
            raw_path: None,
            size_bytes: self.size_bytes,
            modified_at: None,
            mode: None,
            sha256: self.sha256,
            entry_idx: self.entry_idx,
        }
    }
}

impl Listing {
    fn refuse(&mut self, path: &str, problem: impl Into<String>) {
        self.damage.push(Damage { path: Some(path.to_owned()), problem: problem.into() });
    }
}

/// Checks that the size of `item` can be true.
pub fn check_ratio(item: &ForeignItem) -> Result<(), String> {
    let bytes_max = item.compressed_bytes.saturating_mul(RATIO_MAX).saturating_add(1024);
    if item.sha256.is_some() || item.size_bytes <= bytes_max {
        return Ok(());
    }
    Err(format!(
        "it claims to unpack {} bytes to {}, more than deflate can",
        item.compressed_bytes, item.size_bytes
    ))
}

/// Lists what the directory of `zip` names; `raw` reads the same file.
pub fn list<R: Read + Seek>(zip: &mut ZipArchive<R>, raw: &mut R) -> Listing {
    let mut listing = Listing::default();
    let twice = if zip.has_duplicate_names() {
        duplicate_names(raw, zip.central_directory_start()).unwrap_or_default()
    } else {
        BTreeSet::new()
    };
    let shared = overlapping_entries(zip);
    for idx in 0..zip.len() {
        let Ok(entry) = zip.by_index_data(idx) else { continue };
        // A name that is not UTF-8 is in the zip's old code page.
        let Ok(name) = entry.name().map(std::borrow::Cow::into_owned) else { continue };
        let path = name.trim_end_matches('/');
        let problem = if twice.contains(entry.name_raw()) {
            Some(TWICE)
        } else if shared.contains(&idx) {
            Some("it shares bytes with another entry")
        } else {
            check_archive_path(path).err()
        };
        if let Some(problem) = problem {
            listing.refuse(&name, problem);
        } else if entry.is_dir() {
            listing.folders.insert(path.to_owned());
        } else if let Err(problem) = check_type(entry.unix_mode()) {
            listing.refuse(&name, problem);
        } else {
            let (size_bytes, compressed_bytes) = (entry.size(), entry.compressed_size());
            listing.items.push(ForeignItem {
                path: name,
                size_bytes,
                compressed_bytes,
                sha256: None,
                entry_idx: Some(idx),
            });
        }
    }
    listing
}

/// Lists the entries of a zip whose directory is lost. Those out of the
/// row count only where digests are known.
pub fn list_local_headers(local_headers: &LocalHeaders, has_digests: bool) -> Listing {
    let mut listing = Listing::default();
    for (name, places) in local_headers {
        let path = name.trim_end_matches('/');
        if let Err(problem) = check_archive_path(path) {
            listing.refuse(name, problem);
        } else if name.ends_with('/') {
            listing.folders.insert(path.to_owned());
        } else if !has_digests && places.iter().filter(|place| place.is_in_row).count() > 1 {
            listing.refuse(name, TWICE);
        } else if let Some(place) = places.iter().find(|place| place.is_in_row || has_digests) {
            listing.items.push(ForeignItem {
                path: name.clone(),
                size_bytes: place.size_bytes,
                compressed_bytes: place.compressed_bytes,
                sha256: None,
                entry_idx: None,
            });
        }
    }
    listing
}

/// Returns the entries of which some bytes belong to another as well.
fn overlapping_entries<R: Read + Seek>(zip: &mut ZipArchive<R>) -> BTreeSet<usize> {
    let mut ranges = Vec::with_capacity(zip.len());
    for idx in 0..zip.len() {
        let Ok(entry) = zip.by_index_raw(idx) else { continue };
        let start = entry.header_start();
        let data_start = entry.data_start().unwrap_or(start);
        ranges.push((start, data_start.saturating_add(entry.compressed_size()), idx));
    }
    // The directory's bytes belong to no entry either.
    ranges.push((zip.central_directory_start(), u64::MAX, usize::MAX));
    ranges.sort_unstable();
    let mut shared = BTreeSet::new();
    let mut reach: Option<(u64, usize)> = None;
    for (start, end, idx) in ranges {
        if let Some((reached, by)) = reach
            && start < reached
        {
            shared.extend([idx, by]);
        }
        if reach.is_none_or(|(reached, _)| end > reached) {
            reach = Some((end, idx));
        }
    }
    shared
}

/// Returns the names that the directory at `start` holds more than
/// once; the zip reader keeps only the last of each.
fn duplicate_names<R: Read + Seek>(raw: &mut R, start: u64) -> io::Result<BTreeSet<Vec<u8>>> {
    raw.seek(SeekFrom::Start(start))?;
    let mut names = BTreeSet::new();
    let mut twice = BTreeSet::new();
    let mut head = [0; 46];
    while raw.read_exact(&mut head).is_ok() && head.starts_with(b"PK\x01\x02") {
        let length = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
        let mut name = vec![0; length(28)];
        raw.read_exact(&mut name)?;
        let rest = i64::try_from(length(30) + length(32)).unwrap_or(0);
        raw.seek(SeekFrom::Current(rest))?;
        if !names.insert(name.clone()) {
            twice.insert(name);
        }
    }
    Ok(twice)
}
