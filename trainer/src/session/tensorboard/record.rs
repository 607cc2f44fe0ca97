//! The frame round each record: length, its check sum, bytes, theirs.

/// Appends `bytes` to `out` as one record.
pub(super) fn frame(bytes: &[u8], out: &mut Vec<u8>) {
    let length = (bytes.len() as u64).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&masked_crc(&length).to_le_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(&masked_crc(bytes).to_le_bytes());
}

/// CRC-32C, turned and shifted, so that a check sum of data that holds
/// check sums stays a good one (`tensorflow/core/lib/hash/crc32c.h`).
pub(super) fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
