use std::fs::File;
use std::io::Write;

use xtask::cycle::{Label, archive_now};
use xtask::manifest::Kind;
use xtask::report::{ListReport, Report, ShowReport};
use xtask::session;

use crate::support::{Sandbox, stderr, stdout};

/// Three archives: one of another tool, one damaged, one of a session.
fn with_archives() -> Sandbox {
    let sandbox = Sandbox::with_session();
    let old = sandbox.write("archives/training_backup_20250101_000000.zip", "");
    let mut zip = zip::ZipWriter::new(File::create(old).unwrap());
    zip.start_file("logs/old.log", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"from an earlier tool").unwrap();
    zip.finish().unwrap();
    sandbox.write("archives/training_backup_20250601_000000.zip", "damaged");
    sandbox.write(
        "logs/session.json",
        r#"{"format": 1, "id": "20260101_000000", "status": "completed",
            "started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:01:30Z",
            "seed": 42,
            "data": {"source": "builtin:btcusd_30m", "sha256": "abcd", "n_bars": 35019,
                     "first": "2017-10-01T00:00:00Z", "last": "2019-10-01T00:00:00Z"},
            "metrics": {
                "agent": {"net_return": -0.0523, "sharpe": -0.41, "max_drawdown": 0.17,
                          "n_trades": 31},
                "buy_and_hold": {"net_return": 0.61, "sharpe": 1.1, "max_drawdown": 0.3,
                                 "n_trades": 1},
                "never_trade": {"net_return": 0.0, "sharpe": null, "max_drawdown": 0.0,
                                "n_trades": 0}}}"#,
    );
    let label = Label {
        tags: vec!["baseline".to_owned(), "paper".to_owned()],
        note: Some("wider stops".to_owned()),
    };
    let session = session::read(sandbox.root());
    sandbox
        .job("2026-01-02T03:04:05Z", |job| archive_now(job, Kind::Session, &label, session))
        .0
        .unwrap();
    sandbox
}

#[test]
fn list_shows_the_newest_first() {
    let sandbox = with_archives();
    insta::assert_snapshot!(list_of_fixed_size(&sandbox).text());
}

/// Returns the list with a size that no compressor changes.
fn list_of_fixed_size(sandbox: &Sandbox) -> ListReport {
    let mut report = ListReport::of(&sandbox.catalog());
    for row in &mut report.archives {
        row.size_bytes = 1000;
    }
    report
}

#[test]
fn list_as_json_is_one_document() {
    let sandbox = with_archives();
    let mut report = list_of_fixed_size(&sandbox);
    for row in &mut report.archives {
        row.problem = row.problem.take().map(|_| "why".to_owned());
    }
    insta::assert_json_snapshot!(report);
}

#[test]
fn show_tells_all_that_the_manifest_tells() {
    let sandbox = with_archives();
    let catalog = sandbox.catalog();
    let mut report = ShowReport::of(catalog.find("latest").unwrap());
    report.size_bytes = 1000;
    insta::assert_snapshot!(report.text());
}

#[test]
fn show_finds_an_archive_by_each_form_of_its_name() {
    let sandbox = with_archives();
    let catalog = sandbox.catalog();
    for name in
        ["latest", "20260102_030405", "training_backup_20260102_030405", "20260102_030405.zip"]
    {
        let found = catalog.find(name).unwrap();
        assert_eq!(found.name.to_string(), "training_backup_20260102_030405.zip");
    }
}

#[test]
fn an_unknown_name_says_which_is_the_newest() {
    let sandbox = with_archives();
    let mut command = sandbox.xtask(&["show", "20200101_000000"]);
    command.assert().code(1);
    insta::assert_snapshot!(
        stderr(&mut command),
        @"error: there is no archive `20200101_000000`; `cargo xtask list` names all 3, the newest is `training_backup_20260102_030405.zip`"
    );
}

#[test]
fn an_empty_list_says_how_to_fill_it() {
    let sandbox = Sandbox::new();
    assert_eq!(
        stdout(&mut sandbox.xtask(&["list"])),
        "no archives yet; `cargo xtask train` makes the first\n"
    );
    let text = stdout(&mut sandbox.xtask(&["list", "--format", "json"]));
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["archives"].as_array().unwrap().len(), 0);
    sandbox.xtask(&["show", "latest"]).assert().code(1);
}

#[test]
fn figures_stand_to_the_right_and_wide_letters_take_two_columns() {
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let rows = vec![row(["a", "1.5 MB", "x"]), row(["データ", "12 B", ""])];
    let columns = [("name", false), ("size", true), ("tags", false)];
    insta::assert_snapshot!(xtask::report::text::table(&columns, rows), @"
    name      size  tags
    a       1.5 MB  x
    データ    12 B
    ");
}
