//! The page that every training writes, and the tasks that make more.

use std::fs::{self, File};
use std::io::Write as _;

use assert_cmd::Command;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::portfolio;
use super::{CommandOutput, MODEL, TRAINED, Workspace};

fn trainer(arguments: &[&str], workspace: &Workspace) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.current_dir(workspace.root()).args(arguments);
    command
}

fn document(command: &mut Command) -> Value {
    command.assert().code(0).stdout_json()
}

#[test]
fn every_training_writes_a_page_with_the_figures_of_its_record() {
    let workspace = Workspace::new();
    workspace.train(&["--seed", "5", "--commit", "0123abcdef"]);
    let page = workspace.text("logs/report.html");
    let session = workspace.session();
    for (account, name) in [
        ("agent", "net_return"),
        ("agent", "sharpe"),
        ("agent", "commission"),
        ("buy_and_hold", "sharpe"),
    ] {
        let value = &session["metrics"][account][name];
        let cell = format!("data-figure=\"{account}.{name}\" data-value=\"{value}\"");
        assert!(page.contains(&cell), "{cell}");
    }
    let sha256 = session["data"]["sha256"].as_str().unwrap();
    for identity in ["0123abcdef", sha256, "completed", "written before one was made"] {
        assert!(page.contains(identity), "{identity}");
    }
    assert!(page.contains("Split counts: the share of all"), "no importances");
    assert_eq!(
        page.matches("class=\"note\"").count(),
        1,
        "only that of the browser without a script"
    );
    assert!(workspace.text("logs/trades/train_equity.csv").lines().count() > 1000);
}

#[test]
fn a_page_that_cannot_be_written_costs_a_warning() {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.path("logs/report.html/taken")).unwrap();
    let text = workspace.command().assert().code(TRAINED).stderr_text();
    assert!(text.contains("warning: there is no report of this session: failed to read"), "{text}");
    assert_eq!(workspace.session()["status"], "completed");
    assert!(!workspace.model().is_empty());
}

#[test]
fn the_page_of_an_earlier_run_is_kept() {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let first = workspace.text("logs/report.html");
    workspace.command_at("2026-01-31T13:00:00Z").assert().code(TRAINED);
    assert_eq!(workspace.text("logs/report_20260131_120000.html"), first);
    assert!(workspace.exists("logs/trades/train_equity_20260131_120000.csv"));
    assert!(workspace.text("logs/report.html").contains("Session 20260131_130000"));
}

#[test]
fn an_archive_gives_the_figures_of_its_workspace() {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let zip = File::create(workspace.path("packed.zip")).unwrap();
    let mut zip = ZipWriter::new(zip);
    let manifest =
        json!({ "name": "training_backup_x.zip", "git": { "commit": "feed", "dirty": true } });
    let mut add = |name: &str, bytes: &[u8]| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    };
    add("MANIFEST.json", manifest.to_string().as_bytes());
    let trace = "logs/trades/trade_traces_20260131_120000.jsonl";
    for name in ["logs/session.json", "logs/trades/equity.csv", trace, MODEL] {
        add(name, &workspace.bytes(name));
    }
    zip.finish().unwrap();
    let of =
        |source: &str| document(&mut trainer(&["report", source, "--format", "json"], &workspace));
    let (folder, archive) = (of("."), of("packed.zip"));
    assert_eq!(folder["sessions"][0]["metrics"], archive["sessions"][0]["metrics"]);
    assert_eq!(folder["sessions"][0]["equity"], archive["sessions"][0]["equity"]);
    assert_eq!(archive["sessions"][0]["notes"], json!([]));
    let page = workspace.text("report.html");
    assert_eq!(archive["size_bytes"], page.len());
    assert!(page.contains("training_backup_x.zip"));
    assert!(page.contains("feed, with changes (git/dirty.patch)"));
}

#[test]
fn a_comparison_of_two_runs_names_the_setting() {
    let [a, b] = [Workspace::new(), Workspace::new()];
    a.train(&["--seed", "1"]);
    b.train(&["--seed", "2"]);
    let other = b.root().to_str().unwrap();
    let found = document(&mut trainer(&["compare", ".", other, "--format", "json"], &a));
    assert_eq!(found["format"], 1);
    assert_eq!(found["differences"], json!([{ "name": "seed", "values": ["1", "2"] }]));
    assert!(a.text("comparison.html").contains("What differs"));
}

/// The one session that the page of `workspace` draws.
fn drawn(workspace: &Workspace) -> Value {
    let page = workspace.text("logs/report.html");
    let (_, rest) = page.split_once("id=\"report-data\">").unwrap();
    let data: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    data["sessions"][0].clone()
}

#[test]
fn a_walk_forward_shows_its_windows_and_the_joined_account() {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "walk_forward": { "embargo_bars": 24 } }));
    workspace.train(&["--walk-forward", "2"]);
    let (session, drawn) = (workspace.session(), drawn(&workspace));
    let n_trades = &session["metrics"]["agent"]["n_trades"];
    assert_eq!(&drawn["trades"]["test"]["n"], n_trades);
    let page = workspace.text("logs/report.html");
    assert!(page.contains("<h3>Windows of the walk forward"));
    assert_eq!(page.matches("<section class=\"panel wide windows\">").count(), 1);
    let first = session["walk_forward"]["windows"][0]["split"]["test"]["first"].as_str().unwrap();
    let begin = trainer::session::parse_time(first).unwrap().timestamp_millis();
    assert_eq!(drawn["spans"]["test"][0], begin);
    assert_eq!(drawn["test"]["times"]["start_ms"], begin);
}

#[test]
fn a_portfolio_shows_its_symbols_and_no_price_that_is_none() {
    let workspace = portfolio::in_a_folder();
    workspace.train(&[]);
    let (session, drawn) = (workspace.session(), drawn(&workspace));
    let n_trades = &session["metrics"]["agent"]["n_trades"];
    assert_eq!(&drawn["trades"]["test"]["n"], n_trades);
    assert_eq!(drawn["trades"]["test"]["symbol_names"], json!(["AAA", "BBB", "CCC"]));
    assert_eq!(drawn["is_portfolio"], true);
    assert_eq!(drawn["bars"]["columns"].as_object().unwrap().len(), 1, "closes alone");
    let page = workspace.text("logs/report.html");
    assert!(page.contains("<h3>Symbols"));
    assert_eq!(page.matches("class=\"note\"").count(), 1, "nothing is missing");
}
