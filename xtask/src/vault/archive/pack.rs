//! Packs one file into an entry of a zip, and decides whether compressing
//! it is worthwhile.

use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use zip::result::ZipResult;
use zip::write::{FullFileOptions, PreparedZipFile};
use zip::{CompressionMethod, System, ZipWriter};

use super::file_reader::FileReader;
use crate::vault::manifest::{FileEntry, Skipped};
use crate::workspace::config::Compression;
use crate::workspace::exit::check_interrupt;
use crate::workspace::progress;

/// How much of a file is read at once, in bytes. A file up to this size
/// is packed whole.
pub const BLOCK_BYTES: usize = 1024 * 1024;
/// How many bytes of a large file are compressed for each sample.
const SAMPLE_BYTES: usize = 32 * 1024;
/// The lowest level for files that are packed whole: they are many, but
/// only a small part of a session's bytes.
const SMALL_LEVEL: u8 = 6;
/// From this size on an entry gets 64-bit sizes: packing may add a
/// little to content that does not shrink.
const LARGE_BYTES: u64 = 0xF000_0000;
/// The type bits of a regular file and of a folder, beside their
/// permission bits.
const REGULAR_FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
/// The DOS attribute of a folder.
const DOS_FOLDER: u32 = 0x10;

/// The manifest's entry of a file, and how the file changed while it was
/// read, if it did.
pub type EntryRecord = (FileEntry, Option<Skipped>);

/// How files are packed.
#[derive(Debug, Clone, Copy)]
pub struct Packing<'a> {
    pub compression: Compression,
    pub level: u8,
    pub interrupt: &'a AtomicBool,
}

impl Packing<'_> {
    /// Packs `reader` into `zip` and returns its manifest entry.
    pub fn add<W: Write + Seek>(
        &self,
        zip: &mut ZipWriter<W>,
        reader: Box<FileReader>,
    ) -> Result<EntryRecord> {
        check_interrupt(self.interrupt)?;
        let failed = failed(&reader.found.archive_path.text);
        if reader.found.size_bytes <= BLOCK_BYTES as u64 {
            self.add_small(zip, *reader).context(failed)
        } else {
            self.add_large(zip, *reader).context(failed)
        }
    }

    /// Packs a file that fits into memory; stores it uncompressed when
    /// compression saves less than 1/64.
    fn add_small<W: Write + Seek>(
        &self,
        zip: &mut ZipWriter<W>,
        mut reader: FileReader,
    ) -> Result<EntryRecord> {
        let mut content = Vec::new();
        reader.read(BLOCK_BYTES, &mut content)?;
        progress::add(content.len() as u64);
        let name = &reader.found.archive_path.text;
        let options = file_options(reader.found.modified_at, reader.found.mode)?;
        let prepare = |method| {
            let options = packed(options.clone(), method, self.level.max(SMALL_LEVEL));
            PreparedZipFile::from_data(name, options, &content)
        };
        let method = self.method();
        let mut prepared = prepare(method)?;
        if method != CompressionMethod::Stored
            && !is_worthwhile(content.len() as u64, prepared.compressed_size())
        {
            prepared = prepare(CompressionMethod::Stored)?;
        }
        zip.add_prepared_file(prepared)?;
        reader.finish(&Sha256::digest(&content), content.len() as u64)
    }

    /// Packs a file of any size, block by block.
    fn add_large<W: Write + Seek>(
        &self,
        zip: &mut ZipWriter<W>,
        mut reader: FileReader,
    ) -> Result<EntryRecord> {
        let size_bytes = reader.found.size_bytes;
        let method = self.method_for(&mut reader)?;
        let options = file_options(reader.found.modified_at, reader.found.mode)?
            .large_file(size_bytes >= LARGE_BYTES);
        zip.start_file(&reader.found.archive_path.text, packed(options, method, self.level))?;
        let mut digest = Sha256::new();
        let mut n_read = 0;
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        // The file may have been truncated since it was opened.
        while n_read < size_bytes {
            check_interrupt(self.interrupt)?;
            block.clear();
            let n_wanted = BLOCK_BYTES.min(usize::try_from(size_bytes - n_read)?);
            if reader.read(n_wanted, &mut block)? == 0 {
                break;
            }
            digest.update(&block);
            zip.write_all(&block)?;
            n_read += block.len() as u64;
            progress::add(block.len() as u64);
        }
        reader.finish(&digest.finalize(), n_read)
    }

    /// Returns the method for the large file `reader`, by compressing samples
    /// of its start, middle and end.
    fn method_for(&self, reader: &mut FileReader) -> Result<CompressionMethod> {
        let method = self.method();
        if method == CompressionMethod::Stored {
            return Ok(method);
        }
        let last = reader.found.size_bytes.saturating_sub(SAMPLE_BYTES as u64);
        let mut is_compressible = false;
        for start in [0, last / 2, last] {
            let mut sample = Vec::with_capacity(SAMPLE_BYTES);
            let file = reader.file();
            file.seek(SeekFrom::Start(start))?;
            file.take(SAMPLE_BYTES as u64).read_to_end(&mut sample)?;
            let options = packed(FullFileOptions::default(), method, self.level);
            let packed = PreparedZipFile::from_data("", options, &sample)?;
            is_compressible |= is_worthwhile(sample.len() as u64, packed.compressed_size());
        }
        reader.file().rewind()?;
        Ok(if is_compressible { method } else { CompressionMethod::Stored })
    }

    fn method(&self) -> CompressionMethod {
        match self.compression {
            Compression::Store => CompressionMethod::Stored,
            Compression::Deflate => CompressionMethod::Deflated,
            Compression::Zstd => CompressionMethod::ZSTD,
        }
    }
}

/// Returns `options` with the method and the level.
fn packed<'k, 'n>(
    options: FullFileOptions<'k, 'n>,
    method: CompressionMethod,
    level: u8,
) -> FullFileOptions<'k, 'n> {
    let level = match method {
        CompressionMethod::Stored => None,
        CompressionMethod::ZSTD => Some(zstd_level(level)),
        _ => Some(level.into()),
    };
    options.compression_method(method).compression_level(level)
}

/// Returns the options of a file's entry, without a method.
pub fn file_options(
    time: DateTime<Utc>,
    mode: u32,
) -> ZipResult<FullFileOptions<'static, 'static>> {
    options(time, (REGULAR_FILE | mode) << 16)
}

/// Returns the options of a folder's entry.
pub fn folder_options(
    time: DateTime<Utc>,
    mode: u32,
) -> ZipResult<FullFileOptions<'static, 'static>> {
    options(time, (FOLDER | mode) << 16 | DOS_FOLDER)
}

/// Stores the time as a DOS time and, if it fits into a signed 32-bit
/// field, as a UTC timestamp too.
fn options(time: DateTime<Utc>, attributes: u32) -> ZipResult<FullFileOptions<'static, 'static>> {
    let options = FullFileOptions::default()
        .system(System::Unix)
        .external_attributes(attributes)
        .last_modified_time(time.naive_utc().try_into().unwrap_or_default());
    match i32::try_from(time.timestamp()).ok().and_then(|time| u32::try_from(time).ok()) {
        Some(seconds) => options.with_extended_timestamp(Some(seconds), None, None),
        None => Ok(options),
    }
}

/// Returns the error context for a `path` that cannot be archived.
pub fn failed(path: &str) -> String {
    format!("failed to archive `{path}`; free some space")
}

/// Maps a level of the settings to one of zstd: on numbers and logs,
/// zstd's level 1 compresses better than the next ones.
fn zstd_level(level: u8) -> i64 {
    match level {
        0..=2 => -1,
        3..=6 => 1,
        7 => 8,
        8 => 12,
        _ => 19,
    }
}

fn is_worthwhile(n_bytes: u64, n_packed_bytes: u64) -> bool {
    n_packed_bytes < n_bytes - n_bytes / 64
}
