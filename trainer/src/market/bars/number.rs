//! Reads decimal numbers from bytes, as exactly as `str::parse` does.
//!
//! Market data is mostly short decimals, for which one division is exact
//! (Clinger, "How to read floating point numbers accurately", 1990); the
//! standard library parses the rest.

use std::str;

use super::rows::{EACH, marks};

/// The powers of ten that an `f64` holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The largest mantissa below which every integer is an `f64`.
const MANTISSA_MAX: u64 = 1 << 53;

/// The ASCII digit 0 in each of eight bytes.
const ZEROS: u64 = 0x30 * EACH;

/// Parses `text` as a decimal number.
///
/// `nan` and `inf` are accepted here; the check of the bar refuses them.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<f64> {
    match parse_short(text) {
        Some(number) => Some(number),
        None => parse_any(text),
    }
}

/// Parses an optional minus, digits and a fraction, if the result is
/// exact.
#[inline]
fn parse_short(text: &[u8]) -> Option<f64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // 18 digits cannot overflow the mantissa.
    if digits.len() > 19 {
        return None;
    }
    let (mantissa, fraction) = take_digits(0, digits);
    let (mantissa, n_decimals) = match fraction {
        [] => (mantissa, 0),
        [b'.', decimals @ ..] => match take_digits(mantissa, decimals) {
            (mantissa, []) => (mantissa, decimals.len()),
            _ => return None,
        },
        _ => return None,
    };
    let n_digits = digits.len() - usize::from(!fraction.is_empty());
    if n_digits == 0 || n_digits > 18 || mantissa > MANTISSA_MAX {
        return None;
    }
    let number = mantissa as f64 / POWERS_OF_TEN[n_decimals];
    Some(if is_negative { -number } else { number })
}

/// Appends the leading digits of `text` to `mantissa`; returns it and the
/// rest of `text`.
#[inline]
fn take_digits(mut mantissa: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let [byte, rest @ ..] = text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        text = rest;
    }
    (mantissa, text)
}

/// Parses the first `n_bytes` of `bytes`, if they are digits with at most
/// one decimal point and the result is exact.
#[inline]
pub(super) fn parse_in(bytes: &[u8; 16], n_bytes: usize) -> Option<f64> {
    let (mantissa, n_decimals) = match n_bytes {
        1..=8 => parse_word(*bytes.first_chunk()?, n_bytes)?,
        9..=16 => parse_words(*bytes, n_bytes)?,
        _ => return None,
    };
    (mantissa <= MANTISSA_MAX).then(|| mantissa as f64 / POWERS_OF_TEN[n_decimals])
}

/// Returns the digits in 1 to 8 bytes as an integer, and the number of
/// decimals.
#[inline]
fn parse_word(bytes: [u8; 8], n_bytes: usize) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(bytes);
    let point = (marks(word, b'.').trailing_zeros() / 8) as usize;
    if point >= n_bytes {
        return Some((eight_digits(aligned(word, n_bytes))?, 0));
    }
    let before = (1 << (8 * point)) - 1;
    let digits = word & before | word >> 8 & !before;
    let n_digits = n_bytes - 1;
    (n_digits > 0).then_some(())?;
    Some((eight_digits(aligned(digits, n_digits))?, n_digits - point))
}

/// Right-aligns the first `n_digits` bytes (1 to 8), padded with the
/// digit 0.
#[inline]
fn aligned(word: u64, n_digits: usize) -> u64 {
    let n_bits = 8 * n_digits;
    word << (64 - n_bits) | ZEROS >> (n_bits - 1) >> 1
}

/// Does the same as [`parse_word`] for 9 to 16 bytes.
#[inline]
fn parse_words(bytes: [u8; 16], n_bytes: usize) -> Option<(u64, usize)> {
    let words = u128::from_le_bytes(bytes);
    let [low, high] = halves(words);
    let points = u128::from(marks(low, b'.')) | u128::from(marks(high, b'.')) << 64;
    let point = (points.trailing_zeros() / 8) as usize;
    let (digits, n_digits, n_decimals) = if point >= n_bytes {
        (words, n_bytes, 0)
    } else {
        let before = (1 << (8 * point)) - 1;
        (words & before | words >> 8 & !before, n_bytes - 1, n_bytes - 1 - point)
    };
    let n_bits = 8 * n_digits;
    let zeros = u128::from(ZEROS) << 64 | u128::from(ZEROS);
    let [first, last] = halves(digits << (128 - n_bits) | zeros >> (n_bits - 1) >> 1);
    Some((eight_digits(first)? * 100_000_000 + eight_digits(last)?, n_decimals))
}

/// Returns the low and the high half.
#[inline]
fn halves(words: u128) -> [u64; 2] {
    let bytes = words.to_le_bytes();
    let halves = bytes.as_chunks().0;
    [halves[0], halves[1]].map(u64::from_le_bytes)
}

/// Returns the value of eight ASCII digits, the first in the lowest byte:
/// they are combined to pairs, then fours, then all eight.
///
/// D. Lemire, "Number parsing at a gigabyte per second", Software:
/// Practice and Experience 51 (2021).
#[inline]
pub(super) fn eight_digits(word: u64) -> Option<u64> {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let digits = word ^ ZEROS;
    // Only a byte above 127 carries, and that one is no digit anyway.
    let has_other = (digits.wrapping_add(0x76 * EACH) | digits) & (0x80 * EACH) != 0;
    if has_other {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let first = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let second = (pairs >> 16 & PAIRS).wrapping_mul(1 + (10_000 << 32));
    Some(first.wrapping_add(second) >> 32)
}

#[cold]
fn parse_any(text: &[u8]) -> Option<f64> {
    str::from_utf8(text).ok()?.parse().ok()
}
