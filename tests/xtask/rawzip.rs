//! Zips made by hand, byte by byte, to say what no writer would.

/// One entry, as its two headers describe it.
#[derive(Clone)]
pub struct Raw {
    pub name: Vec<u8>,
    pub content: Vec<u8>,
    /// What the headers claim, where they lie.
    pub size_bytes: Option<u32>,
    pub compressed_bytes: Option<u32>,
    pub crc: Option<u32>,
    /// 0 stored, 8 deflated.
    pub method: u16,
    pub unix_mode: u32,
    /// Takes the header of this earlier entry instead of its own.
    pub shares: Option<usize>,
}

impl Raw {
    pub fn file(name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            content: content.to_vec(),
            size_bytes: None,
            compressed_bytes: None,
            crc: None,
            method: 0,
            unix_mode: 0o100_644,
            shares: None,
        }
    }
}

/// Returns the bytes of a zip of `entries`.
pub fn zip(entries: &[Raw]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut offsets = Vec::new();
    for entry in entries {
        if let Some(idx) = entry.shares {
            offsets.push(offsets[idx]);
            continue;
        }
        offsets.push(u32::try_from(bytes.len()).unwrap());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(common(entry));
        bytes.extend(&entry.name);
        bytes.extend(&entry.content);
    }
    let start = bytes.len();
    for (entry, offset) in entries.iter().zip(offsets) {
        bytes.extend(b"PK\x01\x02\x14\x03");
        bytes.extend(common(entry));
        bytes.extend([0; 6]);
        bytes.extend((entry.unix_mode << 16).to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes.extend(&entry.name);
    }
    let length = u32::try_from(bytes.len() - start).unwrap();
    let n_entries = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(n_entries.to_le_bytes());
    bytes.extend(n_entries.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(u32::try_from(start).unwrap().to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// Returns what the local and the central header have in common.
fn common(entry: &Raw) -> Vec<u8> {
    let length = u32::try_from(entry.content.len()).unwrap();
    let mut bytes = Vec::new();
    bytes.extend(20_u16.to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    bytes.extend(entry.method.to_le_bytes());
    // 2026-01-01 00:00.
    bytes.extend([0, 0, 0x21, 0x5c]);
    bytes.extend(entry.crc.unwrap_or_else(|| crc32(&entry.content)).to_le_bytes());
    bytes.extend(entry.compressed_bytes.unwrap_or(length).to_le_bytes());
    bytes.extend(entry.size_bytes.unwrap_or(length).to_le_bytes());
    bytes.extend(u16::try_from(entry.name.len()).unwrap().to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    bytes
}

pub fn crc32(content: &[u8]) -> u32 {
    !content.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

/// Returns `content` deflated, as an entry's bytes.
#[cfg(unix)]
pub fn deflated(content: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Read, Seek, SeekFrom, Write};
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("x", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    let mut bytes = zip.finish().unwrap();
    let mut zip = zip::ZipArchive::new(bytes.clone()).unwrap();
    let entry = zip.by_index(0).unwrap();
    let (start, length) = (entry.data_start().unwrap(), entry.compressed_size());
    bytes.seek(SeekFrom::Start(start)).unwrap();
    let mut deflated = Vec::new();
    bytes.take(length).read_to_end(&mut deflated).unwrap();
    deflated
}
