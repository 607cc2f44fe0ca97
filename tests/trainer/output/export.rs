//! A session as tables, as ONNX and as a run of MLflow's.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

mod mlflow;
mod onnx;
mod read_back;

use std::fs;
use std::path::Path;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};
use trainer::output::export::{TableFormat, Tables, export_tables};
use trainer::session::Layout;

use crate::cli::Workspace;

fn trained() -> Workspace {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    workspace
}

/// Exports the tables of `root` to `out` below it.
fn export(root: &Path, format: TableFormat, out: &str) -> Result<Vec<(String, u64)>, String> {
    let layout = Layout::new(root);
    let tables = Tables { layout: &layout, format, out: &root.join(out) };
    let reports = export_tables(&tables).map_err(|error| format!("{error:#}"))?;
    Ok(reports.into_iter().map(|table| (table.name, table.n_rows)).collect())
}

/// A folder whose one trace has these lines below its header.
fn with_trace(lines: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let trades = folder.path().join("logs/trades");
    fs::create_dir_all(&trades).unwrap();
    let header = r#"{"event":"TRACE_STARTED","format":1,"session":"s","tool_version":"0"}"#;
    let text = format!("{header}\n{lines}");
    fs::write(trades.join("trade_traces_s.jsonl"), text).unwrap();
    folder
}

/// The rows of a Parquet file, each as name and value.
fn rows(path: &Path) -> Vec<Vec<(String, Field)>> {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().into_columns()).collect()
}

fn cell<'a>(row: &'a [(String, Field)], name: &str) -> &'a Field {
    &row.iter().find(|(column, _)| column == name).unwrap().1
}

#[test]
fn every_event_and_trade_and_bar_becomes_a_row() {
    let workspace = trained();
    let events = workspace.events();
    let events = &events[1..];
    let closed: Vec<&Value> =
        events.iter().filter(|event| event["event"] == "TRADE_CLOSED").collect();
    assert!(closed.len() > 5, "the agent hardly trades; the test proves little");
    let found = export(workspace.root(), TableFormat::Parquet, "out").unwrap();
    let count = |name: &str| found.iter().find(|(table, _)| table == name).unwrap().1;
    assert_eq!(count("traces"), events.len() as u64);
    assert_eq!(count("trades"), closed.len() as u64);
    assert_eq!(count("equity"), 352);
    for (row, event) in rows(&workspace.path("out/traces.parquet")).iter().zip(events) {
        assert_eq!(cell(row, "event"), &Field::Str(event["event"].as_str().unwrap().into()));
        assert_eq!(cell(row, "time"), &Field::TimestampMillis(event["time_ms"].as_i64().unwrap()));
        let profit = event["net_pnl"].as_f64().map_or(Field::Null, Field::Double);
        assert_eq!(cell(row, "net_pnl"), &profit);
    }
    for (row, trade) in rows(&workspace.path("out/trades.parquet")).iter().zip(closed) {
        assert_eq!(
            cell(row, "entry_price"),
            &Field::Double(trade["entry_price"].as_f64().unwrap())
        );
        assert_eq!(
            cell(row, "session"),
            &Field::Str(workspace.session()["id"].as_str().unwrap().into())
        );
    }
}

#[test]
fn csv_and_parquet_tell_the_same() {
    let workspace = trained();
    let parquet = export(workspace.root(), TableFormat::Parquet, "parquet").unwrap();
    let csv = export(workspace.root(), TableFormat::Csv, "csv").unwrap();
    assert_eq!(parquet, csv);
    for (table, _) in &csv {
        let text = workspace.text(&format!("csv/{table}.csv"));
        let rows = rows(&workspace.path(&format!("parquet/{table}.parquet")));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for (record, row) in reader.records().zip(&rows) {
            for (text, (name, value)) in record.unwrap().iter().zip(row) {
                match value {
                    Field::Null => assert_eq!(text, "", "{name}"),
                    Field::Double(value) => {
                        assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
                    }
                    Field::Long(value) => assert_eq!(text, value.to_string()),
                    Field::Str(value) => assert_eq!(text, value),
                    Field::TimestampMillis(_) => assert!(text.ends_with('Z'), "{text}"),
                    other => panic!("{name} is {other:?}"),
                }
            }
        }
    }
    let schema: Value = serde_json::from_str(&workspace.text("csv/schema.json")).unwrap();
    assert_eq!(schema["format"], 1);
    assert_eq!(schema["tables"]["equity"][0]["type"], "time");
    let columns = schema["tables"]["traces"].as_array().unwrap();
    assert!(columns.iter().all(|column| column["meaning"] != ""), "{columns:?}");
}

#[test]
fn nothing_is_overwritten_and_nothing_half_is_left() {
    let workspace = trained();
    export(workspace.root(), TableFormat::Csv, "out").unwrap();
    let before = workspace.bytes("out/traces.csv");
    let error = export(workspace.root(), TableFormat::Csv, "out").unwrap_err();
    assert!(error.contains("out/traces.csv` exists"), "{error}");
    assert_eq!(workspace.bytes("out/traces.csv"), before);
    let damaged = with_trace("{\"event\":\"TRADE_CLOSED\",\"time_ms\":\"soon\"}\n{}\n");
    let error = export(damaged.path(), TableFormat::Parquet, "out").unwrap_err();
    assert!(error.contains("line 2 is no event"), "{error}");
    assert_eq!(fs::read_dir(damaged.path().join("out")).unwrap().count(), 0);
}

#[test]
fn what_a_kill_cut_off_is_left_out_and_told() {
    let folder = with_trace("{\"event\":\"TRADE_CLOSED\",\"net_pnl\":1.5}\n{\"event\":\"TRADE_CL");
    let layout = Layout::new(folder.path());
    let out = folder.path().join("out");
    let tables = Tables { layout: &layout, format: TableFormat::Csv, out: &out };
    let reports = export_tables(&tables).unwrap();
    assert_eq!((reports[0].n_rows, reports[1].n_rows), (1, 1));
    assert!(reports[0].note.as_ref().unwrap().contains("is cut off"));
}

#[test]
fn unknown_events_and_fields_are_no_obstacle_and_other_formats_are() {
    let folder = with_trace("{\"event\":\"NEWS\",\"headline\":\"up\",\"step\":7}\n");
    assert_eq!(
        export(folder.path(), TableFormat::Parquet, "out").unwrap(),
        [("traces".to_owned(), 1), ("trades".to_owned(), 0)]
    );
    let trace = folder.path().join("logs/trades/trade_traces_s.jsonl");
    let text = fs::read_to_string(&trace).unwrap().replace("\"format\":1", "\"format\":2");
    fs::write(&trace, text).unwrap();
    let error = export(folder.path(), TableFormat::Parquet, "other").unwrap_err();
    assert!(error.contains("has format 2; this program reads 1"), "{error}");
}

#[test]
fn without_logs_the_error_says_what_to_do() {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "enable_trade_tracing": false }));
    let error = export(workspace.root(), TableFormat::Csv, "out").unwrap_err();
    assert!(error.contains("train with `enable_trade_tracing`"), "{error}");
}

#[test]
fn a_table_of_many_row_groups_reads_back_whole() {
    let n_rows = 150_000;
    let lines: String = (0..n_rows)
        .map(|n| format!("{{\"event\":\"TRADE_CLOSED\",\"step\":{n},\"net_pnl\":{n}.5}}\n"))
        .collect();
    let folder = with_trace(&lines);
    export(folder.path(), TableFormat::Parquet, "out").unwrap();
    let path = folder.path().join("out/trades.parquet");
    let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 10);
    for (n, row) in (0_i64..).zip(rows(&path)) {
        assert_eq!(cell(&row, "step"), &Field::Long(n));
    }
}
