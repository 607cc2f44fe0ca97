//! Reads decimal numbers from bytes, as exactly as `str::parse` does.
//!
//! Market data is short decimals, which need no more than one division
//! (Clinger, "How to read floating point numbers accurately", 1990);
//! the standard library reads the rest.

use std::str;

/// The powers of ten that an `f64` holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The largest mantissa below which every integer is an `f64`.
const MANTISSA_MAX: u64 = 1 << 53;

/// Returns the number that `text` is, `None` when it is none.
///
/// `nan` and `inf` are numbers here: the bar's check refuses them.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<f64> {
    match parse_short(text) {
        Some(number) => Some(number),
        None => parse_any(text),
    }
}

/// Reads an optional minus, digits and a fraction, if that is exact.
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

/// Appends leading digits to `mantissa`; returns it and what follows.
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

#[cold]
fn parse_any(text: &[u8]) -> Option<f64> {
    str::from_utf8(text).ok()?.parse().ok()
}
