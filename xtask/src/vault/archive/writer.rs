//! Writes the zip of an archive: the files, the manifest, the digests.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Utc};

use super::container::{EntryHead, EntryTail, LARGE_BYTES, Method, OpenEntry, ZipOut};
use super::inline::Inline;
use super::jobs::{EntryRecord, PackedBatch, PackedBlock, PackingWork};
use super::pack::Packing;
use super::pipeline::{self, Sink};
use super::zstd;
use crate::vault::manifest::{
    FileEntry, MANIFEST_PATH, Manifest, PATCH_PATH, SUMS_PATH, Skipped, Totals,
};
use crate::vault::scan::{FOLDER_MODE, Scan, SourceFile};
use crate::vault::seal;
use crate::vault::verify::Disk;

/// The type bits of a regular file, beside its permission bits.
const REGULAR_FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// What goes into an archive.
pub struct ArchiveContent<'a> {
    pub scan: &'a Scan,
    /// The manifest without its files.
    pub manifest: Manifest,
    pub patch: Option<&'a [u8]>,
    pub time: DateTime<Utc>,
    pub packing: Packing,
    pub n_threads: usize,
    pub interrupt: &'a AtomicBool,
}

/// Writes the archive to `file`, which lies at `path`, and returns the
/// digest of its manifest.
pub fn write(file: File, path: &Path, content: ArchiveContent<'_>) -> Result<String> {
    let failed = "failed to seal the archive";
    let reader = Disk::open(path, Some(content.interrupt)).context(failed)?;
    let (settled, ends) = mpsc::channel();
    thread::scope(|scope| {
        // The digest over the whole file follows the writing.
        let sealing = scope.spawn(move || seal::digest_behind(&reader, ends));
        let (mut file, manifest_digest) = write_zip(ZipOut::new(file, settled.clone()), content)?;
        let end = seal::content_end(&mut file).context(failed)?;
        // Where nobody listens the join tells why.
        let _ = settled.send(end);
        drop(settled);
        let digest = sealing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        seal::write(&mut file, &digest.context(failed)?).context(failed)?;
        Ok(manifest_digest)
    })
}

/// Writes all but the seal.
fn write_zip(mut zip: ZipOut, content: ArchiveContent<'_>) -> Result<(File, String)> {
    let mut manifest = content.manifest;
    manifest.skipped.extend_from_slice(&content.scan.skipped);
    manifest.empty_folders = content.scan.empty_folders.iter().cloned().collect();
    manifest.folders.clone_from(&content.scan.folders);
    for folder in &manifest.empty_folders {
        let entry = manifest.folders.iter().find(|entry| entry.path == *folder);
        let mode = entry.and_then(|entry| u32::from_str_radix(&entry.mode, 8).ok());
        add_folder(&mut zip, (folder, mode.unwrap_or(FOLDER_MODE)), content.time)?;
    }
    let mut sink = ArchiveSink {
        zip,
        files: Vec::with_capacity(content.scan.files.len() + 1),
        skipped: Vec::new(),
        open: None,
        level: content.packing.level,
        n_threads: content.n_threads,
    };
    let work = PackingWork {
        files: &content.scan.files,
        packing: content.packing,
        n_threads: content.n_threads,
        interrupt: content.interrupt,
    };
    pipeline::run(work, &mut sink)?;
    let ArchiveSink { zip, files, skipped, .. } = sink;
    manifest.files = files;
    manifest.skipped.extend(skipped);
    let patch = content.patch.unwrap_or_default();
    complete(zip, manifest, patch, content.time)
}

/// Adds the patch, the manifest and the digests, and ends the zip.
fn complete(
    mut zip: ZipOut,
    mut manifest: Manifest,
    patch: &[u8],
    time: DateTime<Utc>,
) -> Result<(File, String)> {
    let mut add = |path: &str, write: &mut dyn FnMut(&mut Inline<'_>) -> io::Result<()>| {
        Inline::entry(&mut zip, &own_head(path, time), write)
            .with_context(|| format!("failed to archive `{path}`"))
    };
    if !patch.is_empty() {
        let (sha256, size_bytes) = add(PATCH_PATH, &mut |entry| entry.write_all(patch))?;
        manifest.files.push(FileEntry {
            path: PATCH_PATH.to_owned(),
            raw_path_hex: None,
            size_bytes,
            modified_at: time,
            mode: "0644".to_owned(),
            sha256,
        });
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    }
    manifest.skipped.sort();
    manifest.format = manifest.least_format();
    manifest.totals = Totals::of(&manifest.files);
    let (digest, _) = add(MANIFEST_PATH, &mut |entry| manifest.write(entry))?;
    add(SUMS_PATH, &mut |entry| manifest.write_sums(&digest, entry))?;
    let file =
        zip.finish(&seal::placeholder()).context("failed to write the archive; free some space")?;
    Ok((file, digest))
}

fn own_head(path: &str, time: DateTime<Utc>) -> EntryHead<'_> {
    let method = Method::Deflate;
    EntryHead { path, time, unix_mode: REGULAR_FILE | 0o644, method, is_large: false }
}

fn add_folder(zip: &mut ZipOut, (path, mode): (&str, u32), time: DateTime<Utc>) -> Result<()> {
    let head = EntryHead {
        path: &format!("{path}/"),
        time,
        unix_mode: FOLDER | mode,
        method: Method::Store,
        is_large: false,
    };
    zip.add(&head, EntryTail::default(), &[])
        .with_context(|| format!("failed to add the folder `{path}` to the archive"))
}

/// Puts packed files into the zip, and keeps what the manifest tells.
struct ArchiveSink {
    zip: ZipOut,
    files: Vec<FileEntry>,
    skipped: Vec<Skipped>,
    open: Option<OpenFile>,
    level: u8,
    n_threads: usize,
}

struct OpenFile {
    found: SourceFile,
    method: Method,
    entry: OpenEntry,
    crc32: crc32fast::Hasher,
    zstd: Option<zstd::Stream>,
}

impl OpenFile {
    fn path(&self) -> &str {
        &self.found.archive_path.text
    }
}

impl ArchiveSink {
    fn tell(&mut self, (entry, change): EntryRecord) {
        self.files.push(entry);
        self.skipped.extend(change);
    }
}

impl Sink for ArchiveSink {
    fn batch(&mut self, batch: PackedBatch) -> Result<()> {
        self.skipped.extend(batch.gone);
        for file in batch.files {
            let head = head_of(&file.found, file.method, file.tail.size_bytes);
            self.zip
                .add(&head, file.tail, &batch.bytes[file.range])
                .with_context(|| failed(head.path))?;
            self.tell(file.record);
        }
        Ok(())
    }

    fn begin(&mut self, found: SourceFile, method: Method) -> Result<()> {
        let head = head_of(&found, method, found.size_bytes);
        let entry = self.zip.begin(&head).with_context(|| failed(head.path))?;
        let zstd = (method == Method::Zstd)
            .then(|| zstd::Stream::new(self.level, self.n_threads))
            .transpose()
            .with_context(|| failed(head.path))?;
        self.open = Some(OpenFile { found, method, entry, crc32: crc32fast::Hasher::new(), zstd });
        Ok(())
    }

    fn block(&mut self, block: &PackedBlock) -> Result<()> {
        let open = self.open.as_mut().context("a block came before its file")?;
        open.crc32.combine(&block.crc32);
        let zip = &mut self.zip;
        let appended = match &mut open.zstd {
            Some(stream) => stream.write(&block.bytes, |bytes| zip.append(bytes)),
            None => zip.append(&block.bytes),
        };
        appended.with_context(|| failed(open.path()))
    }

    fn end(&mut self, record: EntryRecord) -> Result<()> {
        let mut open = self.open.take().ok_or_else(|| anyhow!("a file ended before it began"))?;
        if let Some(stream) = open.zstd.take() {
            let rest = stream.finish().with_context(|| failed(open.path()))?;
            self.zip.append(&rest).with_context(|| failed(open.path()))?;
        }
        let head = head_of(&open.found, open.method, open.found.size_bytes);
        let facts = (open.crc32.finalize(), record.0.size_bytes);
        self.zip.end(&open.entry, &head, facts).with_context(|| failed(head.path))?;
        self.tell(record);
        Ok(())
    }
}

fn head_of(source: &SourceFile, method: Method, size_bytes: u64) -> EntryHead<'_> {
    EntryHead {
        path: &source.archive_path.text,
        time: source.modified_at,
        unix_mode: REGULAR_FILE | source.mode,
        method,
        is_large: size_bytes >= LARGE_BYTES,
    }
}

fn failed(path: &str) -> String {
    format!("failed to archive `{path}`; free some space")
}
