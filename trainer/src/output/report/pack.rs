//! Packs numbers as base64 text, which a browser unpacks in a few lines.

use serde_json::{Value, json};

/// Returns `bytes` in base64 with padding (RFC 4648, section 4).
fn base64(bytes: impl IntoIterator<Item = u8>) -> String {
    let mut bytes = bytes.into_iter();
    let mut text = String::new();
    while let Some(first) = bytes.next() {
        text.extend(group(first, [bytes.next(), bytes.next()]).map(char::from));
    }
    text
}

/// Returns the four characters of up to three bytes.
fn group(first: u8, [second, third]: [Option<u8>; 2]) -> [u8; 4] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let [a, b, c] = [first, second.unwrap_or(0), third.unwrap_or(0)].map(usize::from);
    [
        DIGITS[a >> 2],
        DIGITS[(a << 4 | b >> 4) & 63],
        second.map_or(b'=', |_| DIGITS[(b << 2 | c >> 6) & 63]),
        third.map_or(b'=', |_| DIGITS[c & 63]),
    ]
}

/// Returns `values` as little-endian single-precision floats in base64.
pub(super) fn floats(values: impl Iterator<Item = f32>) -> String {
    base64(values.flat_map(f32::to_le_bytes))
}

/// Returns `values` as LEB128 numbers in base64.
pub(super) fn counts(values: impl Iterator<Item = u64>) -> String {
    base64(values.flat_map(leb128))
}

fn leb128(mut value: u64) -> impl Iterator<Item = u8> {
    let mut is_whole = false;
    std::iter::from_fn(move || {
        if is_whole {
            return None;
        }
        let low = value.to_le_bytes()[0] & 127;
        value >>= 7;
        is_whole = value == 0;
        Some(if is_whole { low } else { low | 128 })
    })
}

/// Returns times, which must not decrease, as the steps between them, in
/// the largest unit that divides them all; the first is 0.
pub(super) fn times(times_ms: impl ExactSizeIterator<Item = i64> + Clone) -> Value {
    let n = times_ms.len();
    let start_ms = times_ms.clone().next().unwrap_or_default();
    let before = std::iter::once(start_ms).chain(times_ms.clone());
    let steps = times_ms
        .zip(before)
        .map(|(time_ms, before_ms)| u64::try_from(time_ms - before_ms).unwrap_or(0));
    let unit_ms = steps.clone().fold(0, greatest_common_divisor).max(1);
    let steps = counts(steps.map(|step| step / unit_ms));
    json!({ "n": n, "start_ms": start_ms, "steps": steps, "unit_ms": unit_ms })
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Rounds `value` to single precision, which is enough for a chart.
#[expect(clippy::cast_possible_truncation, reason = "a chart needs no more digits")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}
