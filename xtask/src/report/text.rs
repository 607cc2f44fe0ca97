//! How figures, sizes, times and tables look.

use chrono::{DateTime, Utc};
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// Returns `2026-01-02 03:04:05`, in UTC.
pub fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Returns a size as people write it, such as `1.5 MB`.
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

/// Returns a fraction as a signed percentage; `-` when it is undefined.
pub fn signed_percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(|| "-".to_owned(), |fraction| format!("{:+.2} %", fraction * 100.0))
}

/// Returns a fraction as a percentage; `-` when it is undefined.
pub fn percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(|| "-".to_owned(), |fraction| format!("{:.2} %", fraction * 100.0))
}

/// Returns a plain figure; `-` when it is undefined.
pub fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

/// Returns `n noun` with the noun's plural where it is needed.
pub fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// A column's title and whether it holds figures.
pub type Column = (&'static str, bool);

/// Returns a table without rules, its figures to the right.
pub fn table(columns: &[Column], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(title, _)| *title));
    table.add_rows(rows);
    for (idx, (_, is_figure)) in columns.iter().enumerate() {
        let column = table.column_mut(idx).expect("every title has a column");
        column.set_padding((0, 2));
        if *is_figure {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
