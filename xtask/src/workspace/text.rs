//! Formats numbers, sizes, times and tables.

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use unicode_width::UnicodeWidthStr;

/// Returns `2026-01-02 03:04:05`, in UTC.
pub fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Formats a size, such as `1.5 MB`.
pub fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB", "PB"] {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// Formats a fraction as a signed percentage; `-` if it is undefined.
pub fn signed_percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(|| "-".to_owned(), |fraction| format!("{:+.2} %", fraction * 100.0))
}

/// Formats a fraction as a percentage; `-` if it is undefined.
pub fn percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(|| "-".to_owned(), |fraction| format!("{:.2} %", fraction * 100.0))
}

/// Formats a number; `-` if it is undefined.
pub fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

/// Returns `n noun`, with the plural of the noun if needed.
pub fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// The title of a column, and whether it holds numbers.
pub type Column = (&'static str, bool);

/// Formats a table without lines, with numbers aligned to the right.
pub fn table(columns: &[Column], rows: Vec<Vec<String>>) -> String {
    let titles = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(titles).chain(rows).collect();
    let width = |idx: usize| rows.iter().map(|row| row[idx].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let cell = |idx: usize, text: &str| {
        let blank = " ".repeat(widths[idx] - text.width());
        if columns[idx].1 { format!("{blank}{text}") } else { format!("{text}{blank}") }
    };
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().enumerate().map(|(idx, text)| cell(idx, text)).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// When to write in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colour {
    /// Whether to write in colour. `variable` looks up the environment,
    /// by the rules of no-color.org and bixense.com/clicolors.
    pub fn applies(self, is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
        let is_set = |name: &str| variable(name).filter(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if is_set("NO_COLOR").is_some() => false,
            Self::Auto if is_set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            Self::Auto if is_set("CLICOLOR").is_some_and(|value| value == "0") => false,
            Self::Auto => is_terminal && is_set("TERM").is_none_or(|value| value != "dumb"),
        }
    }
}
