//! Pages of sessions, in the workspace and in archives.

use std::fs;

use serde_json::Value;

use crate::support::{CommandOutput, Sandbox, tree};
use crate::tasks::cycle::{by_trainer, train, with_bars};

/// A workspace with two archived sessions that differ in the seed.
fn with_two_sessions() -> Sandbox {
    let sandbox = with_bars(1);
    for (seed, clock) in [("1", "2026-01-02T03:04:05Z"), ("2", "2026-01-02T04:04:05Z")] {
        assert_eq!(train(&sandbox, &["--seed", seed, "--clock", clock]).0, 0);
    }
    sandbox
}

fn document(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let (code, stdout, stderr) = by_trainer(sandbox, arguments);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

#[test]
fn pages_of_archives_and_of_the_workspace_leave_all_else_as_it_is() {
    let sandbox = with_two_sessions();
    let before = tree(sandbox.root());
    let archives = sandbox.archive_names();
    let packed = document(&sandbox, &["report", "latest", "--format", "json"]);
    let session = &packed["sessions"][0];
    assert_eq!(session["archive"], archives[1].as_str());
    assert_eq!(session["notes"], serde_json::json!([]));
    let page = sandbox.read(&format!("reports/{}", archives[1].replace(".zip", ".html")));
    assert!(page.contains(&archives[1]));
    let live = document(&sandbox, &["report", "--format", "json"]);
    assert_eq!(live["sessions"][0]["metrics"], session["metrics"]);
    assert!(sandbox.path("reports/workspace.html").is_file());
    assert_eq!(by_trainer(&sandbox, &["report", "20260102_030405", "--out", "mine.html"]).0, 0);
    fs::remove_dir_all(sandbox.path("reports")).unwrap();
    fs::remove_file(sandbox.path("mine.html")).unwrap();
    assert_eq!(tree(sandbox.root()).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[test]
fn a_comparison_tells_what_differs() {
    let sandbox = with_two_sessions();
    let arguments = ["compare", "20260102_030405", "latest"];
    let found = document(&sandbox, &[&arguments[..], &["--format", "json"]].concat());
    let expected = serde_json::json!([{ "name": "seed", "values": ["1", "2"] }]);
    assert_eq!(found["differences"], expected);
    let (code, text, _) = by_trainer(&sandbox, &arguments);
    assert_eq!(code, 0);
    assert!(text.contains("What differs:\nseed  1  2\n"), "{text}");
    assert!(sandbox.read("reports/comparison.html").contains("What differs"));
}

#[test]
fn a_page_of_nothing_names_the_remedy() {
    let sandbox = Sandbox::new();
    let (code, _, text) = by_trainer(&sandbox, &["report"]);
    assert_eq!(code, 1);
    assert!(text.contains("train one by `cargo xtask train`"), "{text}");
    let (code, _, text) = by_trainer(&sandbox, &["report", "latest"]);
    assert_eq!(code, 1);
    assert!(text.contains("there is no archive yet"), "{text}");
}

/// A trainer that makes a page of anything, and a program of the system
/// that shows pages, which does `body`.
#[cfg(target_os = "linux")]
fn open_by(body: &str) -> (Sandbox, assert_cmd::Command) {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_session();
    let trainer = sandbox.trainer(
        "for word; do [ \"$last\" = --out ] && mkdir -p reports && echo page > \"$word\"\n\
         last=$word; done; echo made",
    );
    let opener = sandbox.path("bin/xdg-open");
    fs::create_dir(sandbox.path("bin")).unwrap();
    fs::write(&opener, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.xtask(&["report", "--open", "--trainer-bin"]);
    let path = format!("{}:/usr/bin:/bin", sandbox.path("bin").display());
    command.arg(trainer).env("PATH", path);
    (sandbox, command)
}

#[cfg(target_os = "linux")]
#[test]
fn a_page_is_shown_by_the_program_of_the_system() {
    let (sandbox, mut command) = open_by("cat \"$1\" > shown; echo \"$1\" >> shown; echo noise");
    command.assert().code(0).stdout("made\n").stderr("");
    let page = sandbox.root().canonicalize().unwrap().join("reports/workspace.html");
    assert_eq!(sandbox.read("shown"), format!("page\n{}\n", page.display()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_page_that_nothing_shows_is_made_all_the_same() {
    let (sandbox, mut command) = open_by("exit 3");
    let stderr = command.assert().code(3).stderr_text();
    assert!(stderr.starts_with("warning: no program shows `"), "{stderr}");
    assert!(stderr.contains("open it in a browser"), "{stderr}");
    assert_eq!(sandbox.read("reports/workspace.html"), "page\n");
}

#[test]
fn the_trainer_that_watches_has_the_terminal_and_the_signals_for_itself() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer("echo $$ > pid; echo \"$1 $2\" > told; exit 130");
    let mut watch = sandbox.process(&["watch", "--trainer-bin"]).arg(trainer).spawn().unwrap();
    assert_eq!(watch.wait().unwrap().code(), Some(130));
    assert_eq!(sandbox.read("pid").trim(), watch.id().to_string());
    assert_eq!(sandbox.read("told"), "watch --root\n");
}
