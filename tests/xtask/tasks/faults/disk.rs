//! A disk that is really full.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::ledger::Ledger;
use crate::support::{COMPLETES, CommandOutput, Sandbox};

/// A file system of 8 MB on a folder of the sandbox.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Returns `None` where this process may not mount.
    fn mount(sandbox: &Sandbox, folder: &str) -> Option<Self> {
        let path = sandbox.path(folder);
        fs::create_dir_all(&path).unwrap();
        let mut mount = Command::new("mount");
        let output =
            mount.args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(&path).output().ok()?;
        output.status.success().then_some(Self { path })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.path).status().unwrap();
    }
}

#[test]
fn a_full_disk_stops_the_cycle_before_anything_moves() {
    let sandbox = Sandbox::new();
    let Some(disk) = SmallDisk::mount(&sandbox, "archives") else {
        println!("mounting needs root; run this test as root to see it work");
        return;
    };
    let trainer = sandbox
        .trainer(&format!("{COMPLETES}\nhead -c 3000000 /dev/urandom > models/checkpoint.bin"));
    let mut ledger = Ledger::default();
    let mut codes = Vec::new();
    for _ in 0..4 {
        let (code, text) = sandbox.train(&trainer, &[]);
        codes.push(code);
        if code != 0 {
            assert!(text.contains("error: ") && text.contains("space"), "{text}");
        }
        ledger.note_session(&sandbox);
        ledger.check(&sandbox, "a run on a full disk");
        let drafts = fs::read_dir(&disk.path)
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".part"))
            .count();
        assert_eq!(drafts, 0);
    }
    // Two sessions fit; the third is trained but stays in the
    // workspace; the fourth run does not begin.
    assert_eq!(codes, [0, 0, 1, 1]);
    assert_eq!(sandbox.archive_names().len(), 2);
}

#[test]
fn a_full_disk_stops_a_restore_with_whole_files_only() {
    let sandbox = Sandbox::with_session();
    // Together 5 MB, but each small file takes a page of the disk.
    fs::write(sandbox.path("models/large"), vec![7; 5_000_000]).unwrap();
    for n in 0..1500 {
        sandbox.write(&format!("models/small/{n}"), "7");
    }
    sandbox.archive("2026-01-02T03:04:05Z");
    let Some(disk) = SmallDisk::mount(&sandbox, "target") else {
        println!("mounting needs root; run this test as root to see it work");
        return;
    };
    let restore = || {
        let target = disk.path.to_string_lossy().into_owned();
        sandbox.xtask(&["restore", "latest", "--only", "models/", "--into", &target])
    };

    let stderr = restore().assert().code(1).stderr_text();
    assert!(stderr.contains("models/small/") && stderr.contains("space"), "{stderr}");
    assert_eq!(fs::read(disk.path.join("models/large")).unwrap(), vec![7; 5_000_000]);
    let written = || fs::read_dir(disk.path.join("models/small")).unwrap().map(|e| e.unwrap());
    let n_written = written().filter(|file| fs::read(file.path()).unwrap() == b"7").count();
    let n_partial = written().filter(|f| f.file_name().to_string_lossy().starts_with('.')).count();
    assert_eq!(n_written + n_partial, written().count());
    assert!(0 < n_written && n_written < 1500, "{n_written}");

    // With room again, the next restore completes it.
    let mut mount = Command::new("mount");
    mount.args(["-o", "remount,size=64m"]).arg(&disk.path);
    assert!(mount.status().unwrap().success());
    let output = restore().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(written().filter(|f| fs::read(f.path()).unwrap() == b"7").count(), 1500);
}
