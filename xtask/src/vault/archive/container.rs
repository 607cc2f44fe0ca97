//! Writes the container of a zip: headers, directory, end.
//!
//! The zip crate can only add an entry that it compresses itself, on
//! one thread, or that lies whole in memory; here an entry arrives in
//! packed pieces. Every header carries the real sizes, so that entries
//! can be found also when the directory is lost.

use std::fs::File;
use std::io::{self, BufWriter, IntoInnerError, Seek, SeekFrom, Write};
use std::sync::mpsc::Sender;

use chrono::{DateTime, Datelike, Timelike, Utc};

const BUFFER_BYTES: usize = 256 * 1024;
/// How much is told to be settled at once.
const SETTLED_BYTES: u64 = 4 * 1024 * 1024;
/// From this size on an entry gets 64-bit sizes: packing may add a
/// little to content that does not shrink.
pub const LARGE_BYTES: u64 = 0xF000_0000;
/// What a 32-bit field holds when the 64-bit one counts.
const SEE_ZIP64: u32 = u32::MAX;
const MADE_BY_UNIX: u16 = 3 << 8;
const VERSION_DEFLATE: u16 = 20;
const VERSION_ZIP64: u16 = 45;
const VERSION_ZSTD: u16 = 63;
const FLAG_UTF8: u16 = 1 << 11;
/// Where a local header's checksum stands.
const CRC_OFFSET: usize = 14;
const LOCAL_HEADER_BYTES: usize = 30;
/// How DOS marks a folder.
const DOS_FOLDER: u32 = 0x10;

/// How the content of an entry is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Not at all.
    Store = 0,
    Deflate = 8,
    Zstd = 93,
}

/// What is told of an entry before its content.
#[derive(Debug, Clone, Copy)]
pub struct EntryHead<'a> {
    pub path: &'a str,
    pub time: DateTime<Utc>,
    /// The mode with its type bits.
    pub unix_mode: u32,
    pub method: Method,
    /// Whether the content may need 64-bit sizes.
    pub is_large: bool,
}

/// What is known of an entry after its content.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntryTail {
    pub crc32: u32,
    pub packed_bytes: u64,
    pub size_bytes: u64,
}

/// A zip that is being written.
pub struct ZipOut {
    out: BufWriter<File>,
    position: u64,
    directory: Vec<u8>,
    n_entries: u64,
    /// Takes positions before which nothing changes any more.
    settled: Sender<u64>,
    n_settled: u64,
}

/// An entry whose content is being written.
pub struct OpenEntry {
    start: u64,
    header_bytes: u64,
    content_start: u64,
}

impl ZipOut {
    /// Begins a zip in the empty `file`, and tells `settled` positions
    /// before which nothing changes any more.
    pub fn new(file: File, settled: Sender<u64>) -> Self {
        let out = BufWriter::with_capacity(BUFFER_BYTES, file);
        Self { out, position: 0, directory: Vec::new(), n_entries: 0, settled, n_settled: 0 }
    }

    /// Adds an entry whose content is at hand.
    pub fn add(&mut self, head: &EntryHead<'_>, tail: EntryTail, packed: &[u8]) -> io::Result<()> {
        let start = self.position;
        self.append(&local_header(head, tail))?;
        self.append(packed)?;
        self.list(head, tail, start);
        self.settle()
    }

    /// Begins an entry whose content follows in pieces.
    pub fn begin(&mut self, head: &EntryHead<'_>) -> io::Result<OpenEntry> {
        let start = self.position;
        let header = local_header(head, EntryTail::default());
        self.append(&header)?;
        let header_bytes = header.len() as u64;
        Ok(OpenEntry { start, header_bytes, content_start: self.position })
    }

    /// Adds a packed piece of the entry that was begun.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Ends `entry`, and returns to its header to tell the sizes.
    pub fn end(
        &mut self,
        entry: &OpenEntry,
        head: &EntryHead<'_>,
        (crc32, size_bytes): (u32, u64),
    ) -> io::Result<()> {
        let packed_bytes = self.position - entry.content_start;
        let tail = EntryTail { crc32, packed_bytes, size_bytes };
        if !head.is_large && packed_bytes.max(size_bytes) >= u64::from(SEE_ZIP64) {
            return Err(io::Error::other("it became too large while it was packed; try again"));
        }
        let header = local_header(head, tail);
        debug_assert_eq!(header.len() as u64, entry.header_bytes, "sizes do not change it");
        self.out.seek(SeekFrom::Start(entry.start + CRC_OFFSET as u64))?;
        self.out.write_all(&header[CRC_OFFSET..])?;
        self.out.seek(SeekFrom::Start(self.position))?;
        self.list(head, tail, entry.start);
        self.settle()
    }

    fn settle(&mut self) -> io::Result<()> {
        if self.position - self.n_settled >= SETTLED_BYTES {
            self.out.flush()?;
            self.n_settled = self.position;
            // Who no longer listens has failed, and says so.
            let _ = self.settled.send(self.position);
        }
        Ok(())
    }

    /// Writes the directory and the end with `comment`.
    pub fn finish(mut self, comment: &str) -> io::Result<File> {
        let directory = std::mem::take(&mut self.directory);
        let end = end_of_directory(self.n_entries, directory.len() as u64, self.position, comment);
        self.append(&directory)?;
        self.append(&end)?;
        self.out.into_inner().map_err(IntoInnerError::into_error)
    }

    /// Adds the entry at `start` to the directory.
    fn list(&mut self, head: &EntryHead<'_>, tail: EntryTail, start: u64) {
        let mut long = Vec::new();
        if head.is_large {
            long.extend([tail.size_bytes, tail.packed_bytes]);
        }
        let is_far = start >= u64::from(SEE_ZIP64);
        long.extend(is_far.then_some(start));
        let extra = extra(head, &long);
        let mode = head.unix_mode << 16;
        let dos = if head.path.ends_with('/') { DOS_FOLDER } else { 0 };
        let fields = common_fields(head, tail, !long.is_empty());
        let record = &mut self.directory;
        record.extend(b"PK\x01\x02");
        record.extend((MADE_BY_UNIX | VERSION_ZSTD).to_le_bytes());
        record.extend(fields);
        record.extend(len16(head.path.len()));
        record.extend(len16(extra.len()));
        // No comment, first disk, no internal attributes.
        record.extend([0; 6]);
        record.extend((mode | dos).to_le_bytes());
        record.extend(if is_far { SEE_ZIP64 } else { low32(start) }.to_le_bytes());
        record.extend(head.path.as_bytes());
        record.extend(extra);
        self.n_entries += 1;
    }
}

fn local_header(head: &EntryHead<'_>, tail: EntryTail) -> Vec<u8> {
    let long = [tail.size_bytes, tail.packed_bytes];
    let extra = extra(head, if head.is_large { &long } else { &[] });
    let capacity = LOCAL_HEADER_BYTES + head.path.len() + extra.len();
    let mut header = Vec::with_capacity(capacity);
    header.extend(b"PK\x03\x04");
    header.extend(common_fields(head, tail, head.is_large));
    header.extend(len16(head.path.len()));
    header.extend(len16(extra.len()));
    header.extend(head.path.as_bytes());
    header.extend(extra);
    header
}

/// Returns the fields that both headers share, from the version to the
/// sizes.
fn common_fields(head: &EntryHead<'_>, tail: EntryTail, is_zip64: bool) -> Vec<u8> {
    let version = match head.method {
        Method::Zstd => VERSION_ZSTD,
        _ if is_zip64 => VERSION_ZIP64,
        _ => VERSION_DEFLATE,
    };
    let flags = if head.path.is_ascii() { 0 } else { FLAG_UTF8 };
    let (date, time) = dos_time(head.time);
    let mut fields: Vec<u8> = [version, flags, head.method as u16, time, date]
        .iter()
        .flat_map(|field| field.to_le_bytes())
        .collect();
    fields.extend(tail.crc32.to_le_bytes());
    let size = |size: u64| if head.is_large { SEE_ZIP64 } else { low32(size) };
    fields.extend(size(tail.packed_bytes).to_le_bytes());
    fields.extend(size(tail.size_bytes).to_le_bytes());
    fields
}

/// Returns the extra fields: 64-bit numbers, and the UTC second where
/// it fits into a signed 32-bit field.
fn extra(head: &EntryHead<'_>, long: &[u64]) -> Vec<u8> {
    let mut extra = Vec::new();
    if !long.is_empty() {
        extra.extend(1u16.to_le_bytes());
        extra.extend(len16(8 * long.len()));
        extra.extend(long.iter().flat_map(|number| number.to_le_bytes()));
    }
    if let Some(seconds) = i32::try_from(head.time.timestamp()).ok().filter(|time| *time >= 0) {
        extra.extend(*b"UT\x05\x00\x01");
        extra.extend(seconds.to_le_bytes());
    }
    extra
}

/// Returns `time` as DOS tells it: in steps of two seconds, without a
/// zone, from 1980 to 2107.
fn dos_time(time: DateTime<Utc>) -> (u16, u16) {
    let field = |value: u32| u16::try_from(value).unwrap_or(0);
    let Some(years) = u16::try_from(time.year() - 1980).ok().filter(|years| *years < 128) else {
        return (1 << 5 | 1, 0);
    };
    (
        years << 9 | field(time.month()) << 5 | field(time.day()),
        field(time.hour()) << 11 | field(time.minute()) << 5 | field(time.second() / 2),
    )
}

fn end_of_directory(n_entries: u64, directory_bytes: u64, start: u64, comment: &str) -> Vec<u8> {
    let mut end = Vec::new();
    let is_zip64 = n_entries >= u64::from(u16::MAX)
        || directory_bytes >= u64::from(SEE_ZIP64)
        || start >= u64::from(SEE_ZIP64);
    if is_zip64 {
        end.extend(b"PK\x06\x06");
        end.extend(44u64.to_le_bytes());
        end.extend((MADE_BY_UNIX | VERSION_ZSTD).to_le_bytes());
        end.extend(VERSION_ZIP64.to_le_bytes());
        end.extend([0; 8]);
        for number in [n_entries, n_entries, directory_bytes, start] {
            end.extend(number.to_le_bytes());
        }
        end.extend(b"PK\x06\x07");
        end.extend([0; 4]);
        end.extend((start + directory_bytes).to_le_bytes());
        end.extend(1u32.to_le_bytes());
    }
    let n_entries = u16::try_from(n_entries).unwrap_or(u16::MAX).to_le_bytes();
    end.extend(b"PK\x05\x06\0\0\0\0");
    end.extend(n_entries);
    end.extend(n_entries);
    end.extend(low32(directory_bytes).to_le_bytes());
    end.extend(low32(start).to_le_bytes());
    end.extend(len16(comment.len()));
    end.extend(comment.as_bytes());
    end
}

/// Returns `value`, or the mark that the 64-bit field holds it.
fn low32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(SEE_ZIP64)
}

fn len16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}
