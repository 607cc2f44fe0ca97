//! Which archived sessions count as trials.

use crate::support::Sandbox;
use xtask::trials;

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
        let trials = trials::of(&self.sandbox.catalog()).trials;
        let cell = |trial: trials::Trial| (trial.config_sha256.unwrap(), trial.sharpe);
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
