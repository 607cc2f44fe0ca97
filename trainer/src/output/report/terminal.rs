//! Compares sessions on a terminal, as text or JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::account::metrics::ruin_lines;

use super::identity::differences;
use super::input::ReportInput;
use super::text::Unit;

/// Steps of a sparkline's height.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Characters of a sparkline.
const WIDTH: usize = 24;
/// Longer values are cut in the text, not in JSON.
const N_CHARS_MAX: usize = 40;

const FIGURES: [(&str, &str, Unit); 5] = [
    ("net return", "net_return", Unit::Share),
    ("hold", "", Unit::Share),
    ("Sharpe", "sharpe", Unit::Ratio),
    ("max drawdown", "max_drawdown", Unit::Share),
    ("trades", "n_trades", Unit::Count),
];

/// Returns a table with a line for each session, and what differs.
pub(super) fn text(sessions: &[ReportInput]) -> String {
    let mut lines = vec![header()];
    lines.extend(sessions.iter().map(cells));
    let mut text = aligned(&lines);
    for session in sessions {
        for line in ruin_lines(&session.record.0) {
            let _ = writeln!(text, "{}: {line}", session.name);
        }
    }
    let differences = differences(sessions);
    if sessions.len() > 1 {
        text.push_str(if differences.is_empty() {
            "\nNo difference in data, commit and settings.\n"
        } else {
            "\nWhat differs:\n"
        });
    }
    let table: Vec<Vec<String>> = differences
        .iter()
        .map(|difference| {
            let values = difference.values.iter();
            let values = values.map(|value| cut(value.as_deref().unwrap_or("–")));
            std::iter::once(difference.name.clone()).chain(values).collect()
        })
        .collect();
    text + &aligned(&table)
}

/// Returns the same as one document, with every figure of the record.
pub(super) fn json(sessions: &[ReportInput]) -> Value {
    let each = sessions.iter().map(|session| {
        json!({
            "name": session.name,
            "archive": session.archive,
            "status": session.record.text("/status"),
            "commit": session.commit,
            "metrics": session.record.0.get("metrics"),
            "equity": sparkline_points(session),
            "notes": session.notes,
        })
    });
    json!({ "sessions": each.collect::<Vec<_>>(), "differences": differences(sessions) })
}

fn header() -> Vec<String> {
    let mut cells = vec!["session".to_owned(), "out-of-sample equity".to_owned()];
    cells.extend(FIGURES.iter().map(|(label, ..)| (*label).to_owned()));
    cells.insert(5, "95 % interval".to_owned());
    cells
}

fn cells(session: &ReportInput) -> Vec<String> {
    let number =
        |account: &str, name: &str| session.record.number(&format!("/metrics/{account}/{name}"));
    let mut cells = vec![session.name.clone(), sparkline(&sparkline_points(session))];
    for (_, name, unit) in FIGURES {
        let value = if name.is_empty() {
            number("buy_and_hold", "net_return")
        } else {
            number("agent", name)
        };
        let is_void = name == "sharpe" && session.record.is_ruined();
        let absent = if is_void { "ruined" } else { "–" };
        cells.push(value.map_or_else(|| absent.to_owned(), |value| unit.text(value)));
    }
    let interval = number("agent", "sharpe_low").zip(number("agent", "sharpe_high"));
    let interval = interval
        .map(|(low, high)| format!("{} … {}", Unit::Ratio.text(low), Unit::Ratio.text(high)));
    cells.insert(5, interval.unwrap_or_else(|| "–".to_owned()));
    cells
}

/// Returns the out-of-sample equity at evenly spaced bars.
fn sparkline_points(session: &ReportInput) -> Vec<f32> {
    let Some(test) = &session.test else { return Vec::new() };
    let equity = test.series.column("equity");
    let n_points = equity.len().min(WIDTH);
    (1..=n_points).map(|point| equity[point * equity.len() / n_points - 1]).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and the highest step"
)]
fn sparkline(points: &[f32]) -> String {
    let low = points.iter().copied().fold(f32::INFINITY, f32::min);
    let high = points.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let steps = HEIGHTS.len() as f32 - 1.0;
    let height = |point: f32| {
        let position = if high > low { (point - low) / (high - low) } else { 0.5 };
        HEIGHTS[(position.clamp(0.0, 1.0) * steps).round() as usize]
    };
    points.iter().map(|&point| height(point)).collect()
}

fn aligned(lines: &[Vec<String>]) -> String {
    let n_columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..n_columns)
        .map(|idx| lines.iter().map(|cells| cells[idx].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for cells in lines {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn cut(value: &str) -> String {
    if value.chars().count() <= N_CHARS_MAX {
        return value.to_owned();
    }
    value.chars().take(N_CHARS_MAX - 1).chain(['…']).collect()
}
