//! Which archived sessions count as trials.

use crate::support::{CommandOutput, Sandbox};
use xtask::tasks::trials;

/// Archives a session with these figures, a minute after the last.
struct History {
    sandbox: Sandbox,
    minute: u32,
}

impl History {
    fn new() -> Self {
        Self { sandbox: Sandbox::new(), minute: 0 }
    }

    /// `settings` and `data` stand for digests.
    fn add(&mut self, settings: &str, data: &str, sharpe: &str) -> String {
        self.add_session(settings, data, sharpe, "null")
    }

    fn add_session(&mut self, settings: &str, data: &str, sharpe: &str, from: &str) -> String {
        self.minute += 1;
        let id = format!("20260101_00{:02}00", self.minute);
        let agent = format!(
            r#"{{"sharpe": {sharpe}, "n_bars": 100, "periods_per_year": {{"value": 400}}}}"#
        );
        self.sandbox.write(
            "logs/session.json",
            &format!(
                r#"{{"id": "{id}", "status": "completed", "resumed_from": {from},
                    "config": {{"sha256": "{settings}"}}, "data": {{"sha256": "{data}"}},
                    "metrics": {{"agent": {agent}}}}}"#
            ),
        );
        self.sandbox.archive(&format!("2026-01-01T00:{:02}:00Z", self.minute));
        id
    }

    /// The settings and Sharpe ratios that count.
    fn counted(&self) -> Vec<(String, Option<f64>)> {
        let lines = self.sandbox.run_task("2026-02-01T00:00:00Z", trials::remember).0.unwrap();
        let trials = trials::of(&lines).trials;
        let cell = |trial: trials::EarlierTrial| (trial.config_sha256.unwrap(), trial.sharpe);
        trials.into_iter().map(cell).collect()
    }
}

#[test]
fn each_judged_session_counts_once_with_its_ratio_per_bar() {
    let mut history = History::new();
    history.add("one", "bars", "2.0");
    history.add("two", "bars", "-1.0");
    history.add("idle", "bars", "null");
    // The same session, archived once more, and one that was not judged.
    history.add("one", "bars", "2.0");
    history.sandbox.write("logs/session.json", r#"{"status": "failed"}"#);
    history.sandbox.archive("2026-01-01T01:00:00Z");
    let expected =
        [("two", Some(-0.05)), ("idle", None), ("one", Some(0.1))].map(|(k, v)| (k.to_owned(), v));
    assert_eq!(history.counted(), expected);
    // Other bars are other trials.
    history.add("one", "others", "2.0");
    assert_eq!(history.counted().len(), 4);
}

#[test]
fn a_resumed_session_counts_as_what_it_became() {
    let mut history = History::new();
    let id = history.add("before", "bars", "5.0");
    let from = format!(r#"{{"session": "{id}"}}"#);
    history.add_session("after", "bars", "1.0", &from);
    assert_eq!(history.counted(), [("after".to_owned(), Some(0.05))]);
}

#[test]
fn the_trainer_gets_the_trials_of_the_archives() {
    let mut history = History::new();
    history.add("one", "bars", "2.0");
    let trainer = history.sandbox.trainer("cp \"$6\" logs/trials; echo \"$5\" > logs/flag");
    assert_eq!(history.sandbox.train(&trainer, &[]).0, 0);
    assert_eq!(history.sandbox.read("logs/flag"), "--earlier-trials\n");
    insta::assert_snapshot!(history.sandbox.read("logs/trials"), @r#"
    {
      "format": 1,
      "trials": [
        {
          "archive": "training_backup_20260101_000100.zip",
          "config_sha256": "one",
          "data_sha256": "bars",
          "n_bars": 100,
          "sharpe": 0.1
        }
      ]
    }
    "#);
}

/// A trainer that leaves a session judged on the same bars, of the seed
/// it was given, and notes how many trials it was told of.
const JUDGED: &str = r#"
file=/dev/null; before=
for word; do [ "$before" = --earlier-trials ] && file=$word; before=$word; done
grep -c '"n_bars"' "$file" > logs/n_trials; echo $$ $(date +%N) > models/m
echo "{\"id\":\"$$\",\"status\":\"${STATUS:-completed}\",\"config\":{\"sha256\":\"$$\"},
  \"data\":{\"sha256\":\"bars\"},\"metrics\":{\"agent\":{\"sharpe\":${SHARPE:-1.5},\"n_bars\":100,
  \"periods_per_year\":{\"value\":400}}}}" > logs/session.json
exit ${CODE:-0}
"#;

fn n_trials_passed(sandbox: &Sandbox) -> String {
    sandbox.read("logs/n_trials").trim().to_owned()
}

#[test]
fn trials_are_counted_when_their_archives_are_gone() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(JUDGED);
    for n_before in 0..9 {
        assert_eq!(sandbox.train(&trainer, &[]).0, 0);
        assert_eq!(n_trials_passed(&sandbox), n_before.to_string());
    }
    assert_eq!(sandbox.archive_names().len(), 5);
    // Deleted by hand, and the trash with them.
    std::fs::remove_dir_all(sandbox.path("archives/.trash")).unwrap();
    for archive in sandbox.catalog().archives {
        std::fs::remove_file(archive.path).unwrap();
    }
    sandbox.xtask(&["clean-workspace"]).assert().code(0);
    assert_eq!(sandbox.train(&trainer, &["--no-archive"]).0, 0);
    assert_eq!(n_trials_passed(&sandbox), "9");
    // What was never archived was judged, too.
    assert_eq!(sandbox.train(&trainer, &["--no-archive"]).0, 0);
    assert_eq!(n_trials_passed(&sandbox), "10");
}

#[test]
fn failed_interrupted_and_ruined_sessions_are_trials() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(JUDGED);
    for (status, sharpe, code) in
        [("failed", "1.0", 1), ("interrupted", "1.0", 130), ("completed", "null", 0)]
    {
        let mut command = sandbox.xtask(&["train", "--trainer-bin"]);
        command.arg(&trainer).env("STATUS", status).env("SHARPE", sharpe);
        command.env("CODE", code.to_string()).assert().code(code);
    }
    sandbox.xtask(&["prune", "--keep", "1", "--keep-failed", "0", "--now"]).assert().code(0);
    assert_eq!(sandbox.archive_names().len(), 1);
    assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    assert_eq!(n_trials_passed(&sandbox), "3");
}

#[test]
fn a_prune_counts_what_no_train_has_seen() {
    let mut history = History::new();
    for settings in ["one", "two", "three"] {
        history.add(settings, "bars", "1.0");
    }
    std::fs::remove_file(history.sandbox.path("logs/session.json")).unwrap();
    history.sandbox.xtask(&["prune", "--keep", "1", "--now"]).assert().code(0);
    assert_eq!(history.sandbox.archive_names().len(), 1);
    assert_eq!(history.counted().len(), 3);
}

#[test]
fn a_line_that_a_kill_cut_short_is_written_again() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(JUDGED);
    for _ in 0..3 {
        assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    }
    for ledger in ["archives/trials.jsonl", ".trainvault/trials.jsonl"] {
        let text = sandbox.read(ledger);
        std::fs::write(sandbox.path(ledger), &text[..text.len() - 40]).unwrap();
    }
    let (code, notes) = sandbox.train(&trainer, &[]);
    assert_eq!((code, n_trials_passed(&sandbox).as_str()), (0, "3"), "{notes}");
    let text = sandbox.read("archives/trials.jsonl");
    let good = text.lines().filter(|line| serde_json::from_str::<trials::LedgerLine>(line).is_ok());
    assert_eq!((good.count(), text.lines().count()), (4, 5), "{text}");
}

#[test]
fn a_ledger_that_was_deleted_is_told_and_comes_back() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(JUDGED);
    for _ in 0..7 {
        assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    }
    std::fs::remove_file(sandbox.path("archives/trials.jsonl")).unwrap();
    let (code, notes) = sandbox.train(&trainer, &[]);
    assert_eq!((code, n_trials_passed(&sandbox).as_str()), (3, "7"), "{notes}");
    assert!(notes.contains("`archives/trials.jsonl` has lost 7 of 7 sessions"), "{notes}");
    std::fs::remove_file(sandbox.path(".trainvault/trials.jsonl")).unwrap();
    assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    assert_eq!(n_trials_passed(&sandbox), "8");
}

#[test]
fn workspaces_that_share_their_archives_share_their_trials() {
    let shared = tempfile::tempdir().unwrap();
    let workspace = || {
        let sandbox = Sandbox::new();
        let folder = shared.path().to_str().unwrap();
        let config =
            format!(r#"{{"archive": {{"folder": "{folder}"}}, "retention": {{"keep": 1}}}}"#);
        sandbox.write("config/config.json", &config);
        sandbox
    };
    let (one, two) = (workspace(), workspace());
    for (n_before, sandbox) in [&one, &two, &one, &one, &two].into_iter().enumerate() {
        // Two archives of one second are of one name.
        let clock = format!("2026-01-01T00:00:{n_before:02}Z");
        let trainer = sandbox.trainer(JUDGED);
        assert_eq!(sandbox.train(&trainer, &["--clock", &clock]).0, 0);
        assert_eq!(n_trials_passed(sandbox), n_before.to_string());
    }
}

#[test]
fn the_doctor_knows_the_ledger() {
    let mut history = History::new();
    history.add("one", "bars", "2.0");
    assert_eq!(history.counted().len(), 1);
    assert!(history.sandbox.path("archives/trials.jsonl").is_file());
    let text = history.sandbox.xtask(&["doctor"]).assert().code(0).stdout_text();
    assert!(text.starts_with("nothing is wrong"), "{text}");
}
