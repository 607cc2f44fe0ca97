//! The frame of a record: length, checksum of the length, bytes,
//! checksum of the bytes.

/// Appends `bytes` to `out` as one record.
pub(super) fn frame(bytes: &[u8], out: &mut Vec<u8>) {
    let length = (bytes.len() as u64).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&masked_crc(&length).to_le_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(&masked_crc(bytes).to_le_bytes());
}

/// CRC-32C, rotated and offset, so that data which contains checksums is
/// protected as well (`tensorflow/core/lib/hash/crc32c.h`).
pub(super) fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
