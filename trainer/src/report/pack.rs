//! Packs numbers into text: what a browser unpacks in a few lines.

/// Returns `bytes` in base64 with padding (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|idx| u32::from(chunk.get(idx).copied().unwrap_or(0)));
        let group = a << 16 | b << 8 | c;
        for digit_idx in 0..4 {
            let digit = (group >> (18 - 6 * digit_idx)) & 63;
            let is_used = digit_idx <= chunk.len();
            text.push(if is_used { char::from(DIGITS[digit as usize]) } else { '=' });
        }
    }
    text
}

/// Returns `values` as little-endian single-precision floats in base64.
pub(super) fn floats(values: &[f32]) -> String {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    base64(&bytes)
}

/// Returns `values` as LEB128 numbers in base64.
pub(super) fn counts(values: impl Iterator<Item = u64>) -> String {
    let mut bytes = Vec::new();
    for mut value in values {
        while value >= 128 {
            bytes.push(value.to_le_bytes()[0] | 128);
            value >>= 7;
        }
        bytes.push(value.to_le_bytes()[0]);
    }
    base64(&bytes)
}

/// Times as steps from one to the next, in the largest unit that
/// divides them all.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Times {
    n: usize,
    start_ms: i64,
    unit_ms: u64,
    /// LEB128 in base64, the first one from `start_ms`.
    steps: String,
}

/// Packs `times_ms`, which must not fall.
pub(super) fn times(times_ms: &[i64]) -> Times {
    let start_ms = times_ms.first().copied().unwrap_or_default();
    let steps: Vec<u64> = std::iter::once(0)
        .chain(times_ms.windows(2).map(|pair| u64::try_from(pair[1] - pair[0]).unwrap_or(0)))
        .take(times_ms.len())
        .collect();
    let unit_ms = steps.iter().copied().fold(0, greatest_common_divisor).max(1);
    let steps = counts(steps.iter().map(|step| step / unit_ms));
    Times { n: times_ms.len(), start_ms, unit_ms, steps }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
