//! Lists a zip without a manifest, whose content cannot be verified.
//!
//! Entries that share bytes and duplicate names are how zip bombs and
//! ambiguous zips work, so these entries are left out.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::copy::check_type;
use super::item::RestoreItem;
use super::local_headers::LocalHeaders;
use crate::vault::scan::check_archive_path;
use crate::vault::verify::Damage;

/// Deflate compresses 1032 to 1 at most.
const RATIO_MAX: u64 = 1100;

const DUPLICATE: &str = "the zip names it twice, and which is meant is not known";

/// The content of a zip.
#[derive(Debug, Default)]
pub struct Listing {
    /// The files, each with its compressed size in bytes.
    pub items: Vec<(RestoreItem, u64)>,
    pub folders: BTreeSet<String>,
    pub damage: Vec<Damage>,
}

impl Listing {
    fn refuse(&mut self, path: &str, problem: impl Into<String>) {
        self.damage.push(Damage { path: Some(path.to_owned()), problem: problem.into() });
    }
}

/// Checks that the recorded size of `item` is possible.
pub fn check_ratio(item: &RestoreItem, compressed_bytes: u64) -> Result<(), String> {
    let bytes_max = compressed_bytes.saturating_mul(RATIO_MAX).saturating_add(1024);
    if item.sha256.is_some() || item.size_bytes <= bytes_max {
        return Ok(());
    }
    Err(format!(
        "it claims to unpack {compressed_bytes} bytes to {}, more than deflate can",
        item.size_bytes
    ))
}

/// Lists the central directory of `zip`; `raw` reads the same file.
pub fn list<R: Read + Seek>(zip: &mut ZipArchive<R>, raw: &mut R) -> Listing {
    let mut listing = Listing::default();
    let duplicates = if zip.has_duplicate_names() {
        duplicate_names(raw, zip.central_directory_start()).unwrap_or_default()
    } else {
        BTreeSet::new()
    };
    let shared = overlapping_entries(zip);
    for idx in 0..zip.len() {
        let Ok(entry) = zip.by_index_data(idx) else { continue };
        // A name that is not UTF-8 is decoded by the zip's old code page.
        let Ok(name) = entry.name().map(std::borrow::Cow::into_owned) else { continue };
        let path = name.trim_end_matches('/');
        let problem = if duplicates.contains(entry.name_raw()) {
            Some(DUPLICATE)
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
            let entry_idx = Some(idx);
            let item = RestoreItem { path: name, size_bytes, entry_idx, ..RestoreItem::default() };
            listing.items.push((item, compressed_bytes));
        }
    }
    listing
}

/// Lists the entries of a zip whose central directory is lost. Entries
/// outside the unbroken sequence count only where digests are known.
pub fn list_local_headers(local_headers: &LocalHeaders, has_digests: bool) -> Listing {
    let mut listing = Listing::default();
    for (name, places) in local_headers {
        let path = name.trim_end_matches('/');
        if let Err(problem) = check_archive_path(path) {
            listing.refuse(name, problem);
        } else if name.ends_with('/') {
            listing.folders.insert(path.to_owned());
        } else if !has_digests && places.iter().filter(|place| place.is_in_sequence).count() > 1 {
            listing.refuse(name, DUPLICATE);
        } else if let Some(place) = places.iter().find(|place| place.is_in_sequence || has_digests)
        {
            let (path, size_bytes) = (name.clone(), place.size_bytes);
            let item = RestoreItem { path, size_bytes, ..RestoreItem::default() };
            listing.items.push((item, place.compressed_bytes));
        }
    }
    listing
}

/// Returns the entries that share bytes with another one.
fn overlapping_entries<R: Read + Seek>(zip: &mut ZipArchive<R>) -> BTreeSet<usize> {
    let mut ranges = Vec::with_capacity(zip.len());
    for idx in 0..zip.len() {
        let Ok(entry) = zip.by_index_raw(idx) else { continue };
        let start = entry.header_start();
        let data_start = entry.data_start().unwrap_or(start);
        ranges.push((start, data_start.saturating_add(entry.compressed_size()), idx));
    }
    // No entry may reach into the central directory either.
    ranges.push((zip.central_directory_start(), u64::MAX, usize::MAX));
    ranges.sort_unstable();
    let mut shared = BTreeSet::new();
    let mut furthest: Option<(u64, usize)> = None;
    for (start, end, idx) in ranges {
        if let Some((reached, by)) = furthest
            && start < reached
        {
            shared.extend([idx, by]);
        }
        if furthest.is_none_or(|(reached, _)| end > reached) {
            furthest = Some((end, idx));
        }
    }
    shared
}

/// Returns the names that the central directory at `start` holds more
/// than once; the zip reader keeps only the last of each.
fn duplicate_names<R: Read + Seek>(raw: &mut R, start: u64) -> io::Result<BTreeSet<Vec<u8>>> {
    raw.seek(SeekFrom::Start(start))?;
    let mut names = BTreeSet::new();
    let mut duplicates = BTreeSet::new();
    let mut head = [0; 46];
    while raw.read_exact(&mut head).is_ok() && head.starts_with(b"PK\x01\x02") {
        let length = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
        let mut name = vec![0; length(28)];
        raw.read_exact(&mut name)?;
        let rest = i64::try_from(length(30) + length(32)).unwrap_or(0);
        raw.seek(SeekFrom::Current(rest))?;
        if !names.insert(name.clone()) {
            duplicates.insert(name);
        }
    }
    Ok(duplicates)
}
