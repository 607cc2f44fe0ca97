//! Implausible figures are treated as a bug, wherever they are shown.

use std::fmt::Write as _;

use serde_json::{Value, json};
use trainer::learning::forest::splitmix64;

use crate::cli::columns::walk;
use crate::cli::{CommandOutput, Workspace};

/// Returns an about normal number (Irwin and Hall), by its index.
pub(crate) fn normal(seed: u64, at: usize) -> f64 {
    let draw = |part: u64| {
        let bits = splitmix64(seed ^ splitmix64((at as u64) * 12 + part));
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..12).map(draw).sum::<f64>() - 6.0
}

/// Returns what a decision at the close of `at` earns, plus normal noise
/// of `noise` of its standard deviations.
pub(crate) fn next_return(closes: &[f64], at: usize, noise: f64) -> f64 {
    // Bars open at the close before: the walk has no gaps.
    let known = closes.get(at + 1).map_or(0.0, |later| later / closes[at] - 1.0);
    // Uniform moves of ± 1 %.
    known + 0.02 / 12_f64.sqrt() * noise * normal(7, at)
}

pub(crate) fn leaking() -> Workspace {
    let workspace = Workspace::with_bars(&walk(3000, |closes, at| next_return(closes, at, 1.0)));
    workspace.configure(&json!({
        "features": { "columns": ["own"] },
        "environment": { "commission_bps": 0.5, "slippage_bps": 0.1 },
    }));
    workspace
}

#[test]
fn a_column_of_the_next_return_raises_an_alarm_in_table_page_record_and_exit_code() {
    let workspace = leaking();
    let assert = workspace.command().assert().code(3);
    let table = assert.stdout_text();
    assert!(table.starts_with("ALARM  a Sharpe ratio of "), "{table}");
    assert!(table.contains("treat as a bug until `train --check-leaks`"), "{table}");
    assert!(table.contains("`train --audit` (filled one bar later, shuffled bars"), "{table}");
    let session = workspace.session();
    assert_eq!(session["status"], "completed");
    assert_eq!(session["alarms"][0]["figure"], "sharpe");
    assert_eq!(session["alarms"][0]["bound"], 4.0);
    let page = workspace.text("logs/report.html");
    assert!(page.contains("<p class=\"alarm\">"), "the page has no alarm");
    assert!(page.contains("Treat as a bug"), "the page does not say what to do");
}

#[test]
fn honest_figures_raise_none() {
    let workspace = Workspace::with_bars(&walk(3000, |_, at| normal(3, at)));
    workspace.configure(&json!({ "features": { "columns": ["own"] } }));
    let table = workspace.command().assert().success().stdout_text();
    assert!(!table.contains("ALARM"), "{table}");
    assert_eq!(workspace.session().get("alarms"), None);
}

/// A curve of 200 rows whose returns are `step`.
fn curve(step: impl Fn(usize) -> f64) -> Workspace {
    let workspace = Workspace::new();
    let (mut text, mut equity) = ("time,equity\n".to_owned(), 100.0);
    for at in 0..200 {
        writeln!(text, "{},{equity}", 1_500_000_000 + 86_400 * at).expect("a string takes all");
        equity *= 1.0 + step(at);
    }
    workspace.write("curve.csv", &text);
    workspace
}

#[track_caller]
fn check_curve(figures: &[&str], step: impl Fn(usize) -> f64) {
    let workspace = curve(step);
    let code = if figures.is_empty() { 0 } else { 3 };
    let arguments = ["--equity", "curve.csv"];
    let table = workspace.run("metrics", &arguments).code(code).stdout_text();
    assert_eq!(table.contains("reat as a bug"), !figures.is_empty(), "{table}");
    let arguments = ["--equity", "curve.csv", "--format", "json"];
    let document = workspace.run("metrics", &arguments).code(code).stdout_json();
    let found = document["alarms"].as_array().cloned().unwrap_or_default();
    let found: Vec<&Value> = found.iter().map(|alarm| &alarm["figure"]).collect();
    assert_eq!(found, figures);
}

#[test]
fn metrics_alarm_at_a_great_sharpe_and_at_a_curve_without_drawdown() {
    check_curve(&[], |at| 0.0001 + 0.01 * normal(1, at));
    // Losses are bad, not implausible.
    check_curve(&[], |at| -0.01 + 0.01 * normal(1, at));
    check_curve(&["sharpe"], |at| 0.004 + 0.01 * normal(1, at));
    check_curve(&["sharpe", "max_drawdown"], |at| 0.01 + 0.001 * normal(1, at));
    // Its Sharpe ratio is undefined: all steps are alike.
    check_curve(&["max_drawdown"], |at| if at == 0 { 1.0 } else { 0.0 });
}

#[test]
fn simulate_alarms_at_trades_that_always_win() {
    let workspace = Workspace::with_bars(&walk(600, |closes, at| {
        let later = closes.get(at + 1).copied().unwrap_or(closes[at]);
        f64::from(i8::from(later > closes[at]))
    }));
    let csv = workspace.text("bars.csv");
    let rows = csv.lines().skip(1).map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        format!("{},{}\n", cells[0], cells[5])
    });
    workspace.write("signals.csv", &format!("time,exposure\n{}", rows.collect::<String>()));
    let arguments =
        ["--data", "bars.csv", "--signals", "signals.csv", "--commission", "0", "--slippage", "0"];
    let table = workspace.run("simulate", &arguments).code(3).stdout_text();
    assert!(table.starts_with("ALARM  a Sharpe ratio of "), "{table}");
    assert!(table.contains("ALARM  100.0 % of "), "{table}");
    assert!(table.contains(" trades lost\n"), "{table}");
    let arguments: Vec<&str> = arguments.into_iter().chain(["--format", "json"]).collect();
    let replay = workspace.run("simulate", &arguments).code(3).stdout_json();
    let figures: Vec<&Value> =
        replay["alarms"].as_array().unwrap().iter().map(|alarm| &alarm["figure"]).collect();
    assert_eq!(figures, ["sharpe", "win_rate", "profit_factor", "max_drawdown"]);
}
