//! Formats numbers, counts and times for people.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Returns `text` with control characters escaped, and those that reverse
/// the text behind them, but for ends of lines.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter != '\n' && is_unprintable(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Returns `value` as indented JSON with the same characters escaped.
pub(crate) fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut shown = String::new();
    for letter in serde_json::to_string_pretty(value)?.chars() {
        if letter != '\n' && is_unprintable(letter) {
            let _ = write!(shown, "\\u{:04x}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    Ok(shown)
}

/// Whether a terminal does not show `letter`, but obeys it.
pub(crate) fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Digits of a price.
const PRICE_DIGITS: usize = 8;
/// Digits of an amount whose decimals would show as 0.
const SMALL_DIGITS: usize = 3;

/// Returns `value` with `n_digits` significant digits, 17 at most:
/// `0.00000211`, `7523.1235`, `2.1e-10`. All digits before the point are
/// kept.
pub fn significant(value: f64, n_digits: usize) -> String {
    let n_digits = n_digits.clamp(1, 17);
    let short = format!("{value:.*e}", n_digits - 1);
    let Some((mantissa, exponent)) = short.split_once('e') else {
        return short;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(-8..15).contains(&exponent) {
        return format!("{}e{exponent}", without_zeros(mantissa));
    }
    let n_digits = i32::try_from(n_digits).unwrap_or(17);
    let n_decimals = usize::try_from(n_digits - 1 - exponent).unwrap_or(0);
    without_zeros(&format!("{value:.n_decimals$}")).to_owned()
}

/// Returns a price or a number of units.
pub fn price(value: f64) -> String {
    significant(value, PRICE_DIGITS)
}

/// Returns an amount of money with `n_decimals` decimals, or with three
/// significant digits where these would show as 0.
pub fn money(value: f64, n_decimals: usize) -> String {
    let text = format!("{value:.n_decimals$}");
    let is_shown = text.contains(|digit: char| ('1'..='9').contains(&digit));
    if value == 0.0 {
        // No "-0.00".
        format!("{:.n_decimals$}", 0.0)
    } else if is_shown || !value.is_finite() {
        text
    } else {
        significant(value, SMALL_DIGITS)
    }
}

/// Returns a fraction in per cent.
pub fn percent(fraction: f64) -> String {
    // Adding 0 turns -0 into 0: no "-0.00 %".
    format!("{:.2} %", fraction * 100.0 + 0.0)
}

/// Returns `n noun` with the noun's plural where it is needed.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{n} {}", plural(n, noun))
}

/// Returns the form of `noun` that goes with `n`.
pub fn plural(n: u64, noun: &str) -> String {
    format!("{noun}{}", if n == 1 { "" } else { "s" })
}

/// Returns UTC epoch milliseconds as RFC 3339; milliseconds appear
/// only where they are not 0.
pub fn time_of_ms(time_ms: i64) -> String {
    match DateTime::from_timestamp_millis(time_ms) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => format!("{time_ms} ms"),
    }
}

/// Removes the trailing zeros of a fraction.
fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}
