//! `export` and `tensorboard`: which files reach the programs, whether
//! they are whole, and when the cache forgets them.

use std::fs;
use std::path::PathBuf;

use crate::support::{Sandbox, tree};

/// A session with curves and a trace, archived, then lost.
fn archived() -> Sandbox {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", "{}\n");
    sandbox.write("logs/tensorboard/events.out.tfevents.1.trainer", "the curves\n");
    sandbox.write("logs/trades/equity.csv", "time,equity\n");
    sandbox.archive("2026-01-02T03:04:05Z");
    fs::remove_dir_all(sandbox.path("logs")).unwrap();
    sandbox
}

/// A program that prints its arguments, and what is in the folder that
/// the second of them names.
fn program(sandbox: &Sandbox) -> String {
    let path = sandbox.trainer(r#"echo "$@"; ls -- "${3:-$2}" 2>/dev/null; exit 0"#);
    path.to_str().unwrap().to_owned()
}

#[track_caller]
fn run(sandbox: &Sandbox, arguments: &[&str], code: i32) -> (String, String) {
    let output = sandbox.xtask(arguments).output().unwrap();
    let hide = |bytes: &[u8]| {
        let root = sandbox.root().canonicalize().unwrap();
        String::from_utf8_lossy(bytes).replace(&*root.to_string_lossy(), "[root]")
    };
    let (stdout, stderr) = (hide(&output.stdout), hide(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    (stdout, stderr)
}

fn unpacked(sandbox: &Sandbox) -> Vec<PathBuf> {
    let folder = sandbox.path(".trainvault/unpacked");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

#[test]
fn tensorboard_looks_at_the_live_curves() {
    let sandbox = Sandbox::with_session();
    sandbox.write("logs/tensorboard/events.out.tfevents.1.trainer", "the curves\n");
    let program = program(&sandbox);
    let arguments = ["tensorboard", "--tensorboard-bin", &program, "--", "--port", "6007"];
    let (printed, stderr) = run(&sandbox, &arguments, 0);
    assert!(printed.starts_with("--logdir [root]/logs/tensorboard --port 6007\n"), "{printed}");
    assert_eq!(stderr, "");
    assert_eq!(unpacked(&sandbox), Vec::<PathBuf>::new());
}

#[test]
fn tensorboard_looks_at_archives_as_they_were_sealed() {
    let sandbox = archived();
    let program = program(&sandbox);
    let arguments = ["tensorboard", "--tensorboard-bin", &program, "latest"];
    let (printed, _) = run(&sandbox, &arguments, 0);
    assert!(printed.contains("--logdir [root]/.trainvault/unpacked/training_backup_2026"));
    let folder = &unpacked(&sandbox)[0];
    let expected = ["logs/tensorboard/events.out.tfevents.1.trainer"];
    assert_eq!(tree(folder).keys().collect::<Vec<_>>(), expected);
    // A file that someone changed comes back as it was.
    let file = folder.join(expected[0]);
    fs::write(&file, "other curves").unwrap();
    run(&sandbox, &arguments, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "the curves\n");
}

#[test]
fn several_sessions_get_names_of_their_own() {
    let sandbox = archived();
    let program = program(&sandbox);
    let arguments = ["tensorboard", "--tensorboard-bin", &program, ".", "20260102_030405"];
    let (printed, stderr) = run(&sandbox, &arguments, 0);
    let spec = "--logdir_spec live:[root]/logs/tensorboard,training_backup_20260102_030405:[root]/";
    assert!(printed.starts_with(spec), "{printed}");
    assert!(stderr.contains("no curves yet"), "{stderr}");
}

#[test]
fn without_tensorboard_the_error_has_the_remedy() {
    let sandbox = Sandbox::with_session();
    let missing = sandbox.path("no/tensorboard");
    let arguments = ["tensorboard", "--tensorboard-bin", missing.to_str().unwrap()];
    let (_, stderr) = run(&sandbox, &arguments, 1);
    assert!(stderr.contains("install it by `pip install tensorboard`"), "{stderr}");
    let failing = sandbox.trainer("exit 3");
    run(&sandbox, &["tensorboard", "--tensorboard-bin", failing.to_str().unwrap()], 1);
}

#[test]
fn an_archive_without_curves_is_an_error() {
    let sandbox = Sandbox::with_session();
    sandbox.archive("2026-01-02T03:04:05Z");
    let program = program(&sandbox);
    let arguments = ["tensorboard", "--tensorboard-bin", &program, "latest"];
    let (_, stderr) = run(&sandbox, &arguments, 1);
    assert!(stderr.contains("holds no curves; train with `enable_tensorboard`"), "{stderr}");
}

#[test]
fn the_cache_forgets_what_is_old_or_gone() {
    let sandbox = archived();
    let program = program(&sandbox);
    let look = |now: &str, names: &[&str]| {
        let mut arguments = vec!["tensorboard", "--clock", now, "--tensorboard-bin", &program];
        arguments.extend(names);
        run(&sandbox, &arguments, 0);
        unpacked(&sandbox).len()
    };
    assert_eq!(look("2026-01-03T00:00:00Z", &["latest"]), 1);
    assert_eq!(look("2026-01-09T00:00:00Z", &["."]), 1);
    assert_eq!(look("2026-01-11T00:00:00Z", &["."]), 0);
    assert_eq!(look("2026-01-11T00:00:00Z", &["latest"]), 1);
    fs::remove_dir_all(sandbox.path("archives")).unwrap();
    assert_eq!(look("2026-01-11T00:00:01Z", &["."]), 0);
}

#[test]
fn export_passes_the_session_and_its_labels_to_the_trainer() {
    let sandbox = archived();
    run(&sandbox, &["tag", "latest", "--add", "paper"], 0);
    run(&sandbox, &["note", "latest", "wider stops"], 0);
    let program = program(&sandbox);
    let arguments =
        ["export", "latest", "--mlflow", "runs", "--onnx", "m.onnx", "--trainer-bin", &program];
    let (printed, _) = run(&sandbox, &arguments, 0);
    let line = printed.lines().next().unwrap();
    let (root, rest) = line.split_once(" --name ").unwrap();
    assert!(root.starts_with("export --root [root]/.trainvault/unpacked/"), "{root}");
    insta::assert_snapshot!(rest.replace(" --", "\n--"), @r"
    training_backup_20260102_030405
    --onnx [root]/m.onnx
    --mlflow [root]/runs
    --run-tag trainvault.archive=training_backup_20260102_030405.zip
    --run-tag mlflow.note.content=wider stops
    --run-tag trainvault.tags=paper
    ");
    for file in ["logs", "models", "config", "policy.pth"] {
        assert!(printed.contains(file), "no `{file}` in {printed}");
    }
}

#[test]
fn tables_are_of_the_live_session_unless_an_archive_is_named() {
    let sandbox = archived();
    let program = program(&sandbox);
    let run = |arguments: &[&str]| {
        let mut all = vec!["export", "--trainer-bin", &program];
        all.extend(arguments);
        run(&sandbox, &all, 0).0
    };
    let tables = |name: &str, form: &str| {
        format!("--name {name} --out [root]/export/{name} --format {form}")
    };
    assert!(run(&[]).contains(&tables("workspace", "parquet")));
    assert!(run(&["--format", "csv"]).contains(&tables("workspace", "csv")));
    let archive = "training_backup_20260102_030405";
    assert!(run(&["latest", "--format", "parquet"]).contains(&tables(archive, "parquet")));
    let onnx = run(&["latest", "--onnx", "m.onnx"]);
    assert!(!onnx.contains("--out"), "{onnx}");
}

#[test]
fn all_archives_go_to_mlflow() {
    let sandbox = archived();
    sandbox.write("logs/training.log", "another\n");
    sandbox.archive("2026-01-03T03:04:05Z");
    let program = program(&sandbox);
    let arguments = ["export", "--all", "--mlflow", "runs", "--trainer-bin", &program];
    let (printed, _) = run(&sandbox, &arguments, 0);
    assert_eq!(printed.lines().filter(|line| line.starts_with("export --root")).count(), 2);
    run(&sandbox, &["export", "--all", "--trainer-bin", &program], 2);
}

#[test]
fn the_forms_of_tables_are_for_tables() {
    let sandbox = archived();
    let (_, stderr) = run(&sandbox, &["list", "--format", "parquet"], 2);
    assert!(stderr.contains("take `text` or `json`"), "{stderr}");
}
