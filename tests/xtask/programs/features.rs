//! What a build leaves out, and the build that then carries the task
//! out.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use xtask::programs::features::contains_zstd;

use crate::rawzip::{Raw, zip};
use crate::support::{Sandbox, json_of, stderr, stdout};

const BY_ZSTD: &str = r#"{"archive": {"compression": "zstd"}}"#;

fn packed_by(method: u16) -> Raw {
    Raw { method, ..Raw::file("logs/a.log", b"content") }
}

#[track_caller]
fn check(bytes: &[u8], is_zstd: bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    fs::write(&path, bytes).unwrap();
    assert_eq!(contains_zstd(&path), is_zstd);
}

#[test]
fn an_archive_tells_whether_it_is_packed_by_zstd() {
    check(&zip(&[packed_by(0), packed_by(93)]), true);
    check(&zip(&[packed_by(0), packed_by(8)]), false);
    check(b"no zip at all", false);
}

#[test]
fn one_that_is_cut_short_tells_it_by_its_entries() {
    let whole = zip(&[packed_by(8), packed_by(93)]);
    check(&whole[..whole.len() - 1], true);
    // Only the first entry's header is left.
    check(&whole[..40], false);
    check(&zip(&[packed_by(8)])[..40], false);
}

#[cfg(not(feature = "zstd"))]
#[test]
fn nothing_moves_before_a_lack_is_known() {
    use xtask::programs::features::{Feature, MissingFeature};
    use xtask::programs::process::TrainerProcess;
    use xtask::tasks::train::{ArchiveMode, Start, TrainOptions, TrainerSource, train};

    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", BY_ZSTD);
    let options = TrainOptions {
        archive: ArchiveMode::Archive,
        trainer: TrainerSource::Ready(sandbox.trainer("echo started > started")),
        arguments: Vec::new(),
        is_silent: true,
        label: xtask::tasks::steps::ArchiveLabel::default(),
        start: Start::Fresh,
        gates: Vec::new(),
        is_pushed: false,
    };
    let before = crate::support::tree(sandbox.root());
    let (result, _) = sandbox.run_task("2026-01-02T03:04:05Z", |context| {
        train(context, &TrainerProcess::default(), &options)
    });
    let error = result.unwrap_err();
    assert_eq!(error.downcast_ref::<MissingFeature>().unwrap().feature, Feature::Zstd);
    assert_eq!(crate::support::tree(sandbox.root()), before);
}

/// The program in a target folder of its own: what it builds is kept
/// there from test to test.
fn program() -> Option<&'static PathBuf> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    std::env::var_os("RUN_SLOW_TESTS")?;
    Some(PROGRAM.get_or_init(copy_program))
}

fn copy_program() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_xtask"));
    let folder = built.parent().unwrap().join("lack-test/debug");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("xtask");
    fs::copy(built, &program).unwrap();
    program
}

/// Builds C: minutes when it is cold.
#[test]
fn the_tool_gets_itself_what_zstd_takes() {
    let Some(program) = program() else { return };
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", BY_ZSTD);
    sandbox.write("logs/long.log", &"a line like any other\n".repeat(1000));
    let xtask = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::new(program);
        command.current_dir(sandbox.path("logs")).args(arguments);
        command
    };
    let text = stdout(&mut xtask(&["archive", "--clock", "2026-01-02T03:04:05Z"]));
    assert!(text.starts_with("archived  archives/training_backup_20260102_030405"), "{text}");
    assert!(contains_zstd(&sandbox.path("archives/training_backup_20260102_030405.zip")));

    // Built once: the second time says nothing of it.
    let mut verify = xtask(&["verify", "--all", "--format", "json"]);
    assert_eq!(stderr(&mut verify), "");
    let report = json_of(&mut verify);
    assert_eq!(report["archives"][0]["is_good"], true);

    // Arguments, the current folder and exit codes are the task's.
    xtask(&["restore", "latest", "--into", "../back"]).assert().code(0);
    assert_eq!(sandbox.read("back/policy.pth"), "weights\n");
    xtask(&["restore", "latest", "--into", "../back"]).assert().code(10);
    xtask(&["diff", "latest", "latest"]).assert().code(0);
    sandbox.write("config/config.json", "{}");
    xtask(&["restore", "latest", "--only", "no-such/"]).assert().code(1);
    xtask(&["verify", "latest"]).assert().code(0);
    // The archive holds the session: no second one is made of it.
    let text = stdout(&mut xtask(&["clean-workspace"]));
    assert!(text.starts_with("already archived"), "{text}");
    let path = sandbox.path("archives/training_backup_20260102_030405.zip");
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 100);
    fs::write(&path, bytes).unwrap();
    xtask(&["verify", "latest"]).assert().code(1);
    xtask(&["restore", "latest", "--into", "../half"]).assert().code(3);
    assert_eq!(sandbox.read("half/logs/training.log"), "trained\n");
}

#[test]
fn signals_reach_the_tool_that_was_built() {
    let Some(program) = program() else { return };
    let sandbox = Sandbox::new();
    sandbox.write("config/config.json", BY_ZSTD);
    let trainer = sandbox.trainer(
        "echo '{\"id\": \"now\", \"status\": \"running\"}' > logs/session.json\n\
         yes | head -c 50000 > logs/long.log\ntouch running\nread line\nexit 130",
    );
    let mut child = std::process::Command::new(program)
        .current_dir(sandbox.root())
        .args(["train", "--trainer-bin"])
        .arg(&trainer)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !sandbox.path("running").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(Duration::from_millis(20));
    }
    // One works in the workspace, and keeps the other out.
    let mut other = assert_cmd::Command::new(program);
    other.current_dir(sandbox.root()).arg("archive").assert().code(11);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(sandbox.archive_names().len(), 1);
    assert!(contains_zstd(&sandbox.catalog().archives[0].path));
}
