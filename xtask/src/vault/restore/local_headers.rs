//! Finds the entries of a zip by their local headers.
//!
//! The central directory at the end of a zip is the first part that is
//! lost when a file is truncated. The local header before each entry
//! suffices to restore it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

const SIGNATURE: &[u8; 4] = b"PK\x03\x04";
const HEADER_BYTES: u64 = 30;
/// No system can hold a file with a longer path.
const NAME_BYTES_MAX: usize = 4096;
/// A limit, since content may contain signatures that look like headers.
const N_CANDIDATES_MAX: usize = 200_000;
const BLOCK_BYTES: usize = 64 * 1024;

/// Where an entry begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalHeader {
    /// The offset of its header in the file.
    pub offset: u64,
    /// Whether it belongs to the unbroken sequence of entries from the start.
    /// Others may be part of some entry's content.
    pub is_in_sequence: bool,
    /// The size of its content in bytes, by its header.
    pub size_bytes: u64,
    /// The same, compressed.
    pub compressed_bytes: u64,
}

/// The entries by name, in the order of the file.
pub type LocalHeaders = BTreeMap<String, Vec<LocalHeader>>;

/// Returns the entries of the zip in `reader`; those outside the unbroken
/// sequence only if `is_wanted` accepts their name.
pub fn walk<R: Read + Seek>(reader: &mut R, is_wanted: impl Fn(&str) -> bool) -> LocalHeaders {
    let mut local_headers = LocalHeaders::new();
    let sequence_end = walk_sequence(reader, &mut local_headers);
    if let Some(start) = sequence_end {
        // Ignore read errors: what cannot be read cannot be restored.
        let _ = walk_rest(reader, start, &is_wanted, &mut local_headers);
    }
    local_headers
}

/// Follows the unbroken sequence of entries from the start. Returns where
/// to continue the search if it ends before the central directory.
fn walk_sequence<R: Read + Seek>(reader: &mut R, local_headers: &mut LocalHeaders) -> Option<u64> {
    let mut offset = 0;
    let mut previous = 0;
    loop {
        match header_at(reader, offset) {
            Ok(HeaderKind::Entry(header @ Header { next: Some(next), .. })) => {
                push(local_headers, offset, true, header);
                previous = offset;
                offset = next;
            }
            Ok(HeaderKind::Directory) => return None,
            // The size of the last entry may be wrong: search its content too.
            Ok(_) | Err(_) => return Some(previous.min(offset) + 1),
        }
    }
}

fn walk_rest<R: Read + Seek>(
    reader: &mut R,
    start: u64,
    is_wanted: &impl Fn(&str) -> bool,
    local_headers: &mut LocalHeaders,
) -> io::Result<()> {
    let mut n_candidates = 0;
    let mut position = start;
    while let Some(offset) = next_signature(reader, position)? {
        n_candidates += 1;
        if n_candidates > N_CANDIDATES_MAX {
            break;
        }
        if let Ok(HeaderKind::Entry(header)) = header_at(reader, offset)
            && is_wanted(&header.name)
        {
            push(local_headers, offset, false, header);
        }
        position = offset + 4;
    }
    Ok(())
}

fn push(local_headers: &mut LocalHeaders, offset: u64, is_in_sequence: bool, header: Header) {
    let Header { name, size_bytes, compressed_bytes, next: _ } = header;
    if name.is_empty() {
        return;
    }
    let places = local_headers.entry(name).or_default();
    if places.iter().all(|place| place.offset != offset) {
        places.push(LocalHeader { offset, is_in_sequence, size_bytes, compressed_bytes });
    }
}

enum HeaderKind {
    Entry(Header),
    Directory,
    Other,
}

struct Header {
    name: String,
    size_bytes: u64,
    compressed_bytes: u64,
    /// Where the next entry begins, if the header records a size.
    next: Option<u64>,
}

fn header_at<R: Read + Seek>(reader: &mut R, offset: u64) -> io::Result<HeaderKind> {
    reader.seek(SeekFrom::Start(offset))?;
    let mut signature = [0; 4];
    reader.read_exact(&mut signature)?;
    if &signature != SIGNATURE {
        let is_directory = &signature == b"PK\x01\x02" || &signature == b"PK\x05\x06";
        return Ok(if is_directory { HeaderKind::Directory } else { HeaderKind::Other });
    }
    let mut fixed = [0; 26];
    reader.read_exact(&mut fixed)?;
    let u16_at = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let u32_at = |at: usize| u32::from(u16_at(at)) | u32::from(u16_at(at + 2)) << 16;
    let (name_bytes, extra_bytes) = (u16_at(22), u16_at(24));
    if usize::from(name_bytes) > NAME_BYTES_MAX || name_bytes == 0 {
        return Ok(HeaderKind::Other);
    }
    let mut name = vec![0; usize::from(name_bytes)];
    reader.read_exact(&mut name)?;
    let mut extra = vec![0; usize::from(extra_bytes)];
    reader.read_exact(&mut extra)?;
    // Without a name it cannot be restored, but the scan continues.
    let name = String::from_utf8(name).unwrap_or_default();
    let zip64 = zip64_sizes(&extra);
    let long = |short: u32, idx: usize| match (short, zip64) {
        (u32::MAX, Some(sizes)) => sizes[idx],
        (short, _) => u64::from(short),
    };
    let (compressed_bytes, size_bytes) = (long(u32_at(14), 1), long(u32_at(18), 0));
    let start = offset + HEADER_BYTES + u64::from(name_bytes) + u64::from(extra_bytes);
    // With flag 8, the sizes follow the content instead.
    let has_sizes = u16_at(2) & 8 == 0;
    let next = start.checked_add(compressed_bytes).filter(|_| has_sizes);
    Ok(HeaderKind::Entry(Header { name, size_bytes, compressed_bytes, next }))
}

/// Returns the size and compressed size of an entry over 4 GiB, which are
/// in the extra field 1.
fn zip64_sizes(mut extra: &[u8]) -> Option<[u64; 2]> {
    while let [id0, id1, len0, len1, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*len0, *len1]));
        let field = rest.get(..length)?;
        if [*id0, *id1] == [1, 0] {
            let size =
                |at: usize| Some(u64::from_le_bytes(field.get(at..at + 8)?.try_into().ok()?));
            return Some([size(0)?, size(8)?]);
        }
        extra = &rest[length..];
    }
    None
}

fn next_signature<R: Read + Seek>(reader: &mut R, start: u64) -> io::Result<Option<u64>> {
    let mut block_start = start;
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    loop {
        reader.seek(SeekFrom::Start(block_start))?;
        block.clear();
        match reader.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        if let Some(at) = block.windows(4).position(|window| window == SIGNATURE) {
            return Ok(Some(block_start + at as u64));
        }
        if block.len() < BLOCK_BYTES {
            return Ok(None);
        }
        // A signature may lie across two blocks.
        block_start += block.len() as u64 - 3;
    }
}
