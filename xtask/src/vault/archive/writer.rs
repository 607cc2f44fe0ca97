//! Writes the zip of an archive: files, manifest, digests and seal.

use std::fs::File;
use std::io::{self, BufWriter, IntoInnerError, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use digest_io::HashWriter;
use sha2::Sha256;
use zip::ZipWriter;

use super::fail_once::FailOnceWriter;
use super::pack::{Packing, failed, file_options, folder_options};
use super::pipeline::{self, PackingWork};
use crate::vault::manifest::{FileEntry, MANIFEST_PATH, Manifest, PATCH_PATH, SUMS_PATH, Totals};
use crate::vault::scan::{FOLDER_MODE, Scan};
use crate::vault::seal;
use crate::vault::verify::SharedReader;
use crate::workspace::digest::{BUFFER_BYTES, hex};

/// How many final bytes are handed to the seal's digest at once.
const HASH_STEP_BYTES: u64 = 4 * 1024 * 1024;
/// The mode and level of the manifest, the digests and the patch.
const METADATA_MODE: u32 = 0o644;
const METADATA_LEVEL: i64 = 6;

type ArchiveZip = ZipWriter<FailOnceWriter<HashedFile>>;

/// The content of an archive.
pub struct ArchiveInput<'a> {
    pub scan: &'a Scan,
    /// The manifest without its files.
    pub manifest: Manifest,
    pub patch: Option<&'a [u8]>,
    pub time: DateTime<Utc>,
    pub packing: Packing<'a>,
    pub n_threads: usize,
}

/// Writes the archive to `file`, whose path is `path`, and returns the
/// digest of its manifest.
pub fn write(file: File, path: &Path, input: ArchiveInput<'_>) -> Result<String> {
    let failed = "failed to seal the archive";
    let reader = SharedReader::open(path, Some(input.packing.interrupt)).context(failed)?;
    let (final_ends, ends) = mpsc::channel();
    thread::scope(|scope| {
        // Hash the file while it is written.
        let sealing = scope.spawn(move || seal::digest_while_written(&reader, ends));
        let folder = path.parent().unwrap_or(Path::new("."));
        let out = HashedFile::new(file, final_ends.clone());
        let (mut file, manifest_digest) = write_zip(out, folder, input)?;
        let end = seal::content_end(&mut file).context(failed)?;
        // If the channel is closed, joining the thread gives the cause.
        let _ = final_ends.send(end);
        drop(final_ends);
        let digest = sealing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        seal::write(&mut file, &digest.context(failed)?).context(failed)?;
        Ok(manifest_digest)
    })
}

/// Writes everything but the seal.
fn write_zip(out: HashedFile, folder: &Path, input: ArchiveInput<'_>) -> Result<(File, String)> {
    let mut zip = ZipWriter::new(FailOnceWriter::new(out));
    let mut manifest = input.manifest;
    manifest.skipped.extend_from_slice(&input.scan.skipped);
    manifest.empty_folders = input.scan.empty_folders.iter().cloned().collect();
    manifest.folders.clone_from(&input.scan.folders);
    for folder in &manifest.empty_folders {
        let entry = manifest.folders.iter().find(|entry| entry.path == *folder);
        let mode = entry.and_then(|entry| u32::from_str_radix(&entry.mode, 8).ok());
        zip.add_directory(folder, folder_options(input.time, mode.unwrap_or(FOLDER_MODE))?)
            .with_context(|| failed(folder))?;
    }
    let work = PackingWork {
        files: &input.scan.files,
        packing: input.packing,
        n_threads: input.n_threads,
        folder,
    };
    let records = pipeline::run(work, &mut zip)?;
    manifest.files = records.files;
    manifest.skipped.extend(records.skipped);
    complete(zip, manifest, input.patch.unwrap_or_default(), input.time)
}

/// Adds the patch, the manifest and the digests, and finishes the zip.
fn complete(
    mut zip: ArchiveZip,
    mut manifest: Manifest,
    patch: &[u8],
    time: DateTime<Utc>,
) -> Result<(File, String)> {
    if !patch.is_empty() {
        let sha256 = add_metadata(&mut zip, PATCH_PATH, time, |entry| entry.write_all(patch))?;
        manifest.files.push(FileEntry {
            path: PATCH_PATH.to_owned(),
            raw_path_hex: None,
            size_bytes: patch.len() as u64,
            modified_at: time,
            mode: format!("{METADATA_MODE:04o}"),
            sha256,
        });
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    }
    manifest.skipped.sort();
    manifest.format = manifest.least_format();
    manifest.totals = Totals::of(&manifest.files);
    let digest = add_metadata(&mut zip, MANIFEST_PATH, time, |entry| manifest.write(entry))?;
    add_metadata(&mut zip, SUMS_PATH, time, |entry| manifest.write_sums(&digest, entry))?;
    let finish = || -> Result<File> {
        zip.set_comment(seal::placeholder())?;
        Ok(zip.finish()?.into_inner()?.into_file()?)
    };
    let file = finish().context("failed to write the archive; free some space")?;
    Ok((file, digest))
}

/// Streams an entry that `write` generates, and returns the digest of its
/// content: a manifest of many files never lies in memory as text.
fn add_metadata(
    zip: &mut ArchiveZip,
    path: &str,
    time: DateTime<Utc>,
    write: impl FnOnce(&mut BufWriter<HashWriter<Sha256, &mut ArchiveZip>>) -> io::Result<()>,
) -> Result<String> {
    let add = || -> Result<String> {
        zip.start_file(
            path,
            file_options(time, METADATA_MODE)?.compression_level(Some(METADATA_LEVEL)),
        )?;
        let mut entry = BufWriter::with_capacity(BUFFER_BYTES, HashWriter::new(zip));
        write(&mut entry)?;
        Ok(hex(&entry.into_inner().map_err(IntoInnerError::into_error)?.finalize()))
    };
    add().with_context(|| failed(path))
}

/// The file of an archive. A flush announces that what was written so far
/// is final.
struct HashedFile {
    out: BufWriter<File>,
    /// Receives positions up to which the file is final.
    final_ends: Sender<u64>,
    n_final: u64,
}

impl HashedFile {
    fn new(file: File, final_ends: Sender<u64>) -> Self {
        Self { out: BufWriter::with_capacity(BUFFER_BYTES, file), final_ends, n_final: 0 }
    }

    fn into_file(self) -> io::Result<File> {
        self.out.into_inner().map_err(IntoInnerError::into_error)
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let position = self.out.stream_position()?;
        if position - self.n_final >= HASH_STEP_BYTES {
            self.out.flush()?;
            self.n_final = position;
            // If the channel is closed, the digest failed and gives the cause.
            let _ = self.final_ends.send(position);
        }
        Ok(())
    }
}

impl Seek for HashedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match position {
            // Seeking by nothing must not flush the buffer.
            SeekFrom::Current(0) => self.out.stream_position(),
            _ => self.out.seek(position),
        }
    }
}
