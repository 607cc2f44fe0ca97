use std::fs;

use crate::support::{CommandOutput, Sandbox, json_of, stdout, tree};

const NOW: &str = "2026-01-10T00:00:00Z";

/// A workspace with archives made at the given seconds, and with as
/// many backups.
fn with_archives(seconds: &[u32]) -> Sandbox {
    let sandbox = Sandbox::with_session();
    for second in seconds {
        sandbox.archive(&format!("2026-01-02T03:04:{second:02}Z"));
        let log = format!("backups/session_20260102_0304{second:02}/logs/a");
        sandbox.write(&log, "moved");
    }
    sandbox
}

#[test]
fn prune_keeps_the_newest_archives_and_backups() {
    let sandbox = with_archives(&[3, 1, 2]);
    let mut command = sandbox.xtask(&["prune", "--keep", "2", "--clock", "2026-01-03T00:00:00Z"]);
    insta::assert_snapshot!(stdout(&mut command), @"
    kept          archive  training_backup_20260102_030402.zip  (one of the 2 newest; holds the model that is now in `models/`)
    kept          archive  training_backup_20260102_030401.zip  (one of the 2 newest)
    removed       archive  training_backup_20260102_030403.zip  (no rule keeps it)
    kept          backup   session_20260102_030403  (one of the 2 newest)
    kept          backup   session_20260102_030402  (one of the 2 newest)
    removed       backup   session_20260102_030401  (no rule keeps it)
    ");
    assert_eq!(sandbox.archive_names().len(), 2);
    assert_eq!(sandbox.backup_names().len(), 2);
}

#[test]
fn a_dry_run_shows_the_same_and_does_nothing() {
    let sandbox = with_archives(&[1, 2, 3]);
    let before = tree(sandbox.root());
    let mut command = sandbox.xtask(&["prune", "--keep", "1", "--dry-run"]);
    insta::assert_snapshot!(stdout(&mut command), @"
    would keep    archive  training_backup_20260102_030403.zip  (one of the 1 newest; holds the model that is now in `models/`)
    would remove  archive  training_backup_20260102_030402.zip  (no rule keeps it)
    would remove  archive  training_backup_20260102_030401.zip  (no rule keeps it)
    would keep    backup   session_20260102_030403  (one of the 1 newest)
    would remove  backup   session_20260102_030402  (no rule keeps it)
    would remove  backup   session_20260102_030401  (no rule keeps it)
    ");
    assert_eq!(tree(sandbox.root()), before);
}

#[test]
fn what_is_pruned_waits_in_the_trash_for_a_week() {
    let sandbox = with_archives(&[1, 2]);
    let prune = |now| stdout(&mut sandbox.xtask(&["prune", "--keep", "1", "--clock", now]));
    prune("2026-01-03T00:00:00Z");
    let trashed = "archives/.trash/20260103_000000/training_backup_20260102_030401.zip";
    assert!(sandbox.path(trashed).is_file());
    assert!(sandbox.path("backups/.trash/20260103_000000/session_20260102_030401").is_dir());
    prune("2026-01-09T23:59:59Z");
    assert!(sandbox.path(trashed).is_file());
    let text = prune("2026-01-10T00:00:00Z");
    assert!(text.contains("deleted       trash    archives/.trash/20260103_000000"), "{text}");
    assert_eq!(fs::read_dir(sandbox.path("archives/.trash")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(sandbox.path("backups/.trash")).unwrap().count(), 0);
}

#[test]
fn keep_comes_from_the_settings() {
    let sandbox = with_archives(&[1, 2, 3]);
    sandbox.write("config/config.json", r#"{"retention": {"keep": 1}}"#);
    sandbox.xtask(&["prune"]).assert().code(0);
    assert_eq!(sandbox.archive_names().len(), 1);
}

#[test]
fn keep_zero_is_refused() {
    let sandbox = with_archives(&[1]);
    sandbox.xtask(&["prune", "--keep", "0"]).assert().code(2);
    sandbox.xtask(&["prune", "--keep", "-1"]).assert().code(2);
    assert_eq!(sandbox.archive_names().len(), 1);
}

#[test]
fn other_files_in_the_archive_folder_are_never_touched() {
    let sandbox = with_archives(&[1, 2]);
    for other in ["archives/my.zip", "archives/training_backup_latest.zip", "backups/old/x"] {
        sandbox.write(other, "mine");
    }
    sandbox.xtask(&["prune", "--keep", "1"]).assert().code(0);
    for other in ["archives/my.zip", "archives/training_backup_latest.zip", "backups/old/x"] {
        assert_eq!(sandbox.read(other), "mine");
    }
}

#[test]
fn a_name_in_the_trash_is_not_used_again() {
    let sandbox = with_archives(&[1, 2]);
    sandbox.xtask(&["prune", "--keep", "1"]).assert().code(0);
    let receipt = sandbox.archive("2026-01-02T03:04:01Z");
    assert_eq!(receipt.manifest().name, "training_backup_20260102_030401_2.zip");
}

#[test]
fn the_json_document_holds_the_plan() {
    let sandbox = with_archives(&[1, 2]);
    let mut command = sandbox.xtask(&["prune", "--keep", "1", "--dry-run", "--format", "json"]);
    let document = json_of(&mut command);
    assert_eq!(document["dry_run"], true);
    assert_eq!(document["archives"]["remove"][0], "training_backup_20260102_030401.zip");
    assert_eq!(document["backups"]["keep"][0]["name"], "session_20260102_030402");
}

/// A workspace with one archive a day, each of another session that
/// ended with `statuses`, whose Sharpe ratios fall from day to day.
fn with_sessions(statuses: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_session();
    for (idx, status) in statuses.iter().enumerate() {
        let sharpe = 10 - idx;
        sandbox.write("logs/training.log", &format!("session {idx}\n"));
        sandbox.write("models/memory_efficient_model_final.zip", &format!("model {idx}\n"));
        sandbox.write(
            "logs/session.json",
            &format!(r#"{{"status": "{status}", "metrics": {{"agent": {{"sharpe": {sharpe}}}}}}}"#),
        );
        sandbox.archive(&format!("2026-01-{:02}T00:00:00Z", idx + 1));
    }
    sandbox
}

fn days(sandbox: &Sandbox) -> Vec<String> {
    let names = sandbox.archive_names();
    names.iter().map(|name| name["training_backup_202601".len()..][..2].to_owned()).collect()
}

#[test]
fn failed_sessions_have_a_count_of_their_own() {
    let sandbox = with_sessions(&[
        "completed",
        "failed",
        "interrupted",
        "failed",
        "completed",
        "running",
        "completed",
    ]);
    sandbox.xtask(&["prune", "--keep", "2", "--clock", NOW]).assert().code(0);
    assert_eq!(days(&sandbox), ["04", "05", "06", "07"]);
    let none = ["prune", "--keep", "2", "--keep-failed", "0", "--clock", NOW];
    sandbox.xtask(&none).assert().code(0);
    assert_eq!(days(&sandbox), ["05", "07"]);
}

#[test]
fn rules_of_all_kinds_work_together() {
    let sandbox = with_sessions(&["completed"; 7]);
    sandbox.xtask(&["tag", "20260103_000000", "--add", "paper", "--clock", NOW]).assert().code(0);
    let mut command = sandbox.xtask(&["prune", "--clock", NOW, "--keep-last", "1"]);
    command.args(["--keep-tag", "paper", "--keep-best", "1", "--metric", "sharpe"]);
    command.args(["--keep-within", "2d", "--keep-weekly", "2", "--dry-run"]);
    // Thursday 1 January to Wednesday 7 January; the week of the 4th.
    insta::assert_snapshot!(stdout(&mut command), @"
    would keep    archive  training_backup_20260107_000000.zip  (one of the 1 newest; weekly (1 of 2); within 2d; holds the model that is now in `models/`)
    would keep    archive  training_backup_20260106_000000.zip  (within 2d)
    would keep    archive  training_backup_20260104_000000.zip  (weekly (2 of 2))
    would keep    archive  training_backup_20260103_000000.zip  (tagged paper)
    would keep    archive  training_backup_20260101_000000.zip  (number 1 by sharpe)
    would remove  archive  training_backup_20260105_000000.zip  (no rule keeps it)
    would remove  archive  training_backup_20260102_000000.zip  (no rule keeps it)
    warning: 3 files (78 B) of `training_backup_20260105_000000.zip` would be gone for ever once the trash is emptied: `logs/session.json`, `logs/training.log`, `models/memory_efficient_model_final.zip`
    warning: 3 files (78 B) of `training_backup_20260102_000000.zip` would be gone for ever once the trash is emptied: `logs/session.json`, `logs/training.log`, `models/memory_efficient_model_final.zip`
    ");
}

/// The ruined account's record is as trainers made it of before they
/// told of ruin, and as they make it now.
#[test]
fn a_ruined_session_is_never_the_best() {
    let old = r#""net_return": -0.9999992, "sharpe": 4.028, "final_equity": 0.008,
        "initial_equity": 10000.0"#;
    let new = r#""net_return": -0.9999992, "sharpe": null, "final_equity": 0.008,
        "initial_equity": 10000.0, "ruined_at": "2017-11-05T06:30:00Z", "n_liquidations": 3"#;
    for (ruined, metric) in
        [(old, "sharpe"), (new, "sharpe"), (old, "net_return"), (new, "n_liquidations")]
    {
        let sandbox = Sandbox::with_session();
        let usual = |net: f64, sharpe: f64| {
            format!(r#""net_return": {net}, "sharpe": {sharpe}, "n_liquidations": 0"#)
        };
        let sessions = [ruined.to_owned(), usual(0.2514, 1.07), usual(0.0644, 0.64)];
        for (day, agent) in (1..).zip(sessions) {
            let record =
                format!(r#"{{"status": "completed", "metrics": {{"agent": {{{agent}}}}}}}"#);
            sandbox.write("logs/session.json", &record);
            let model = format!("model {day}");
            sandbox.write("models/memory_efficient_model_final.zip", &model);
            sandbox.archive(&format!("2026-01-{day:02}T00:00:00Z"));
        }
        let mut command = sandbox.xtask(&["prune", "--clock", NOW, "--keep", "1"]);
        command.args(["--keep-best", "3", "--metric", metric, "--dry-run"]);
        let plan = stdout(&mut command);
        let ruined = plan.lines().find(|line| line.contains("20260101")).unwrap();
        assert!(ruined.starts_with("would remove"), "{metric}: {plan}");
        assert!(plan.contains(&format!("number 2 by {metric}")), "{plan}");
    }
}

#[test]
fn a_policy_that_cannot_be_applied_deletes_nothing() {
    let sandbox = with_sessions(&["completed"; 3]);
    let before = tree(&sandbox.path("archives"));
    for policy in [
        &["--keep", "0"][..],
        &["--keep-daily", "0", "--keep-within", "0d"],
        &["--keep-failed", "1"],
        &["--keep-tag", "nosuch"],
        &["--keep", "1", "--keep-tag", "nosuch"],
        &["--keep-best", "1", "--metric", "nosuch"],
        &["--keep-best", "1"],
        &["--metric", "sharpe"],
        &["--keep-within", "30"],
        &["--keep-daily", "all"],
    ] {
        let mut command = sandbox.xtask(&["prune", "--clock", NOW]);
        command.args(policy).assert().code(2);
        assert_eq!(tree(&sandbox.path("archives")), before, "{policy:?}");
    }
    sandbox.write("config/config.json", r#"{"retention": {"keep": 0}}"#);
    sandbox.xtask(&["prune", "--clock", NOW]).assert().code(1);
    assert_eq!(tree(&sandbox.path("archives")), before);
}

#[test]
fn a_policy_of_the_settings_that_cannot_be_applied_is_a_warning_of_train() {
    for retention in [r#"{"keep": 0}"#, r#"{"keep": 1, "keep_tags": ["nosuch"]}"#] {
        let sandbox = with_sessions(&["completed"; 3]);
        sandbox.write("config/config.json", &format!(r#"{{"retention": {retention}}}"#));
        let trainer = sandbox.trainer(crate::support::COMPLETES);
        let (code, notes) = sandbox.train(&trainer, &[]);
        assert_eq!(code, 3, "{notes}");
        assert!(notes.contains("warning: old sessions were not pruned: "), "{notes}");
        assert_eq!(sandbox.archive_names().len(), 4);
    }
}

#[test]
fn flags_replace_the_policy_of_the_settings_whole() {
    let sandbox = with_sessions(&["completed"; 4]);
    sandbox.write("config/config.json", r#"{"retention": {"keep": 4, "keep_failed": 0}}"#);
    sandbox.xtask(&["prune", "--keep-daily", "2", "--clock", NOW]).assert().code(0);
    assert_eq!(days(&sandbox), ["03", "04"]);
}

#[test]
fn the_archive_of_the_current_model_is_never_removed() {
    let sandbox = with_sessions(&["completed"; 4]);
    sandbox.write("models/memory_efficient_model_final.zip", "model 1\n");
    sandbox.xtask(&["prune", "--keep", "1", "--clock", NOW]).assert().code(0);
    assert_eq!(days(&sandbox), ["02", "04"]);
    sandbox.write("models/memory_efficient_model_final.zip", "model 9\n");
    sandbox.xtask(&["prune", "--keep", "1", "--clock", NOW]).assert().code(0);
    assert_eq!(days(&sandbox), ["04"]);
}

#[test]
fn what_is_dated_in_the_future_stays_with_a_warning() {
    let sandbox = with_sessions(&["completed"; 4]);
    let stderr = sandbox
        .xtask(&["prune", "--keep", "1", "--clock", "2026-01-03T00:00:00Z"])
        .assert()
        .code(3)
        .stderr_text();
    assert_eq!(days(&sandbox), ["03", "04"]);
    assert!(stderr.contains("000000.zip` is dated in the future"));
}

#[test]
fn after_a_clock_was_set_back_the_order_is_that_of_the_runs() {
    let sandbox = with_sessions(&["completed"; 3]);
    sandbox.write("logs/training.log", "the real newest");
    let newest = sandbox.archive("2025-12-01T00:00:00Z");
    sandbox.xtask(&["prune", "--keep", "1", "--clock", NOW]).assert().code(0);
    // Day 3 holds the model that is in `models/`, as the newest does.
    assert_eq!(sandbox.archive_names(), [newest.manifest().name.clone()]);
}

#[test]
fn a_dry_run_warns_of_content_that_would_be_gone_for_ever() {
    let sandbox = with_sessions(&["completed"; 3]);
    // The second session is in a backup that stays.
    sandbox.write("backups/session_20260102_000000/logs/training.log", "session 1\n");
    let model = "backups/session_20260102_000000/models/memory_efficient_model_final.zip";
    sandbox.write(model, "model 1\n");
    sandbox.write(
        "backups/session_20260102_000000/logs/session.json",
        r#"{"status": "completed", "metrics": {"agent": {"sharpe": 9}}}"#,
    );
    let prune = ["prune", "--keep", "1", "--dry-run", "--clock", NOW];
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&prune)), @"
    would keep    archive  training_backup_20260103_000000.zip  (one of the 1 newest; holds the model that is now in `models/`)
    would remove  archive  training_backup_20260102_000000.zip  (no rule keeps it)
    would remove  archive  training_backup_20260101_000000.zip  (no rule keeps it)
    would keep    backup   session_20260102_000000  (one of the 1 newest)
    warning: 3 files (79 B) of `training_backup_20260101_000000.zip` would be gone for ever once the trash is emptied: `logs/session.json`, `logs/training.log`, `models/memory_efficient_model_final.zip`
    ");
    let document = json_of(&mut sandbox.xtask(&[&prune[..], &["--format", "json"]].concat()));
    let gone = document["gone_for_ever"].as_array().unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0]["name"], "training_backup_20260101_000000.zip");
}

#[test]
fn with_now_the_trash_is_skipped() {
    let sandbox = with_archives(&[1, 2, 3]);
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&["prune", "--keep", "1", "--now"])), @"
    kept          archive  training_backup_20260102_030403.zip  (one of the 1 newest; holds the model that is now in `models/`)
    deleted       archive  training_backup_20260102_030402.zip  (no rule keeps it)
    deleted       archive  training_backup_20260102_030401.zip  (no rule keeps it)
    kept          backup   session_20260102_030403  (one of the 1 newest)
    deleted       backup   session_20260102_030402  (no rule keeps it)
    deleted       backup   session_20260102_030401  (no rule keeps it)
    ");
    assert!(!sandbox.path("archives/.trash").exists() && !sandbox.path("backups/.trash").exists());
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (1, 1));
    assert_eq!(fs::read_dir(sandbox.path("backups")).unwrap().count(), 1);
}

#[test]
fn a_backup_that_is_the_only_copy_stays_unless_a_count_is_given() {
    let sandbox = with_archives(&[1, 2, 3]);
    sandbox.write("config/config.json", r#"{"retention": {"keep": 1}}"#);
    sandbox.xtask(&["prune"]).assert().code(0);
    sandbox.xtask(&["prune", "--keep-daily", "1"]).assert().code(0);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (1, 3));
    sandbox.xtask(&["prune", "--keep", "1"]).assert().code(0);
    assert_eq!(sandbox.backup_names().len(), 1);
}

#[test]
fn a_backup_follows_its_archive_when_the_trash_is_emptied() {
    let sandbox = Sandbox::new();
    for day in 1..=3 {
        sandbox.write("logs/training.log", &format!("session {day}"));
        let clock = format!("2026-01-0{day}T00:00:00Z");
        sandbox.xtask(&["clean-workspace", "--clock", &clock]).assert().code(0);
    }
    sandbox.write("config/config.json", r#"{"retention": {"keep_daily": 1}}"#);
    let prune = |clock| sandbox.xtask(&["prune", "--clock", clock]).assert().code(0);
    prune(NOW);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (1, 3));
    prune("2026-01-20T00:00:00Z");
    assert_eq!(sandbox.backup_names(), ["session_20260103_000000"]);
    let trashed = "backups/.trash/20260120_000000/session_20260101_000000/logs/training.log";
    assert_eq!(sandbox.read(trashed), "session 1");
}

#[test]
fn a_full_disk_does_not_keep_anyone_from_deleting() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let mount = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        std::process::Command::new(program).args(arguments).arg(mount.path()).status().unwrap()
    };
    if !run("mount", &["-t", "tmpfs", "-o", "size=4m", "none"]).success() {
        println!("skipped: may not mount a tmpfs");
        return;
    }
    for delete_mode in [&["prune", "--keep", "1"][..], &["prune", "--keep", "1", "--now"]] {
        let sandbox = with_sessions(&["completed"; 3]);
        let root = mount.path().join(delete_mode.len().to_string());
        let mut copy = std::process::Command::new("cp");
        assert!(copy.arg("-a").arg(sandbox.root()).arg(&root).status().unwrap().success());
        // Until nothing more fits.
        let mut filler = fs::File::create(mount.path().join("filler")).unwrap();
        while std::io::Write::write_all(&mut filler, &[1; 512]).is_ok() {}
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(delete_mode).args(["--clock", NOW, "--root"]).arg(&root).assert().code(0);
        let n_left = fs::read_dir(root.join("archives"))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "zip"))
            .count();
        assert_eq!(n_left, 1);
        fs::remove_file(mount.path().join("filler")).unwrap();
    }
    assert!(run("umount", &[]).success());
    println!("pruned 2 times on a full disk");
}
