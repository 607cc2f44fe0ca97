//! File systems that lack something: content comes first.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{COMPLETES, Sandbox};

/// Runs a task of the sandbox's workspace with a system call that fails.
fn failing(sandbox: &Sandbox, calls: &str, error: &str, task: &[&str]) -> (i32, String) {
    let inject = format!("inject={calls}:error={error}");
    let Output { status, stdout, stderr } = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &inject])
        .arg(env!("CARGO_BIN_EXE_xtask"))
        .arg("--root")
        .arg(sandbox.root())
        .args(task)
        .output()
        .expect("strace runs");
    let text = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code().unwrap(), text)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn metadata_that_cannot_be_set_keeps_no_content_back() {
    let sandbox = Sandbox::with_session();
    fs::create_dir_all(sandbox.path("models/private")).unwrap();
    set_mode(&sandbox.path("models/private"), 0o700);
    sandbox.archive("2026-01-02T03:04:05Z");
    for (n, (calls, error)) in [
        ("chmod,fchmod,fchmodat", "EPERM"),
        ("utimensat", "EPERM"),
        ("chmod,fchmod,fchmodat,utimensat,chown,fchown", "EOPNOTSUPP"),
    ]
    .into_iter()
    .enumerate()
    {
        let into = sandbox.path(&format!("out{n}"));
        let task = ["restore", "latest", "--into", into.to_str().unwrap()];
        let (code, text) = failing(&sandbox, calls, error, &task);
        assert_eq!(code, 3, "{text}");
        assert!(text.contains("cannot be set"), "{text}");
        let restored = fs::read_to_string(into.join("logs/training.log")).unwrap();
        assert_eq!(restored, "trained\n");
    }
}

#[test]
fn without_locks_or_sync_work_goes_on_with_a_warning() {
    for (calls, errors) in [
        ("flock", &["ENOLCK", "ENOSYS", "EOPNOTSUPP", "EINVAL"][..]),
        ("fsync", &["EINVAL", "ENOSYS", "EOPNOTSUPP"]),
    ] {
        for error in errors {
            let sandbox = Sandbox::with_session();
            for task in [
                &["archive"][..],
                &["tag", "latest", "--add", "x"],
                &["clean-workspace"],
                &["restore", "latest"],
                &["status"],
                &["prune", "--keep", "1"],
                &["doctor"],
            ] {
                let (code, text) = failing(&sandbox, calls, error, task);
                // `status` and `doctor` sync nothing.
                let is_met = calls == "flock" || !["status", "doctor"].contains(&task[0]);
                let is_idle = task[0] == "prune";
                assert!(code == 3 || (!is_met && code == 0) || is_idle, "{error} {task:?}: {text}");
                let says = text.contains("is not promised");
                assert!(says || !is_met || is_idle, "{error} {task:?}: {text}");
            }
            assert_eq!(sandbox.archive_names().len(), 1);
        }
    }
    let sandbox = Sandbox::with_session();
    let trainer = sandbox.trainer(COMPLETES);
    let task = ["train", "--trainer-bin", trainer.to_str().unwrap()];
    let (code, text) = failing(&sandbox, "flock", "ENOLCK", &task);
    assert_eq!(code, 3, "{text}");
    // What a disk refuses is no lack.
    let (code, text) = failing(&sandbox, "fsync", "EIO", &["archive"]);
    assert_eq!(code, 1, "{text}");
}

#[test]
fn folders_keep_their_permissions() {
    let sandbox = Sandbox::with_session();
    let modes = [("models/private", 0o700), ("models/shared", 0o775), ("models/read", 0o555)];
    for (folder, bits) in modes {
        sandbox.write(&format!("{folder}/key"), "secret");
        set_mode(&sandbox.path(folder), bits);
    }
    fs::create_dir_all(sandbox.path("logs/empty")).unwrap();
    set_mode(&sandbox.path("logs/empty"), 0o750);
    set_mode(&sandbox.path("logs"), 0o700);
    sandbox.archive("2026-01-02T03:04:05Z");
    let into = sandbox.path("out");
    let restore = ["restore", "latest", "--into", into.to_str().unwrap()];
    sandbox.xtask(&restore).assert().code(0);
    for (folder, bits) in modes.into_iter().chain([("logs/empty", 0o750), ("logs", 0o700)]) {
        assert_eq!(mode(&into.join(folder)), bits, "{folder}");
    }
    assert_eq!(mode(&into.join("models")), 0o755);
    assert_eq!(mode(&into.join("config")), 0o755);
    // In place of the fresh folders of a clean, too.
    set_mode(&sandbox.path("models/read"), 0o755);
    sandbox.xtask(&["clean-workspace"]).assert().code(0);
    assert_eq!(mode(&sandbox.path("logs")), 0o755);
    sandbox.xtask(&["restore", "latest"]).assert().code(0);
    assert_eq!(mode(&sandbox.path("logs")), 0o700);
    assert_eq!(mode(&sandbox.path("models/private")), 0o700);
    set_mode(&into.join("models/read"), 0o755);
}

#[test]
fn runs_of_zeros_come_back_as_holes() {
    let sandbox = Sandbox::with_session();
    let sizes: [(&str, u64, &[u8]); 4] = [
        ("models/end.bin", 30 << 20, b"end"),
        ("models/hole.bin", 20 << 20, b""),
        ("models/odd.bin", (9 << 20) + 1234, b"x"),
        ("models/small.bin", 1 << 16, b"\0\0"),
    ];
    for (name, n_zeros, end) in sizes {
        let path = sandbox.write(name, "start");
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_len(n_zeros).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, end, n_zeros).unwrap();
    }
    sandbox.archive("2026-01-02T03:04:05Z");
    let into = sandbox.path("out");
    let restore = ["restore", "latest", "--into", into.to_str().unwrap()];
    sandbox.xtask(&restore).assert().code(0);
    for (name, ..) in sizes {
        let (ours, theirs) = (sandbox.path(name), into.join(name));
        assert!(fs::read(&ours).unwrap() == fs::read(&theirs).unwrap(), "{name}");
        let n_blocks = fs::metadata(&theirs).unwrap().blocks();
        assert!(n_blocks * 512 <= 2 * 4096, "{name} takes {n_blocks} blocks");
    }
}
