//! Writes the zip of an archive: the files, the manifest, the digests.

use std::fs::File;
use std::io::{BufWriter, IntoInnerError, Read, Write};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use chrono::{DateTime, Datelike, Timelike, Utc};
use sha2::{Digest, Sha256};
use zip::write::{FileOptions, FullFileOptions};
use zip::{CompressionMethod, ZipWriter};

use super::stop_if;
use crate::digest::hex;
use crate::manifest::{FileEntry, MANIFEST_PATH, Manifest, PATCH_PATH, SUMS_PATH, Skipped, Totals};
use crate::scan::{Scan, SourceFile};
use crate::seal;

/// From this size on an entry gets 64-bit sizes: deflate may add a
/// little to content that does not shrink.
const LARGE_FILE_BYTES: u64 = 0xF000_0000;
const BUFFER_BYTES: usize = 256 * 1024;
/// The type bits of a regular file, beside its permission bits.
const REGULAR_FILE: u32 = 0o100_000;

/// What goes into an archive.
pub struct Content<'a> {
    pub scan: &'a Scan,
    /// The manifest without its files.
    pub manifest: Manifest,
    pub patch: Option<&'a [u8]>,
    pub time: DateTime<Utc>,
    pub level: u8,
    pub interrupt: &'a AtomicBool,
}

/// Writes the archive to `file` and returns its complete manifest.
pub fn write(file: File, content: Content<'_>) -> Result<Manifest> {
    let mut zip = Zip {
        inner: ZipWriter::new(BufWriter::with_capacity(BUFFER_BYTES, file)),
        level: i64::from(content.level),
        buffer: vec![0; BUFFER_BYTES],
    };
    let mut manifest = content.manifest;
    manifest.skipped.clone_from(&content.scan.skipped);
    manifest.empty_folders = content.scan.empty_folders.iter().cloned().collect();
    for folder in &manifest.empty_folders {
        zip.folder(folder, content.time)?;
    }
    for source in &content.scan.files {
        stop_if(content.interrupt)?;
        let (entry, change) = zip.source(source)?;
        manifest.files.push(entry);
        manifest.skipped.extend(change);
    }
    if let Some(patch) = content.patch.filter(|patch| !patch.is_empty()) {
        manifest.files.push(zip.bytes(PATCH_PATH, patch, content.time)?);
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    }
    manifest.skipped.sort();
    manifest.totals = Totals::of(&manifest.files);
    let sealed = zip.bytes(MANIFEST_PATH, &manifest.to_bytes(), content.time)?;
    zip.bytes(SUMS_PATH, manifest.sums(&sealed.sha256).as_bytes(), content.time)?;
    zip.inner.set_comment(seal::placeholder()).context("failed to comment the archive")?;
    let writer = zip.inner.finish().context("failed to finish the archive")?;
    let failed = "failed to write the archive; free some space";
    let mut file = writer.into_inner().map_err(IntoInnerError::into_error).context(failed)?;
    seal::seal(&mut file).context(failed)?;
    Ok(manifest)
}

struct Zip {
    inner: ZipWriter<BufWriter<File>>,
    level: i64,
    buffer: Vec<u8>,
}

/// Where an entry's content comes from, and what is told of it.
struct EntryHead<'a> {
    path: &'a str,
    time: DateTime<Utc>,
    mode: u32,
    size_bytes: u64,
}

impl Zip {
    fn folder(&mut self, path: &str, time: DateTime<Utc>) -> Result<()> {
        let options = stamped(options().unix_permissions(0o755), time)?;
        self.inner
            .add_directory(path, options)
            .with_context(|| format!("failed to add the folder `{path}` to the archive"))
    }

    fn bytes(&mut self, path: &str, bytes: &[u8], time: DateTime<Utc>) -> Result<FileEntry> {
        let size_bytes = bytes.len() as u64;
        self.entry(&EntryHead { path, time, mode: 0o644, size_bytes }, bytes)
    }

    /// Adds the file, and says when it changed while it was read.
    fn source(&mut self, source: &SourceFile) -> Result<(FileEntry, Option<Skipped>)> {
        let failed = || {
            format!(
                "failed to read `{}`; check its permissions, or leave it out by \
                 `archive.exclude` in `config/config.json`",
                source.disk_path.display()
            )
        };
        let mut file = File::open(&source.disk_path).with_context(failed)?;
        // The size now, not when the folder was listed; what is
        // appended from here on belongs to the next archive.
        let size_bytes = file.metadata().with_context(failed)?.len();
        let head = EntryHead {
            path: &source.archive_path.text,
            time: source.modified_at,
            mode: source.mode,
            size_bytes,
        };
        let mut entry = self.entry(&head, (&mut file).take(size_bytes))?;
        entry.raw_path_hex.clone_from(&source.archive_path.raw_hex);
        let now = file.metadata().with_context(failed)?;
        let is_same = now.len() == entry.size_bytes
            && now.modified().is_ok_and(|time| entry.modified_at == DateTime::<Utc>::from(time));
        let change = (!is_same).then(|| Skipped {
            path: entry.path.clone(),
            reason: format!(
                "changed while it was read; the archive holds its first {} bytes",
                entry.size_bytes
            ),
        });
        Ok((entry, change))
    }

    fn entry(&mut self, head: &EntryHead<'_>, mut content: impl Read) -> Result<FileEntry> {
        let failed = || format!("failed to archive `{}`", head.path);
        let options = options()
            .compression_level(Some(self.level))
            .unix_permissions(REGULAR_FILE | head.mode)
            .large_file(head.size_bytes >= LARGE_FILE_BYTES);
        self.inner.start_file(head.path, stamped(options, head.time)?).with_context(failed)?;
        let mut digest = Sha256::new();
        let mut size_bytes = 0;
        loop {
            let n_bytes = match content.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(n_bytes) => n_bytes,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).with_context(failed),
            };
            digest.update(&self.buffer[..n_bytes]);
            self.inner.write_all(&self.buffer[..n_bytes]).with_context(failed)?;
            size_bytes += n_bytes as u64;
        }
        Ok(FileEntry {
            path: head.path.to_owned(),
            raw_path_hex: None,
            size_bytes,
            modified_at: head.time,
            mode: format!("{:04o}", head.mode),
            sha256: hex(&digest.finalize()),
        })
    }
}

fn options<'a>() -> FullFileOptions<'a, 'a> {
    FileOptions::default().compression_method(CompressionMethod::Deflated).system(zip::System::Unix)
}

/// Puts `time` on an entry: in DOS form, which has steps of two seconds
/// and no zone, and as the UTC second where that fits.
fn stamped<'a>(
    options: FullFileOptions<'a, 'a>,
    time: DateTime<Utc>,
) -> Result<FullFileOptions<'a, 'a>> {
    let dos = zip::DateTime::from_date_and_time(
        u16::try_from(time.year()).unwrap_or(1980),
        u8::try_from(time.month()).unwrap_or(1),
        u8::try_from(time.day()).unwrap_or(1),
        u8::try_from(time.hour()).unwrap_or(0),
        u8::try_from(time.minute()).unwrap_or(0),
        u8::try_from(time.second()).unwrap_or(0),
    )
    .unwrap_or_default();
    let options = options.last_modified_time(dos);
    // The field is a signed 32-bit number of seconds.
    match i32::try_from(time.timestamp()).ok().and_then(|seconds| u32::try_from(seconds).ok()) {
        Some(seconds) => options
            .with_extended_timestamp(Some(seconds), None, None)
            .context("failed to stamp the time of an archive entry"),
        None => Ok(options),
    }
}
