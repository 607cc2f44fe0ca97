//! What pandas, polars and DuckDB make of the logs and the tables: slow.

use std::path::{Path, PathBuf};

use serde_json::Value;
use trainer::output::export::TableFormat;

use super::{export, trained};
use crate::cli::Workspace;
use crate::python;

const PACKAGES: [&str; 4] = ["pandas==3.1.1", "polars==2.1.0", "duckdb==2.0.0", "pyarrow==25.0.1"];

#[track_caller]
fn assert_near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() <= expected.abs() * 1e-9 + 1e-3, "{value} is not {expected}");
}

fn net_profit(workspace: &Workspace) -> (usize, f64) {
    let closed: Vec<f64> =
        workspace.events().iter().filter_map(|event| event["net_pnl"].as_f64()).collect();
    (closed.len(), closed.iter().sum())
}

#[test]
fn the_logs_open_as_they_are() {
    let Some(python) = python::with_packages(&PACKAGES) else { return };
    let workspace = trained();
    let readme = include_str!("../../../../trainer/README.md");
    let pattern = readme.lines().find(|line| line.starts_with("^(?:(?P<symbol>"));
    let pattern_file: PathBuf = workspace.path("pattern.txt");
    std::fs::write(&pattern_file, pattern.expect("the README has the pattern")).unwrap();
    let script = include_str!("logs.py");
    let printed = python::run(&python, script, &[workspace.root(), &pattern_file]);
    let found: Value = serde_json::from_str(&printed).unwrap();
    let n_events = workspace.events().len();
    let (n_trades, net) = net_profit(&workspace);
    let equity = workspace.session()["metrics"]["agent"]["final_equity"].as_f64().unwrap();
    for tool in ["pandas", "polars", "duckdb"] {
        let figures = &found[tool];
        assert_eq!(figures[0], n_events, "{tool}");
        assert_eq!(figures[1], n_trades, "{tool}");
        assert_near(&figures[2], net);
        assert_eq!(figures[3], n_trades, "{tool} does not read every line of the trade log");
        // Its lines have four digits.
        assert!((figures[4].as_f64().unwrap() - net).abs() < 1e-4 * n_trades as f64, "{tool}");
        assert_eq!(figures[5], 352, "{tool}");
        assert_near(&figures[6], equity);
    }
}

#[track_caller]
fn check_tables(format: TableFormat) {
    let Some(python) = python::with_packages(&PACKAGES) else { return };
    let workspace = trained();
    export(workspace.root(), format, "out").unwrap();
    let form = format.to_string();
    let arguments = [&*workspace.path("out"), Path::new(&form)];
    let printed = python::run(&python, include_str!("tables.py"), &arguments);
    let found: Value = serde_json::from_str(&printed).unwrap();
    let (n_trades, net) = net_profit(&workspace);
    let events = workspace.events();
    for tool in ["pandas", "polars", "duckdb"] {
        assert_eq!(found["traces"][tool][0], events.len() - 1, "{tool}");
        assert_eq!(found["traces"][tool][2], events[1]["time_ms"], "{tool}");
        assert_eq!(found["trades"][tool][0], n_trades, "{tool}");
        assert_near(&found["trades"][tool][1], net);
        assert_eq!(found["equity"][tool][0], 352, "{tool}");
    }
}

#[test]
fn the_parquet_tables_open_with_their_types() {
    check_tables(TableFormat::Parquet);
}

#[test]
fn the_csv_tables_open_with_their_types() {
    check_tables(TableFormat::Csv);
}
