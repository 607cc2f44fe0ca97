//! Packs numbers as base64 text, which a browser unpacks in a few lines.
//!
//! Numbers are packed while they are written, a piece at a time, so that
//! a page needs no memory besides the numbers themselves.

use std::fmt::{self, Display, Formatter};

use serde::{Serialize, Serializer};

/// Characters that are written at once; a multiple of four.
const N_PIECE_CHARS: usize = 1024;

/// Bytes, displayed in base64 with padding (RFC 4648, section 4).
struct Base64<I>(I);

impl<I: Iterator<Item = u8> + Clone> Display for Base64<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut bytes = self.0.clone();
        let mut piece = [0; N_PIECE_CHARS];
        loop {
            let mut n_chars = 0;
            for digits in piece.as_chunks_mut::<4>().0 {
                let Some(first) = bytes.next() else { break };
                *digits = group(first, [bytes.next(), bytes.next()]);
                n_chars += 4;
            }
            f.write_str(str::from_utf8(&piece[..n_chars]).map_err(|_| fmt::Error)?)?;
            if n_chars < N_PIECE_CHARS {
                return Ok(());
            }
        }
    }
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

impl<I: Iterator<Item = u8> + Clone> Serialize for Base64<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Returns `values` as little-endian single-precision floats in base64.
pub(super) fn floats(values: impl Iterator<Item = f32> + Clone) -> impl Serialize {
    Base64(values.flat_map(f32::to_le_bytes))
}

/// Returns `values` as LEB128 numbers in base64.
pub(super) fn counts(values: impl Iterator<Item = u64> + Clone) -> impl Serialize {
    Base64(values.flat_map(leb128))
}

fn leb128(mut value: u64) -> impl Iterator<Item = u8> + Clone {
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

/// Times as the steps between them, in the largest unit that divides
/// them all.
#[derive(Serialize)]
pub(super) struct Times<S> {
    n: usize,
    start_ms: i64,
    /// LEB128 in base64, the first one from `start_ms`.
    steps: S,
    unit_ms: u64,
}

/// Returns times, which must not decrease, in packed form.
pub(super) fn times(times_ms: impl ExactSizeIterator<Item = i64> + Clone) -> Times<impl Serialize> {
    let n = times_ms.len();
    let start_ms = times_ms.clone().next().unwrap_or_default();
    let before = std::iter::once(start_ms).chain(times_ms.clone());
    let steps = times_ms
        .zip(before)
        .map(|(time_ms, before_ms)| u64::try_from(time_ms - before_ms).unwrap_or(0));
    let unit_ms = steps.clone().fold(0, greatest_common_divisor).max(1);
    Times { n, start_ms, steps: counts(steps.map(move |step| step / unit_ms)), unit_ms }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Rounds `value` to single precision, which is enough for a chart.
#[expect(clippy::cast_possible_truncation, reason = "a chart needs no more digits")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}
