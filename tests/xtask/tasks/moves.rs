//! Sessions, backups and trash on other disks: mounts, links, layers.

pub mod disk;
mod refused;
mod trash;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use disk::{Mount, other_disk};

use crate::support::{COMPLETES, CommandOutput, Sandbox, stdout, tree};

const NOW: &str = "2026-01-02T03:04:05Z";
const LATER: &str = "2026-01-02T03:05:00Z";
const BACKUP: &str = "backups/session_20260102_030405";

/// Moves `folder` of the sandbox to the folder `there`, and leaves a
/// link to it.
pub fn move_and_link(sandbox: &Sandbox, folder: &str, there: &Path) {
    let path = sandbox.path(folder);
    fs::create_dir_all(&path).unwrap();
    let target = there.join(folder.replace('/', "_"));
    let copied = Command::new("cp").arg("-a").arg(&path).arg(&target).status().unwrap();
    assert!(copied.success());
    fs::remove_dir_all(&path).unwrap();
    symlink(&target, &path).unwrap();
}

/// A session with files in every folder.
pub fn full_session() -> Sandbox {
    let sandbox = Sandbox::with_session();
    sandbox.write("logs/tensorboard/events", "events");
    sandbox.write("models/checkpoints/ep1.zip", "ep1");
    sandbox.write("models/own/deep/er.bin", "deeper");
    fs::write(sandbox.path("models/sparse.bin"), vec![0; 1_000_000]).unwrap();
    symlink("memory_efficient_model_final.zip", sandbox.path("models/latest")).unwrap();
    fs::create_dir_all(sandbox.path("backups")).unwrap();
    sandbox
}

fn session_files(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let mut files = tree(sandbox.root());
    files.retain(|name, _| ["logs/", "models/", "policy"].iter().any(|it| name.starts_with(it)));
    files
}

/// Checks that a clean archives the session, moves it to a backup and
/// leaves the folders `staying` where they are.
#[track_caller]
fn check_clean(sandbox: &Sandbox, staying: &[&str]) {
    let before = session_files(sandbox);
    assert!(!before.is_empty());
    let kinds = |sandbox: &Sandbox| -> Vec<bool> {
        staying.iter().map(|folder| sandbox.path(folder).is_symlink()).collect()
    };
    let kinds_before = kinds(sandbox);
    let mut dry_run = sandbox.xtask(&["clean-workspace", "--dry-run", "--clock", NOW]);
    dry_run.assert().code(0);
    sandbox.xtask(&["clean-workspace", "--clock", NOW]).assert().code(0);
    assert_eq!(session_files(sandbox), BTreeMap::new());
    assert_eq!(kinds(sandbox), kinds_before);
    let mut moved = tree(&sandbox.path(BACKUP));
    moved.remove(".trainvault-backup.json").unwrap();
    assert_eq!(moved, before);
    assert!(!sandbox.path(BACKUP).join("models").is_symlink());
    assert!(sandbox.path(BACKUP).join("models/latest").is_symlink());
    let model = sandbox.path(BACKUP).join("models/memory_efficient_model_final.zip");
    let age = fs::metadata(model).unwrap().modified().unwrap();
    assert_eq!(age, std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_767_225_600));
    let catalog = sandbox.catalog();
    let manifest = catalog.archives[0].manifest().unwrap();
    for path in before.keys() {
        let archived = path.replace("policy.pth", "root_checkpoints/policy.pth");
        assert!(manifest.files.iter().any(|file| file.path == archived), "{path}");
    }
    assert_eq!(manifest.skipped, []);
    for fresh in ["logs/trades", "logs/tensorboard", "models/checkpoints"] {
        assert_eq!(fs::read_dir(sandbox.path(fresh)).unwrap().count(), 0, "{fresh}");
    }
    assert_eq!(stdout(&mut sandbox.xtask(&["clean-workspace"])), "the workspace is clean\n");
    sandbox.xtask(&["doctor", "--clock", NOW]).assert().code(0);
    // It comes back to where it was.
    sandbox.xtask(&["restore", "latest"]).assert().code(0);
    assert_eq!(session_files(sandbox), before);
    assert_eq!(kinds(sandbox), kinds_before);
    sandbox.xtask(&["clean-workspace", "--clock", LATER]).assert().code(0);
    // What is written next goes to the same disk, and round again.
    let trainer = sandbox.trainer(COMPLETES);
    for _ in 0..2 {
        assert_eq!(sandbox.train(&trainer, &[]).0, 0);
    }
    assert_eq!(kinds(sandbox), kinds_before);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (3, 3));
}

#[test]
fn links_to_another_disk_stay_and_their_content_moves() {
    for folders in [
        &["models"][..],
        &["logs"],
        &["logs", "models"],
        &["models/checkpoints"],
        &["logs/tensorboard", "logs/trades"],
        &["models/checkpoints", "models"],
        &["backups"],
        &["archives"],
        &[".trainvault"],
        &["backups", "models", "logs/trades", "archives"],
    ] {
        let disk = other_disk();
        let sandbox = full_session();
        for folder in folders {
            move_and_link(&sandbox, folder, disk.path());
        }
        check_clean(&sandbox, folders);
    }
}

#[test]
fn links_on_the_same_disk_stay_too() {
    let elsewhere = Sandbox::new();
    for folder in ["models", "logs", "models/checkpoints", "backups"] {
        let sandbox = full_session();
        move_and_link(&sandbox, folder, &elsewhere.path(""));
        check_clean(&sandbox, &[folder]);
        fs::remove_dir_all(elsewhere.path("")).unwrap();
        fs::create_dir_all(elsewhere.path("")).unwrap();
    }
    let sandbox = full_session();
    fs::create_dir_all(sandbox.path("data/store")).unwrap();
    move_and_link(&sandbox, "models", &sandbox.path("data/store"));
    check_clean(&sandbox, &["models"]);
}

#[test]
fn mounts_stay_and_their_content_moves() {
    for folder in ["models", "logs", "models/checkpoints", "models/own/deep", "backups", "archives"]
    {
        let sandbox = full_session();
        let Some(mount) = Mount::over(&sandbox, folder, "200m") else { return };
        check_clean(&sandbox, &[folder]);
        mount.assert_mounted();
    }
}

#[test]
fn a_folder_mounted_from_the_same_disk_stays() {
    for folder in ["models", "models/checkpoints"] {
        let elsewhere = Sandbox::new();
        let sandbox = full_session();
        let Some(mount) = Mount::bind(&sandbox, folder, elsewhere.root()) else { return };
        check_clean(&sandbox, &[folder]);
        mount.assert_mounted();
    }
}

#[test]
fn what_a_disk_keeps_for_its_repair_is_no_part_of_the_session() {
    let sandbox = full_session();
    let Some(_mount) = Mount::over(&sandbox, "models", "200m") else { return };
    fs::create_dir(sandbox.path("models/lost+found")).unwrap();
    fs::set_permissions(
        sandbox.path("models/lost+found"),
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    check_clean(&sandbox, &["models"]);
    assert!(sandbox.path("models/lost+found").is_dir());
    assert!(!sandbox.path(BACKUP).join("models/lost+found").exists());
}

#[test]
fn a_session_in_the_image_of_a_container_is_moved() {
    let holder = full_session();
    // A layer may not itself lie on an overlay.
    let Some(_disk) = Mount::over(&holder, "layers", "200m") else { return };
    let Some((sandbox, _mount)) = disk::on_overlay(&holder.path("layers"), full_session) else {
        return;
    };
    check_clean(&sandbox, &[]);
}

#[test]
fn a_refused_rename_becomes_a_copy() {
    for error in ["EXDEV", "EBUSY", "EPERM", "EINVAL"] {
        let sandbox = full_session();
        let before = session_files(&sandbox);
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=/^rename"]);
        for item in ["logs", "models", "policy.pth", "models/memory_efficient_model_final.zip"] {
            strace.arg("-P").arg(sandbox.path(item));
        }
        strace.args(["-e", &format!("inject=/^rename:error={error}")]);
        strace.arg(env!("CARGO_BIN_EXE_xtask")).args(["clean-workspace", "--clock", NOW]);
        let Ok(output) = strace.arg("--root").arg(sandbox.root()).output() else {
            println!("SKIPPED: strace is not installed");
            return;
        };
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{error}: {text}");
        assert_eq!(session_files(&sandbox), BTreeMap::new());
        let mut moved = tree(&sandbox.path(BACKUP));
        moved.remove(".trainvault-backup.json").unwrap();
        assert_eq!(moved, before, "{error}");
    }
}

#[test]
fn a_link_to_others_data_moves_as_a_link_and_is_told_each_time() {
    let others = Sandbox::new();
    others.write("data/theirs.bin", "theirs");
    let sandbox = full_session();
    symlink(others.path("data"), sandbox.path("models/pretrained")).unwrap();
    for _ in 0..2 {
        let output = sandbox.xtask(&["archive"]).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
    }
    let text = sandbox.xtask(&["clean-workspace", "--clock", NOW]).assert().code(3).stderr_text();
    assert!(text.contains("`models/pretrained` is not archived whole"), "{text}");
    assert!(sandbox.path(BACKUP).join("models/pretrained").is_symlink());
    assert_eq!(others.read("data/theirs.bin"), "theirs");
}
