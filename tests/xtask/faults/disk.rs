//! A disk that is really full.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::ledger::Ledger;
use crate::support::{COMPLETES, Sandbox};

/// A file system of 8 MB on the sandbox's `archives/`.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Returns `None` where this process may not mount.
    fn mount(sandbox: &Sandbox) -> Option<Self> {
        let path = sandbox.path("archives");
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
    let Some(disk) = SmallDisk::mount(&sandbox) else {
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
