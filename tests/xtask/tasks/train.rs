use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use xtask::programs::process::{TrainerProcess, TrainerRun};
use xtask::tasks::TaskContext;
use xtask::tasks::steps::ArchiveLabel;
use xtask::tasks::train::{ArchiveMode, Start, TrainOptions, TrainerSource, train};
use xtask::terminal::report::Report;
use xtask::workspace::exit::Exit;
use xtask::workspace::exit::TrainerExit;

use crate::support::{COMPLETES, Sandbox, stdout, time, tree};

#[test]
fn a_cycle_archives_the_last_run_before_training() {
    let sandbox = Sandbox::with_session();
    let before = tree(sandbox.root());
    let trainer = sandbox.trainer(COMPLETES);
    assert_eq!(sandbox.train(&trainer, &["--clock", "2026-01-02T03:04:05Z"]).0, 0);
    let catalog = sandbox.catalog();
    let kinds: Vec<String> = catalog
        .archives
        .iter()
        .map(|archive| archive.manifest().unwrap().kind.to_string())
        .collect();
    assert_eq!(kinds, ["previous", "session"]);
    let moved = tree(&sandbox.path("backups/session_20260102_030405"));
    assert_eq!(moved["logs/training.log"], before["logs/training.log"]);
    assert!(sandbox.read("logs/training.log").starts_with("run"));
}

#[test]
fn each_session_makes_exactly_one_archive() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(COMPLETES);
    for n_runs in 1..=3 {
        assert_eq!(sandbox.train(&trainer, &[]).0, 0);
        assert_eq!(sandbox.archive_names().len(), n_runs);
        assert_eq!(sandbox.backup_names().len(), n_runs - 1);
    }
}

#[test]
fn six_runs_with_keep_five_leave_five() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(COMPLETES);
    for _ in 0..6 {
        assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    }
    assert_eq!(sandbox.archive_names().len(), 5);
    let numbers: Vec<u64> = sandbox
        .catalog()
        .archives
        .iter()
        .map(|archive| archive.manifest().unwrap().run_number)
        .collect();
    assert_eq!(numbers, [2, 3, 4, 5, 6]);
}

#[test]
fn a_training_that_does_not_complete_is_archived_as_what_it_is() {
    for (end, code, status) in [("exit 1", 1, "failed"), ("kill -KILL $$", 130, "interrupted")] {
        let sandbox = Sandbox::new();
        let trainer = sandbox.trainer(&format!(
            "echo broke > logs/training.log\n\
             echo '{{\"status\": \"running\"}}' > logs/session.json\n{end}",
        ));
        assert_eq!(sandbox.train(&trainer, &[]).0, code);
        let text = stdout(&mut sandbox.xtask(&["list"]));
        assert!(text.contains(&format!("session  {status}")), "{text}");
    }
}

#[test]
fn what_a_killed_run_left_is_archived_as_interrupted() {
    let sandbox = Sandbox::new();
    sandbox.write("logs/session.json", r#"{"status": "running", "seed": 7}"#);
    sandbox.write("logs/training.log", "half");
    let trainer = sandbox.trainer(COMPLETES);
    assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    let catalog = sandbox.catalog();
    let manifest = catalog.archives[0].manifest().unwrap();
    let session = manifest.session.as_ref().unwrap();
    assert_eq!((session.status.to_string().as_str(), session.seed), ("interrupted", Some(7)));
}

#[test]
fn a_trainer_that_keeps_no_record_still_gets_an_archive() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer("echo weights > policy.pth");
    assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    let catalog = sandbox.catalog();
    let manifest = catalog.archives[0].manifest().unwrap();
    assert_eq!(manifest.files[0].path, "root_checkpoints/policy.pth");
    assert_eq!(manifest.session.as_ref().unwrap().status.to_string(), "completed");
}

#[test]
fn a_trainer_that_fails_at_once_leaves_no_empty_archive() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer("exit 1");
    assert_eq!(sandbox.train(&trainer, &[]).0, 1);
    assert!(sandbox.archive_names().is_empty());
}

#[test]
fn without_archives_the_old_session_still_moves() {
    let sandbox = Sandbox::with_session();
    let trainer = sandbox.trainer(COMPLETES);
    let (code, notes) =
        sandbox.train(&trainer, &["--no-archive", "--clock", "2026-01-02T03:04:05Z"]);
    assert_eq!(code, 0);
    assert!(notes.contains("its only copy (--no-archive)"), "{notes}");
    assert!(sandbox.archive_names().is_empty());
    assert_eq!(sandbox.read("backups/session_20260102_030405/logs/training.log"), "trained\n");
}

#[test]
fn nothing_moves_when_the_session_cannot_be_archived() {
    let sandbox = Sandbox::with_session();
    // A file where the archive folder should be.
    sandbox.write("archives", "in the way");
    let before = tree(sandbox.root());
    let trainer = sandbox.trainer(COMPLETES);
    assert_eq!(sandbox.train(&trainer, &[]).0, 1);
    for (path, bytes) in before {
        assert_eq!(fs::read(sandbox.path(&path)).unwrap(), bytes, "{path}");
    }
}

#[test]
fn a_missing_trainer_is_wrong_usage_and_moves_nothing() {
    let sandbox = Sandbox::with_session();
    let (code, notes) = sandbox.train(&sandbox.path("no-such-trainer"), &[]);
    assert_eq!(code, 2, "{notes}");
    assert!(sandbox.backup_names().is_empty());
}

#[test]
fn the_trainer_gets_its_flags() {
    let sandbox = Sandbox::new();
    sandbox.write("bars.csv", "x");
    let trainer = sandbox.trainer("echo \"$@\" > logs/arguments");
    let arguments = [
        "--data",
        "bars.csv",
        "--episodes",
        "3",
        "--seed",
        "7",
        "--threads",
        "2",
        "--default",
        "--steps-per-batch",
        "500",
    ];
    assert_eq!(sandbox.train(&trainer, &arguments).0, 0);
    let root = sandbox.root().canonicalize().unwrap();
    assert_eq!(
        sandbox.read("logs/arguments").replace(root.to_str().unwrap(), "[root]"),
        "train --root [root] --exit-with-parent --data bars.csv --episodes 3 \
         --steps-per-batch 500 --seed 7 --threads 2 --default\n"
    );
}

#[test]
fn the_document_of_a_train_is_the_only_thing_on_stdout() {
    let sandbox = Sandbox::with_session();
    let trainer = sandbox.trainer(&format!("echo chatter\n{COMPLETES}"));
    let output = sandbox
        .xtask(&["train", "--format", "json", "--tag", "ci", "--note", "nightly"])
        .arg("--trainer-bin")
        .arg(&trainer)
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["status"], "completed");
    assert_eq!(document["model"], "models/memory_efficient_model_final.zip");
    assert_eq!(document["session"]["metrics"]["agent"]["sharpe"], 0.5);
    assert_eq!(document["previous"]["is_new_archive"], true);
    let name = document["archive"]["name"].as_str().unwrap();
    let catalog = sandbox.catalog();
    let manifest = catalog.find(name).unwrap().manifest().unwrap();
    assert_eq!(
        (manifest.tags.clone(), manifest.note.as_deref()),
        (vec!["ci".into()], Some("nightly"))
    );
}

#[test]
fn the_summary_names_archive_model_and_backup() {
    let sandbox = Sandbox::with_session();
    let trainer = sandbox.trainer(COMPLETES);
    let mut command = sandbox.xtask(&["train", "--clock", "2026-01-02T03:04:05Z", "--trainer-bin"]);
    let text = stdout(command.arg(&trainer));
    let text: String =
        text.lines().map(|line| line.split(" (").next().unwrap().to_owned() + "\n").collect();
    insta::assert_snapshot!(text, @"
    session   completed
    previous  training_backup_20260102_030405.zip, moved to backups/session_20260102_030405
    model     models/memory_efficient_model_final.zip
    archive   archives/training_backup_20260102_030405_2.zip
    keeps     the newest 5 archives and backups; `retention` in config/config.json changes that
    ");
}

#[test]
fn a_signal_while_the_old_session_moves_starts_no_training() {
    for archive in [ArchiveMode::Archive, ArchiveMode::MoveOnly] {
        let sandbox = Sandbox::with_session();
        let workspace = sandbox.workspace();
        let interrupt = AtomicBool::new(false);
        let backups = sandbox.path("backups");
        // The clock is read after the move, too.
        let clock = || {
            interrupt.fetch_or(backups.exists(), Ordering::Relaxed);
            time("2026-01-02T03:04:05Z")
        };
        let mut context = TaskContext {
            workspace: &workspace,
            clock: &clock,
            interrupt: &interrupt,
            on_message: &mut |_| {},
        };
        let options = TrainOptions {
            archive,
            trainer: TrainerSource::Ready(sandbox.trainer("touch started")),
            arguments: Vec::new(),
            is_silent: true,
            label: ArchiveLabel::default(),
            start: Start::Fresh,
            gates: Vec::new(),
            is_pushed: false,
        };
        let report = train(&mut context, &TrainerProcess::default(), &options).unwrap();
        assert_eq!(report.exit(), Exit::Interrupted);
        assert!(!sandbox.path("started").exists());
        let previous = report.previous.as_ref().unwrap();
        assert_eq!(sandbox.read(&format!("{}/logs/training.log", previous.backup)), "trained\n");
        let text = report.text();
        assert!(text.starts_with("session   interrupted\nprevious  "), "{text}");
        assert!(text.ends_with("archive   none made\n"), "{text}");
    }
}

#[test]
fn a_wish_to_stop_waits_for_the_trainer_that_is_not_there_yet() {
    let sandbox = Sandbox::new();
    let binary =
        sandbox.trainer("read first; read second; echo \"$first $second\" > told; exit 130");
    let trainer = TrainerProcess::default();
    trainer.stop();
    trainer.stop();
    let run = TrainerRun { binary: &binary, root: sandbox.root(), arguments: &[], is_silent: true };
    assert_eq!(trainer.run(&run).unwrap(), TrainerExit::INTERRUPTED);
    assert_eq!(sandbox.read("told"), "stop stop\n");
}

#[test]
fn a_sealed_record_outranks_the_exit_of_the_trainer() {
    for (record, end, expected, code) in [
        ("completed", "exit 1", "completed", 3),
        ("completed", "exit 130", "completed", 3),
        ("completed", "kill -9 $$", "completed", 3),
        ("completed", "kill -PIPE $$", "completed", 3),
        ("interrupted", "exit 1", "interrupted", 130),
        ("interrupted", "exit 130", "interrupted", 130),
        ("failed", "exit 1", "failed", 1),
        ("failed", "exit 0", "failed", 1),
        // Not sealed: the exit tells.
        ("running", "exit 1", "failed", 1),
        ("running", "exit 130", "interrupted", 130),
        ("running", "kill -9 $$", "interrupted", 130),
        ("running", "exit 0", "unknown", 1),
    ] {
        let sandbox = Sandbox::new();
        let body = format!(
            "echo log > logs/training.log; echo '{{\"status\":\"{record}\"}}' > logs/session.json; {end}"
        );
        let trainer = sandbox.trainer(&body);
        let (exit, notes) = sandbox.train(&trainer, &[]);
        let archive = &sandbox.catalog().archives[0];
        let status = archive.manifest().unwrap().session.as_ref().unwrap().status.to_string();
        assert_eq!((status.as_str(), exit), (expected, code), "{record} {end}: {notes}");
    }
}

#[test]
fn a_session_is_completed_whatever_becomes_of_its_printing() {
    let sandbox = Sandbox::new();
    // Fails as a program does that cannot print its result.
    let body = format!("{COMPLETES}\necho table || exit 1");
    let trainer = sandbox.trainer(&body);
    let xtask = env!("CARGO_BIN_EXE_xtask");
    for end in [">/dev/full", ">&-", "| true", ">/dev/full 2>/dev/full", ">&- 2>&-"] {
        let command = format!(
            "{xtask} --root {root} train --trainer-bin {trainer} {end}",
            root = sandbox.root().display(),
            trainer = trainer.display()
        );
        std::process::Command::new("sh").args(["-c", &command]).status().unwrap();
        let archives = sandbox.catalog().archives;
        let session = archives.last().unwrap().manifest().unwrap().session.as_ref().unwrap();
        assert_eq!(session.status.to_string(), "completed", "{end}");
    }
    assert_eq!(sandbox.archive_names().len(), 5);
}

#[test]
fn without_a_policy_the_closing_lines_say_what_stays() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(COMPLETES);
    let text = |sandbox: &Sandbox| stdout(sandbox.xtask(&["train", "--trainer-bin"]).arg(&trainer));
    let line = "keeps     the newest 5 archives and backups; `retention` in config/config.json";
    assert!(text(&sandbox).contains(line), "{}", text(&sandbox));
    for (policy, is_said) in [
        (r#"{"keep": 5}"#, false),
        (r#"{"keep_daily": 3}"#, false),
        (r#"{"keep_failed": 1, "trash_days": 3}"#, true),
    ] {
        sandbox.write("config/config.json", &format!(r#"{{"retention": {policy}}}"#));
        assert_eq!(text(&sandbox).contains(line), is_said, "{policy}");
    }
    let help = stdout(&mut sandbox.xtask(&["train", "--help"]));
    assert!(help.contains("without a policy there the newest 5 stay"), "{help}");
}
