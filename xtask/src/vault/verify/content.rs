//! Compares the content of an archive with its manifest.

use std::io::{self, BufReader, Read, Seek, Write};

use anyhow::Result;
use digest_io::HashReader;
use serde::Deserialize;
use sha2::Sha256;
use zip::ZipArchive;

use super::damage::{ArchiveCheck, Damage, text, text_limit};
use super::entries::{self, ExpectedEntry};
use crate::vault::manifest::{FORMAT, MANIFEST_PATH, Manifest, SUMS_PATH};
use crate::vault::scan::check_archive_path;
use crate::workspace::digest::{self, BUFFER_BYTES, hex};

/// From this size on, a manifest is parsed while it is unpacked.
const LARGE_MANIFEST_BYTES: u64 = 1024 * 1024;

/// Checks everything but the seal of `zip`.
pub fn check<R: Read + Seek + Clone + Send>(
    zip: &mut ZipArchive<R>,
    n_threads: usize,
    archive_check: &mut ArchiveCheck,
) {
    if let Err(error) = zip.validate_header_consistency() {
        archive_check.damage.push(Damage::whole(error.to_string()));
    }
    for name in zip.file_names() {
        match name {
            Ok(name) => {
                if let Err(problem) = check_archive_path(name.trim_end_matches('/')) {
                    archive_check.damage.push(Damage::of(&name, problem));
                }
            }
            Err(error) => {
                let damage = Damage::whole(format!("a name cannot be read: {error}"));
                return archive_check.damage.push(damage);
            }
        }
    }
    if zip.index_for_name_raw(MANIFEST_PATH.as_bytes()).is_none() {
        return check_by_crc(zip, n_threads, archive_check);
    }
    match read_sealed_manifest(zip) {
        Ok((manifest, digest)) => {
            check_against(&manifest, &digest, zip, n_threads, archive_check);
            (archive_check.manifest, archive_check.manifest_sha256) =
                (Some(manifest), Some(digest));
        }
        Err(error) => archive_check.damage.push(Damage::of(MANIFEST_PATH, format!("{error:#}"))),
    }
}

fn read_sealed_manifest<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<(Manifest, String)> {
    if let Some(sealed) = parse_large_manifest(zip) {
        return Ok(sealed);
    }
    let bytes = text(zip, MANIFEST_PATH)?;
    Ok((Manifest::parse(&bytes)?, digest::of_bytes(&bytes)))
}

/// Parses a large manifest while it is unpacked, so that its text never
/// lies in memory. Returns `None` for a small manifest, and on errors,
/// which parsing it from memory reports better.
fn parse_large_manifest<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Option<(Manifest, String)> {
    let entry = zip.by_name(MANIFEST_PATH).ok()?;
    if entry.size() < LARGE_MANIFEST_BYTES || entry.size() > text_limit(entry.compressed_size()) {
        return None;
    }
    let size_bytes = entry.size();
    let content = HashReader::<Sha256, _>::new(entry.take(size_bytes));
    let mut content = BufReader::with_capacity(BUFFER_BYTES, content);
    let mut parser = serde_json::Deserializer::from_reader(&mut content);
    let manifest = Manifest::deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    drop(parser);
    let mut rest = content.into_inner();
    // Read to the end: only then the zip reader checks the CRC.
    io::copy(&mut rest, &mut io::sink()).ok()?;
    (manifest.format == FORMAT).then(|| (manifest, hex(&rest.finalize())))
}

fn check_against<R: Read + Seek + Clone + Send>(
    manifest: &Manifest,
    digest: &str,
    zip: &mut ZipArchive<R>,
    n_threads: usize,
    archive_check: &mut ArchiveCheck,
) {
    let mut names = Names { is_named: vec![false; zip.len()], missing: Vec::new(), n_twice: 0 };
    let mut expected = Vec::with_capacity(manifest.files.len());
    for file in &manifest.files {
        if let Some(idx) = names.claim(zip, &file.path) {
            let sha256 = Some(file.sha256.as_str());
            expected.push((&file.path, ExpectedEntry { idx, size_bytes: file.size_bytes, sha256 }));
        }
    }
    for folder in &manifest.empty_folders {
        names.claim(zip, &format!("{folder}/"));
    }
    for own in [MANIFEST_PATH, SUMS_PATH] {
        names.claim(zip, own);
    }
    if names.n_twice > 0 {
        archive_check.damage.push(Damage::of(MANIFEST_PATH, "it names a file twice"));
    }
    let unnamed = zip.file_names().zip(&names.is_named).filter(|(_, is_named)| !**is_named);
    for (name, _) in unnamed {
        let name = name.unwrap_or_default();
        archive_check.damage.push(Damage::of(&name, "the manifest does not name it"));
    }
    for name in &names.missing {
        archive_check.damage.push(Damage::of(name, "missing from the archive"));
    }
    check_entries(&expected, zip, n_threads, archive_check);
    match has_sums(zip, manifest, digest) {
        Ok(true) => {}
        Ok(false) => {
            archive_check.damage.push(Damage::of(SUMS_PATH, "it differs from the manifest"));
        }
        Err(error) => archive_check.damage.push(Damage::of(SUMS_PATH, format!("{error:#}"))),
    }
}

/// Which entries the manifest names.
struct Names {
    is_named: Vec<bool>,
    missing: Vec<String>,
    n_twice: usize,
}

impl Names {
    /// Returns the index of the entry `name`, only the first time.
    fn claim<R>(&mut self, zip: &ZipArchive<R>, name: &str) -> Option<usize>
    where
        R: Read + Seek,
    {
        let Some(idx) = zip.index_for_name_raw(name.as_bytes()) else {
            self.missing.push(name.to_owned());
            return None;
        };
        let was_named = std::mem::replace(&mut self.is_named[idx], true);
        self.n_twice += usize::from(was_named);
        (!was_named).then_some(idx)
    }
}

fn check_entries<R: Read + Seek + Clone + Send>(
    named: &[(&String, ExpectedEntry<'_>)],
    zip: &ZipArchive<R>,
    n_threads: usize,
    archive_check: &mut ArchiveCheck,
) {
    let expected: Vec<_> = named.iter().map(|(_, expected)| *expected).collect();
    let mut wrong = entries::check(zip, &expected, n_threads).into_iter().peekable();
    for (place, (name, _)) in named.iter().enumerate() {
        match wrong.next_if(|(wrong, _)| *wrong == place) {
            None => archive_check.good.push((*name).clone()),
            Some((_, problem)) => archive_check.damage.push(Damage::of(name, problem)),
        }
    }
}

/// Whether `SHA256SUMS` agrees with the manifest.
fn has_sums<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    manifest: &Manifest,
    digest: &str,
) -> Result<bool> {
    let mut sums = Comparison { found: zip.by_name(SUMS_PATH)?, buffer: Vec::new(), is_same: true };
    manifest.write_sums(digest, &mut sums)?;
    let mut rest = [0];
    let is_end = sums.found.read(&mut rest)? == 0;
    Ok(sums.is_same && is_end)
}

/// A writer that compares what is written with what `found` reads.
struct Comparison<R> {
    found: R,
    buffer: Vec<u8>,
    is_same: bool,
}

impl<R: Read> Write for Comparison<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_same {
            self.buffer.clear();
            (&mut self.found).take(bytes.len() as u64).read_to_end(&mut self.buffer)?;
            self.is_same = self.buffer == bytes;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Checks a zip of another tool. If entries overlap, nothing is unpacked,
/// since they could unpack to any size.
fn check_by_crc<R: Read + Seek + Clone + Send>(
    zip: &mut ZipArchive<R>,
    n_threads: usize,
    archive_check: &mut ArchiveCheck,
) {
    if zip.has_overlapping_entries().unwrap_or(false) {
        return archive_check.damage.push(Damage::whole("its entries overlap; none was unpacked"));
    }
    let mut names: Vec<(String, usize)> = zip
        .file_names()
        .enumerate()
        .filter_map(|(idx, name)| Some((name.ok()?.into_owned(), idx)))
        .filter(|(name, _)| !name.ends_with('/'))
        .collect();
    names.sort();
    let expected = |idx: usize| {
        let size_bytes = zip.by_index_data(idx).map_or(0, |entry| entry.size());
        ExpectedEntry { idx, size_bytes, sha256: None }
    };
    let to_check: Vec<_> = names.iter().map(|(name, idx)| (name, expected(*idx))).collect();
    check_entries(&to_check, zip, n_threads, archive_check);
}
