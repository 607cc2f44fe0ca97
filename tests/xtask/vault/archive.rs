use std::fs::{self, File};
use std::io::Read;
use std::sync::atomic::AtomicBool;

use xtask::programs::process::WorkTree;
use xtask::tasks::steps::{ArchiveLabel, archive_now};
use xtask::vault::archive::{self, ArchiveRequest};
use xtask::vault::manifest::{ArchiveKind, GitState, Manifest};
use xtask::vault::session;
use xtask::workspace::digest::sha256;
use xtask::workspace::exit::code_of;

use crate::support::{CommandOutput, Sandbox, json_of, stdout, time};

fn request<'a>(interrupt: &'a AtomicBool, tags: &'a [String]) -> ArchiveRequest<'a> {
    ArchiveRequest {
        kind: ArchiveKind::Session,
        now: time("2026-01-02T03:04:05Z"),
        tags,
        note: Some("wider stops"),
        session: None,
        git: None,
        interrupt,
    }
}

#[test]
fn a_manifest_tells_all_of_an_archive() {
    let sandbox = Sandbox::with_session();
    sandbox.write(
        "logs/session.json",
        r#"{"format": 1, "id": "20260101_000000", "status": "completed", "reason": null,
            "tool_version": "0.1.0", "started_at": "2026-01-01T00:00:00Z",
            "finished_at": "2026-01-01T00:01:30Z", "seed": 42,
            "data": {"source": "bars.csv", "sha256": "ab", "n_bars": 1000,
                     "first": "2025-01-01T00:00:00Z", "last": "2025-12-31T23:30:00Z"},
            "config": {"sha256": "cd"},
            "metrics": {"agent": {"net_return": -0.05, "sharpe": null, "why": "text"}}}"#,
    );
    let tags = ["baseline".to_owned()];
    let interrupt = AtomicBool::new(false);
    let git = GitState {
        commit: Some("0123456789abcdef".to_owned()),
        branch: Some("main".to_owned()),
        dirty: Some(true),
        patch_cut: false,
        unknown: None,
    };
    let request = ArchiveRequest {
        session: session::read(sandbox.root()),
        git: Some(WorkTree { state: git, patch: b"--- a\n+++ b\n".to_vec(), left_out: Vec::new() }),
        ..request(&interrupt, &tags)
    };
    let receipt = archive::create(&sandbox.workspace(), &sandbox.scan(), &request).unwrap();
    insta::assert_json_snapshot!(receipt.manifest());
}

#[test]
fn the_zip_has_the_tree_of_the_design_and_a_list_of_digests() {
    let sandbox = Sandbox::with_session();
    let receipt = sandbox.archive("2026-01-02T03:04:05Z");
    let mut zip = zip::ZipArchive::new(File::open(receipt.path()).unwrap()).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    models/checkpoints/
    config/training_config.json
    logs/trades/trade_execution.log
    logs/training.log
    models/memory_efficient_model_final.zip
    root_checkpoints/policy.pth
    MANIFEST.json
    SHA256SUMS
    ");
    let mut sums = String::new();
    zip.by_name("SHA256SUMS").unwrap().read_to_string(&mut sums).unwrap();
    for line in sums.lines() {
        let (digest, name) = line.split_once("  ").unwrap();
        let (found, _) = sha256(zip.by_name(name).unwrap(), 1 << 20).unwrap();
        assert_eq!(digest, found, "{name}");
    }
    assert_eq!(sums.lines().count(), 6);
}

#[test]
fn the_same_files_at_the_same_time_give_the_same_bytes() {
    let bytes = || {
        let sandbox = Sandbox::with_session();
        fs::read(sandbox.archive("2026-01-02T03:04:05Z").path()).unwrap()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn two_archives_in_one_second_get_two_names() {
    let sandbox = Sandbox::with_session();
    for _ in 0..3 {
        sandbox.archive("2026-01-02T03:04:05Z");
    }
    assert_eq!(
        sandbox.archive_names(),
        [
            "training_backup_20260102_030405.zip",
            "training_backup_20260102_030405_2.zip",
            "training_backup_20260102_030405_3.zip"
        ]
    );
}

#[test]
fn the_run_number_grows_though_the_clock_goes_back() {
    let sandbox = Sandbox::with_session();
    sandbox.archive("2026-01-02T03:04:05Z");
    sandbox.archive("2025-01-02T03:04:05Z");
    let newest = sandbox.catalog();
    let newest = newest.find("latest").unwrap();
    assert_eq!(newest.name.short(), "20250102_030405");
    assert_eq!(newest.manifest().unwrap().run_number, 2);
}

#[test]
fn a_large_file_and_times_out_of_the_zips_range_come_back_whole() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.write("models/big.bin", &"0123456789abcdef".repeat(200_000));
    let before_1980 = std::time::SystemTime::UNIX_EPOCH;
    File::options().write(true).open(&path).unwrap().set_modified(before_1980).unwrap();
    let receipt = sandbox.archive("2026-01-02T03:04:05Z");
    let entry = receipt.manifest().files.iter().find(|file| file.path == "models/big.bin").unwrap();
    assert_eq!(entry.size_bytes, 3_200_000);
    assert_eq!(entry.modified_at, time("1970-01-01T00:00:00Z"));
}

#[test]
fn an_interrupt_leaves_no_archive_and_no_draft() {
    let sandbox = Sandbox::with_session();
    let interrupt = AtomicBool::new(true);
    let error = archive::create(&sandbox.workspace(), &sandbox.scan(), &request(&interrupt, &[]))
        .unwrap_err();
    assert_eq!(code_of(&error), 130);
    assert_eq!(fs::read_dir(sandbox.path("archives")).unwrap().count(), 0);
}

#[test]
fn a_manifest_with_an_unknown_field_or_format_is_refused() {
    let sandbox = Sandbox::with_session();
    let manifest = sandbox.archive("2026-01-02T03:04:05Z").manifest().clone();
    assert_eq!(Manifest::parse(&manifest.to_bytes()).unwrap(), manifest);
    let text = String::from_utf8(manifest.to_bytes()).unwrap();
    let unknown = text.replacen("\"tags\"", "\"tagz\": [], \"tags\"", 1);
    assert!(Manifest::parse(unknown.as_bytes()).is_err());
    let newer = text.replacen("\"format\": 1", "\"format\": 3", 1);
    insta::assert_snapshot!(
        Manifest::parse(newer.as_bytes()).unwrap_err(),
        @"`MANIFEST.json` has format 3, and this version reads formats 1 to 2; use a newer version of the tool"
    );
}

#[test]
fn the_work_trees_difference_is_kept() {
    let sandbox = Sandbox::with_session();
    let git = |arguments: &[&str]| {
        let status = std::process::Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
            .args(arguments)
            .current_dir(sandbox.root())
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
    };
    sandbox.write("model.py", "a = 1\n");
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["add", "model.py"]);
    git(&["commit", "--quiet", "--message", "first"]);
    let clean = sandbox.archive("2026-01-02T03:04:05Z");
    assert_eq!(clean.manifest().git.as_ref().unwrap().dirty, Some(false));
    sandbox.write("model.py", "a = 22\n");
    let receipt = sandbox.archive("2026-01-02T03:04:06Z");
    let state = receipt.manifest().git.as_ref().unwrap();
    assert_eq!((state.branch.as_deref(), state.dirty), (Some("main"), Some(true)));
    let mut zip = zip::ZipArchive::new(File::open(receipt.path()).unwrap()).unwrap();
    let mut patch = String::new();
    zip.by_name("git/dirty.patch").unwrap().read_to_string(&mut patch).unwrap();
    assert!(patch.contains("-a = 1\n+a = 22\n"), "{patch}");
}

#[test]
fn archive_on_an_empty_workspace_does_nothing_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("config/config.json", "{}");
    let printed = sandbox.xtask(&["archive"]).assert().code(10).stdout_text();
    insta::assert_snapshot!(
        printed,
        @"nothing to archive: `logs/`, `models/` and the root hold no session"
    );
    assert!(sandbox.archive_names().is_empty());
}

#[test]
fn archive_prints_what_it_made() {
    let sandbox = Sandbox::with_session();
    let mut command =
        sandbox.xtask(&["archive", "--clock", "2026-01-02T03:04:05Z", "--tag", "a", "--tag", "b"]);
    let text = stdout(&mut command);
    assert!(
        text.starts_with("archived  archives/training_backup_20260102_030405.zip (5 files, "),
        "{text}"
    );
    let document = json_of(command.args(["--format", "json"]));
    assert_eq!(document["archive"]["name"], "training_backup_20260102_030405_2.zip");
    let tags = sandbox.catalog().archives[0].manifest().unwrap().tags.clone();
    assert_eq!(tags, ["a", "b"]);
}

#[test]
fn what_is_skipped_is_noted() {
    let sandbox = Sandbox::with_session();
    std::os::unix::fs::symlink("/etc/hostname", sandbox.path("logs/outside")).unwrap();
    let (receipt, notes) = sandbox.run_task("2026-01-02T03:04:05Z", |context| {
        archive_now(context, ArchiveKind::Manual, &ArchiveLabel::default(), None).unwrap()
    });
    assert_eq!(receipt.manifest().skipped.len(), 1);
    insta::assert_snapshot!(
        notes.join("\n"),
        @"warning: `logs/outside` is not archived whole: a symlink out of the workspace"
    );
    sandbox.xtask(&["archive"]).assert().code(3);
}
