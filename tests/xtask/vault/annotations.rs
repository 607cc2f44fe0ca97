use std::fs;

#[cfg(unix)]
use crate::support::{COMPLETES, CommandOutput};
use crate::support::{Sandbox, tree};

const NOW: &str = "2026-01-10T00:00:00Z";
const FIRST: &str = "archives/training_backup_20260101_000000.annotations.json";

/// Three archives of the first days of January, and a manual clock.
fn with_archives() -> Sandbox {
    let sandbox = Sandbox::with_session();
    for day in 1..=3 {
        sandbox.archive(&format!("2026-01-0{day}T00:00:00Z"));
    }
    sandbox
}

fn done(sandbox: &Sandbox, arguments: &[&str]) -> String {
    sandbox.xtask(arguments).args(["--clock", NOW]).assert().code(0).stdout_text()
}

#[test]
fn tags_pins_and_notes_show_everywhere_and_leave_the_zip_alone() {
    let sandbox = with_archives();
    let before = tree(&sandbox.path("archives"));
    done(&sandbox, &["tag", "20260101_000000", "--add", "paper", "--add", "final"]);
    done(&sandbox, &["tag", "20260101_000000", "--add", "paper", "--remove", "final"]);
    done(&sandbox, &["note", "20260101_000000", "the first"]);
    let text = done(&sandbox, &["pin", "20260101_000000", "--reason", "for the paper"]);
    insta::assert_snapshot!(text, @"
    archive  training_backup_20260101_000000.zip
    tags     paper
    pinned   yes: for the paper
    note     the first
    ");
    let show = done(&sandbox, &["show", "20260101_000000"]);
    for line in ["tags      paper\n", "note      the first\n", "pinned    yes: for the paper\n"] {
        assert!(show.contains(line), "{show}");
    }
    assert!(done(&sandbox, &["list"]).contains("paper,(pinned)"));
    let document: serde_json::Value =
        serde_json::from_str(&done(&sandbox, &["list", "--format", "json"])).unwrap();
    let row = &document["archives"][2];
    assert_eq!(row["tags"], serde_json::json!(["paper"]));
    assert_eq!((&row["pinned"], &row["note"]), (&true.into(), &"the first".into()));

    insta::assert_snapshot!(sandbox.read(FIRST), @r#"
    {
      "format": 1,
      "tags": [
        "paper"
      ],
      "pin": {
        "is_pinned": true,
        "reason": "for the paper",
        "since": "2026-01-10T00:00:00Z"
      },
      "note": "the first"
    }
    "#);
    fs::remove_file(sandbox.path(FIRST)).unwrap();
    assert_eq!(tree(&sandbox.path("archives")), before);
}

#[test]
fn the_tags_in_the_manifest_are_where_it_starts_from() {
    let sandbox = Sandbox::with_session();
    sandbox.xtask(&["archive", "--tag", "a", "--tag", "b", "--note", "old"]).assert().code(0);
    let text = done(&sandbox, &["tag", "latest", "--remove", "a", "--add", "c"]);
    assert!(text.contains("tags     b, c\n") && text.contains("note     old\n"), "{text}");
    let text = done(&sandbox, &["note", "latest", ""]);
    assert!(text.contains("note     -\n"), "{text}");
}

#[test]
fn wrong_words_are_refused() {
    let sandbox = with_archives();
    sandbox.xtask(&["tag", "latest"]).assert().code(2);
    sandbox.xtask(&["tag", "latest", "--add", "two words"]).assert().code(2);
    sandbox.xtask(&["pin", "20250101_000000"]).assert().code(1);
    sandbox.xtask(&["note", "latest"]).assert().code(2);
}

#[cfg(unix)]
#[test]
fn a_pin_holds_until_it_is_taken_off() {
    let sandbox = with_archives();
    done(&sandbox, &["pin", "20260101_000000"]);
    done(&sandbox, &["prune", "--keep", "1"]);
    assert_eq!(sandbox.archive_names().len(), 2);
    done(&sandbox, &["prune", "--keep", "1", "--now"]);
    sandbox.write("config/config.json", r#"{"retention": {"keep": 1}}"#);
    let trainer = sandbox.trainer(COMPLETES);
    assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    assert_eq!(sandbox.archive_names()[0], "training_backup_20260101_000000.zip");
    done(&sandbox, &["unpin", "20260101_000000"]);
    // Nor does the clock of this test stand before the new archives.
    sandbox.xtask(&["prune", "--keep", "1"]).assert().code(0);
    assert!(!sandbox.archive_names().contains(&"training_backup_20260101_000000.zip".to_owned()));
}

#[test]
fn pinning_again_keeps_the_first_reason() {
    let sandbox = with_archives();
    done(&sandbox, &["pin", "latest", "--reason", "paper"]);
    assert!(done(&sandbox, &["pin", "latest"]).contains("yes: paper"));
    assert!(done(&sandbox, &["pin", "latest", "--reason", "thesis"]).contains("yes: thesis"));
    let text = done(&sandbox, &["unpin", "latest"]);
    assert!(text.contains("pinned   no\n"), "{text}");
}

#[test]
fn annotations_follow_their_archive_into_the_trash_and_back() {
    let sandbox = with_archives();
    done(&sandbox, &["note", "20260101_000000", "the first"]);
    done(&sandbox, &["prune", "--keep", "1"]);
    assert!(!sandbox.path(FIRST).exists());
    done(&sandbox, &["undelete", "20260101_000000"]);
    assert!(done(&sandbox, &["show", "20260101_000000"]).contains("the first"));
    done(&sandbox, &["prune", "--keep", "1", "--now"]);
    assert!(!sandbox.path(FIRST).exists());
}

#[test]
fn a_kill_between_an_archive_and_its_annotations_is_recovered() {
    let sandbox = with_archives();
    done(&sandbox, &["note", "20260101_000000", "the first"]);
    let note = sandbox.read(FIRST);
    done(&sandbox, &["prune", "--keep", "1"]);
    // As if the kill came after the archive's rename.
    let trashed = "archives/.trash/20260110_000000";
    let name = FIRST.trim_start_matches("archives/");
    fs::rename(sandbox.path(&format!("{trashed}/{name}")), sandbox.path(FIRST)).unwrap();
    done(&sandbox, &["pin", "latest"]);
    assert_eq!(sandbox.read(&format!("{trashed}/{name}")), note);
    assert!(!sandbox.path(FIRST).exists());
}

#[cfg(unix)]
#[test]
fn behind_damaged_annotations_everything_stays() {
    for damage in ["{", r#"{"format": 2}"#, r#"{"format": 1, "pinnned": true}"#] {
        let sandbox = with_archives();
        sandbox.write(FIRST, damage);
        for task in [
            &["prune", "--keep", "1"][..],
            &["prune", "--keep", "1", "--now"],
            &["prune", "--keep", "1", "--dry-run"],
            &["pin", "20260101_000000"],
        ] {
            let text = sandbox.xtask(task).args(["--clock", NOW]).assert().code(1).stderr_text();
            assert!(text.contains(".annotations.json` cannot be read; repair"), "{text}");
        }
        assert_eq!(sandbox.archive_names().len(), 3);
        assert_eq!(sandbox.read(FIRST), damage);
        let printed = sandbox.xtask(&["list"]).assert().code(3).stdout_text();
        assert!(printed.contains("20260101_000000"));
        sandbox.write("config/config.json", r#"{"retention": {"keep": 1}}"#);
        let trainer = sandbox.trainer(COMPLETES);
        let (code, notes) = sandbox.train(&trainer, &[]);
        assert!(code == 3 && notes.contains("old sessions were not pruned"), "{code} {notes}");
        assert!(sandbox.archive_names().len() >= 4);
    }
}

#[test]
fn a_pin_in_the_trash_keeps_its_batch_from_being_emptied() {
    let sandbox = with_archives();
    done(&sandbox, &["prune", "--keep", "1"]);
    let batch = "archives/.trash/20260110_000000";
    sandbox.write(
        &format!("{batch}/training_backup_20260101_000000.annotations.json"),
        r#"{"format": 1, "pin": {"is_pinned": true, "since": "2026-01-01T00:00:00Z"}}"#,
    );
    let mut command = sandbox.xtask(&["prune", "--keep", "1", "--clock", "2026-03-01T00:00:00Z"]);
    command.assert().code(3);
    assert!(sandbox.path(&format!("{batch}/training_backup_20260101_000000.zip")).exists());
}
