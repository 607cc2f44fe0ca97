//! Models that other frameworks leave in the workspace's root.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::support::Sandbox;

const NAMES: [&str; 18] = [
    "best.pt",
    "BEST2.PT",
    "a.pth",
    "a.pkl",
    "a.pickle",
    "last.ckpt",
    "model.safetensors",
    "net.onnx",
    "net.h5",
    "net.hdf5",
    "net.keras",
    "net.joblib",
    "net.pb",
    "net.tflite",
    "net.cbm",
    "net.weights",
    ".pth",
    "two words.pt",
];

fn zip_of(path: &Path, entries: &[&str]) {
    let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
    for entry in entries {
        zip.start_file(*entry, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(entry.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_model_by_any_usual_name_is_archived_and_moved() {
    let sandbox = Sandbox::new();
    for name in NAMES {
        sandbox.write(name, "the first");
    }
    zip_of(&sandbox.path("ppo.zip"), &["data", "policy.pth", "policy.optimizer.pth"]);
    zip_of(&sandbox.path("data.zip"), &["data", "bars.csv"]);
    sandbox.write("broken.zip", "no zip");
    sandbox.write("notes.txt", "mine");
    sandbox.write("folder.pt/x", "mine");
    sandbox.xtask(&["clean-workspace", "--clock", "2026-01-02T03:04:05Z"]).assert().code(0);
    let archive = &sandbox.catalog().archives[0];
    let mut held: Vec<&str> =
        archive.manifest().unwrap().files.iter().map(|it| &*it.path).collect();
    held.sort_unstable();
    let names = NAMES.iter().chain(&["ppo.zip"]);
    let mut expected: Vec<String> = names.map(|name| format!("root_checkpoints/{name}")).collect();
    expected.sort();
    assert_eq!(held, expected);
    for name in NAMES.iter().chain(&["ppo.zip"]) {
        assert!(!sandbox.path(name).exists(), "{name}");
        assert!(sandbox.path("backups/session_20260102_030405").join(name).exists(), "{name}");
    }
    for name in ["data.zip", "broken.zip", "notes.txt", "folder.pt/x"] {
        assert!(sandbox.path(name).exists(), "{name}");
    }
}

#[test]
fn models_in_the_root_can_be_left_out() {
    for config in [r#"{"root_models": false}"#, r#"{"exclude": ["*.pt"]}"#] {
        let sandbox = Sandbox::new();
        sandbox.write("config/config.json", &format!(r#"{{"archive": {config}}}"#));
        sandbox.write("best.pt", "mine");
        sandbox.xtask(&["clean-workspace"]).assert().code(0);
        assert_eq!(sandbox.read("best.pt"), "mine");
    }
}

#[test]
fn what_git_tracks_is_archived_and_stays() {
    let sandbox = Sandbox::new();
    let git = |arguments: &[&str]| {
        let user = ["-c", "user.name=x", "-c", "user.email=x@y"];
        let mut command = Command::new("git");
        command.args(user).args(arguments).current_dir(sandbox.root());
        assert!(command.output().unwrap().status.success());
    };
    sandbox.write("fixture.onnx", "committed");
    git(&["init", "--quiet"]);
    git(&["add", "fixture.onnx"]);
    git(&["commit", "--quiet", "--message", "x"]);
    sandbox.write("best.onnx", "trained");
    sandbox.xtask(&["clean-workspace"]).assert().code(0);
    assert_eq!(sandbox.read("fixture.onnx"), "committed");
    assert!(!sandbox.path("best.onnx").exists());
    assert_eq!(sandbox.catalog().archives[0].manifest().unwrap().files.len(), 2);
    // Nothing is left that a clean would move.
    sandbox.xtask(&["clean-workspace"]).assert().code(0);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (1, 1));
}

#[test]
fn a_training_that_writes_what_may_be_a_model_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("data.zip", "the user's");
    let trainer = sandbox.trainer("echo $$ > logs/a; date +%s%N > policy.bin; echo x > result.csv");
    for _ in 0..2 {
        let (code, notes) = sandbox.train(&trainer, &[]);
        assert_eq!(code, 3, "{notes}");
        assert!(notes.contains("`policy.bin` was written by this training"), "{notes}");
        assert!(!notes.contains("data.zip") && !notes.contains("result.csv"), "{notes}");
    }
    sandbox.write("config/config.json", r#"{"archive": {"exclude": ["policy.bin"]}}"#);
    assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    let include = r#"{"archive": {"include": ["logs/", "*.bin"]}}"#;
    sandbox.write("config/config.json", include);
    assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    let archives = sandbox.catalog().archives;
    let files = &archives.last().unwrap().manifest().unwrap().files;
    assert!(files.iter().any(|file| file.path == "root_checkpoints/policy.bin"));
}
