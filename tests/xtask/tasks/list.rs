use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;

use xtask::tasks::TaskContext;
use xtask::tasks::gate::evaluate;
use xtask::tasks::steps::{ArchiveLabel, archive_now};
use xtask::terminal::report::{ListReport, Report, ShowReport};
use xtask::vault::manifest::ArchiveKind;
use xtask::vault::session;

use crate::support::{CommandOutput, Sandbox, json_of, stderr, stdout};

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
    let label = ArchiveLabel {
        tags: vec!["baseline".to_owned(), "paper".to_owned()],
        note: Some("wider stops".to_owned()),
    };
    let session = session::read(sandbox.root());
    sandbox
        .run_task("2026-01-02T03:04:05Z", |context| {
            archive_now(context, ArchiveKind::Session, &label, session)
        })
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
    insta::assert_snapshot!(report.json());
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
fn several_seeds_show_their_median_and_range() {
    let sandbox = Sandbox::with_session();
    let seeds =
        [0.04, -0.01, 0.02, 0.03].map(|net| format!(r#"{{"agent": {{"net_return": {net}}}}}"#));
    for (day, seeds) in [(1, seeds[..1].join(",")), (2, seeds.join(","))] {
        let session = format!(
            r#"{{"status": "completed", "metrics": {{"agent": {{"net_return": 0.04}}}}, "seeds": [{seeds}]}}"#
        );
        sandbox.write("logs/session.json", &session);
        let summary = session::read(sandbox.root());
        let archive = |context: &mut TaskContext<'_>| {
            archive_now(context, ArchiveKind::Session, &ArchiveLabel::default(), summary)
        };
        sandbox.run_task(&format!("2026-01-0{day}T00:00:00Z"), archive).0.unwrap();
    }
    insta::assert_snapshot!(list_of_fixed_size(&sandbox).text(), @"
    archive          when (UTC)           kind     status       size  data  net return       median of seeds (range)  Sharpe  max drawdown  tags
    20260102_000000  2026-01-02 00:00:00  session  completed  1.0 kB  -        +4.00 %  +2.50 % (-1.00 % to +4.00 %)       -             -
    20260101_000000  2026-01-01 00:00:00  session  completed  1.0 kB  -        +4.00 %                             -       -             -
    ");
    let catalog = sandbox.catalog();
    let shown = ShowReport::of(catalog.find("latest").unwrap()).text();
    let line = shown.lines().find(|line| line.starts_with("seeds")).unwrap();
    assert_eq!(line, "seeds     4, the median net return is +2.50 % (-1.00 % to +4.00 %)");
    let gates = ["net_return_median>=0.02", "net_return_min>=0"].map(|rule| rule.parse().unwrap());
    let judged = evaluate(&gates, session::read(sandbox.root()).as_ref(), &BTreeMap::new());
    assert_eq!(judged.iter().map(|gate| gate.is_passed).collect::<Vec<_>>(), [true, false]);
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
    let stderr = sandbox.xtask(&["show", "20200101_000000"]).assert().code(1).stderr_text();
    insta::assert_snapshot!(
        stderr,
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
    let document = json_of(&mut sandbox.xtask(&["list", "--format", "json"]));
    assert_eq!(document["archives"].as_array().unwrap().len(), 0);
    sandbox.xtask(&["show", "latest"]).assert().code(1);
}

#[test]
fn figures_stand_to_the_right_and_wide_letters_take_two_columns() {
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let rows = vec![row(["a", "1.5 MB", "x"]), row(["データ", "12 B", ""])];
    let columns = [("name", false), ("size", true), ("tags", false)];
    insta::assert_snapshot!(xtask::workspace::text::table(&columns, rows), @"
    name      size  tags
    a       1.5 MB  x
    データ    12 B
    ");
}

/// Four archives a day apart, of which one is no session's.
fn with_four() -> Sandbox {
    let sandbox = Sandbox::with_session();
    for (day, status, figures) in [
        (1, "completed", r#"{"sharpe": 0.5, "max_drawdown": 0.3}"#),
        (2, "failed", r#"{"sharpe": null, "max_drawdown": 0.1}"#),
        (3, "completed", r#"{"sharpe": 2.5, "max_drawdown": 0.2}"#),
    ] {
        let session = format!(r#"{{"status": "{status}", "metrics": {{"agent": {figures}}}}}"#);
        sandbox.write("logs/session.json", &session);
        sandbox.archive(&format!("2026-01-0{day}T00:00:00Z"));
    }
    std::fs::remove_file(sandbox.path("logs/session.json")).unwrap();
    let large: String = (0..3_000).map(|n| format!("{} ", n * 7_919 % 10_007)).collect();
    sandbox.write("logs/large.log", &large);
    sandbox.archive("2026-01-04T00:00:00Z");
    for (name, tag) in [("20260101", "paper"), ("20260103", "paper"), ("20260103", "final")] {
        sandbox.xtask(&["tag", &format!("{name}_000000"), "--add", tag]).assert().code(0);
    }
    sandbox
}

#[track_caller]
fn check_days(sandbox: &Sandbox, arguments: &[&str], expected: &str) {
    let list = [&["list"][..], arguments].concat();
    let text = stdout(&mut sandbox.xtask(&list));
    let rows = text.lines().filter(|line| line.starts_with("2026010"));
    let days: String = rows.map(|line| &line[7..8]).collect();
    assert_eq!(days, expected, "{arguments:?}: {text}");
    let document = json_of(&mut sandbox.xtask(&[&list[..], &["--format", "json"]].concat()));
    let names = document["archives"].as_array().unwrap().iter();
    let days: String = names
        .map(|row| row["name"].as_str().unwrap()["training_backup_2026010".len()..][..1].to_owned())
        .collect();
    assert_eq!(days, expected, "{arguments:?}: {document}");
}

#[test]
fn a_list_can_be_sorted_and_cut() {
    let sandbox = with_four();
    check_days(&sandbox, &[], "4321");
    check_days(&sandbox, &["--sort", "time"], "4321");
    check_days(&sandbox, &["--sort", "name"], "1234");
    check_days(&sandbox, &["--sort", "size", "--limit", "1"], "4");
    // The best first; what has no figure last, the newer before.
    check_days(&sandbox, &["--sort", "sharpe"], "3142");
    check_days(&sandbox, &["--sort", "max_drawdown"], "2314");
    check_days(&sandbox, &["--sort", "sharpe", "--limit", "2"], "31");
    check_days(&sandbox, &["--limit", "9"], "4321");
}

#[test]
fn a_list_can_be_filtered() {
    let sandbox = with_four();
    check_days(&sandbox, &["--tag", "paper"], "31");
    check_days(&sandbox, &["--tag", "paper", "--tag", "final"], "3");
    check_days(&sandbox, &["--status", "completed"], "31");
    check_days(&sandbox, &["--status", "failed"], "2");
    check_days(&sandbox, &["--since", "2026-01-03"], "43");
    check_days(&sandbox, &["--since", "2026-01-03T00:00:01Z"], "4");
    check_days(&sandbox, &["--since", "20260102_000000", "--status", "completed"], "3");
    check_days(&sandbox, &["--since", "2026-01-02", "--sort", "sharpe", "--limit", "1"], "3");
    assert_eq!(
        stdout(&mut sandbox.xtask(&["list", "--tag", "nosuch"])),
        "none of 4 archives fits; `cargo xtask list` shows all\n"
    );
}

#[test]
fn wrong_wishes_for_a_list_are_wrong_usage() {
    let sandbox = with_four();
    for wrong in [
        &["--sort", "nosuch"][..],
        &["--sort"],
        &["--status", "running"],
        &["--since", "yesterday"],
        &["--since", "2026-13-01"],
        &["--limit", "0"],
        &["--limit", "-1"],
        &["--tag", "two words"],
    ] {
        sandbox.xtask(&[&["list"][..], wrong].concat()).assert().code(2);
    }
    insta::assert_snapshot!(
        stderr(&mut sandbox.xtask(&["list", "--sort", "sharp"])),
        @"error: no archive can be sorted by `sharp`; there are `time`, `name`, `size`, `max_drawdown`, `sharpe`"
    );
}
