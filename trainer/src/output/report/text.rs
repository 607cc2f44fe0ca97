//! Formats figures for people.

use chrono::DateTime;

use crate::wording::money;

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A fraction, shown in per cent.
    Share,
    Ratio,
    Money,
    Count,
}

impl Unit {
    pub(super) fn text(self, value: f64) -> String {
        match self {
            Self::Share => percent(value),
            Self::Ratio => minus(&format!("{:.2}", rounded(value, 2))),
            Self::Money => minus(&grouped(&money(value, 2))),
            Self::Count => minus(&grouped(&format!("{:.0}", rounded(value, 0)))),
        }
    }
}

/// Returns a fraction in per cent.
pub(super) fn percent(share: f64) -> String {
    minus(&grouped(&format!("{:.2}", rounded(share * 100.0, 2)))) + " %"
}

/// Returns the date of a time.
pub(super) fn day(time_ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(time_ms);
    time.map_or_else(|| format!("{time_ms} ms"), |time| time.format("%Y-%m-%d").to_string())
}

/// Returns a length of time in its two largest units.
pub(super) fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    let (days, hours) = (seconds / 86_400, seconds % 86_400 / 3600);
    let (minutes, seconds) = (seconds % 3600 / 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) if seconds == 0 => format!("{minutes} min"),
        (0, 0, _) => format!("{minutes} min {seconds} s"),
        (0, _, 0) => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Returns `value`, or 0 if it rounds to 0: no "-0.00" shows.
fn rounded(value: f64, n_digits: i32) -> f64 {
    let scale = 10_f64.powi(n_digits);
    if (value * scale).abs() < 0.5 { 0.0 } else { value }
}

/// Groups the digits before the point by thousands.
fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let n_whole = whole.len();
    let mut text = String::new();
    for (idx, digit) in whole.chars().enumerate() {
        let n_left = n_whole - idx;
        if n_left.is_multiple_of(3) && text.ends_with(|c: char| c.is_ascii_digit()) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text + rest
}

/// Replaces the hyphen by a minus sign, which is as wide as a plus.
fn minus(text: &str) -> String {
    text.replacen('-', "\u{2212}", 1)
}
