//! Names that are no UTF-8, anywhere in a workspace.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::support::{COMPLETES, Sandbox};

fn raw(text: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(text))
}

const NAMES: [&[u8]; 6] = [
    b"\xffroot.pkl",
    b"logs/\xfelog",
    b"models/s\xc3/deep\xff/m.bin",
    b"models/checkpoints/\xf0\x9f.zip",
    b"config/\xe9.json",
    b"logs/line\nbreak\\back",
];

fn with_raw_names() -> Sandbox {
    let sandbox = Sandbox::with_session();
    for name in NAMES {
        let path = sandbox.root().join(raw(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    fs::create_dir_all(sandbox.root().join(raw(b"models/empty\xff"))).unwrap();
    sandbox
}

#[track_caller]
fn check_in(folder: &Path) {
    for name in NAMES.into_iter().filter(|name| !name.starts_with(b"config")) {
        let content = fs::read(folder.join(raw(name)));
        assert_eq!(content.unwrap(), name, "{}", raw(name).display());
    }
}

#[test]
fn every_task_works_beside_names_of_any_bytes() {
    let sandbox = with_raw_names();
    let tasks: [(&[&str], i32); 10] = [
        (&["status"], 0),
        (&["clean-workspace", "--dry-run"], 0),
        (&["archive"], 0),
        (&["doctor"], 0),
        (&["prune", "--keep", "1"], 0),
        (&["verify", "--all"], 0),
        (&["show", "latest"], 0),
        (&["list"], 0),
        (&["restore", "latest", "--into", "out"], 0),
        (&["clean-workspace"], 0),
    ];
    for (task, code) in tasks {
        for format in ["text", "json"] {
            let output = sandbox.xtask(task).args(["--format", format]).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            let ended = output.status.code().unwrap();
            let is_again = format == "json" && [0, 10].contains(&ended);
            assert!(ended == code || is_again, "{task:?} {format}: {ended} {stderr}");
            assert_eq!(task == ["archive"], stderr.contains("with %XX"), "{task:?}: {stderr}");
        }
    }
    check_in(&sandbox.path("out"));
    assert!(fs::read_dir(sandbox.root().join(raw(b"out/models/empty\xff"))).is_ok());
    let backup = sandbox.path("backups").join(&sandbox.backup_names()[0]);
    check_in(&backup);
    sandbox.xtask(&["restore", "latest"]).assert().code(0);
    check_in(sandbox.root());
    let trainer = sandbox.trainer(COMPLETES);
    let (code, stderr) = sandbox.train(&trainer, &[]);
    assert_eq!(code, 0, "{stderr}");
    assert!(!sandbox.root().join(raw(NAMES[0])).exists(), "it was moved");
}

#[test]
fn a_killed_clean_of_such_names_is_completed() {
    let sandbox = with_raw_names();
    let killed = std::process::Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=rename,renameat,renameat2"])
        .args(["-e", "inject=rename,renameat,renameat2:signal=KILL:when=4"])
        .arg(env!("CARGO_BIN_EXE_xtask"))
        .arg("--root")
        .arg(sandbox.root())
        .arg("clean-workspace")
        .output()
        .unwrap();
    assert!(!killed.status.success());
    sandbox.xtask(&["doctor", "--fix"]).assert().code(0);
    check_in(&sandbox.path("backups").join(&sandbox.backup_names()[0]));
    assert!(!sandbox.root().join(raw(NAMES[0])).exists());
}
