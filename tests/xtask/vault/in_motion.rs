//! Files that appear, grow, are replaced and vanish while they are
//! archived.

use std::fs::{self, File};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use xtask::vault::archive;
use xtask::vault::manifest::Manifest;
use xtask::vault::scan::Scan;
use xtask::vault::verify::{ReadOptions, check, read_entry};

use super::pack::request;
use crate::support::Sandbox;

/// Archives what `found` found before.
fn archive(sandbox: &Sandbox, found: &Scan) -> Manifest {
    let interrupt = AtomicBool::new(false);
    archive::create(&sandbox.workspace(), found, &request(&interrupt)).unwrap().manifest().clone()
}

/// Replaces a file as careful writers do.
fn replace(sandbox: &Sandbox, name: &str, content: &[u8]) {
    let temporary = sandbox.path(&format!("{name}.tmp"));
    fs::write(&temporary, content).unwrap();
    fs::rename(temporary, sandbox.path(name)).unwrap();
}

#[test]
fn what_vanished_since_the_scan_is_skipped_and_told() {
    let sandbox = Sandbox::with_session();
    sandbox.write("models/big.bin", &"0123456789abcdef".repeat(200_000));
    sandbox.write("models/folder/a.bin", "a");
    sandbox.write("models/file", "a");
    let found = sandbox.scan();
    fs::remove_file(sandbox.path("logs/training.log")).unwrap();
    fs::remove_file(sandbox.path("models/big.bin")).unwrap();
    fs::remove_dir_all(sandbox.path("models/folder")).unwrap();
    fs::write(sandbox.path("models/folder"), "no folder any more").unwrap();
    fs::remove_file(sandbox.path("models/file")).unwrap();
    fs::create_dir(sandbox.path("models/file")).unwrap();
    let manifest = archive(&sandbox, &found);
    let skipped: Vec<&str> = manifest.skipped.iter().map(|it| it.path.as_str()).collect();
    let gone = ["logs/training.log", "models/big.bin", "models/file", "models/folder/a.bin"];
    assert_eq!(skipped, gone);
    assert_eq!(manifest.files.len(), found.files.len() - gone.len());
    let path = sandbox.path("archives").join(&manifest.name);
    assert!(check(&path, ReadOptions::default()).unwrap().damage.is_empty());
}

#[test]
fn a_file_that_was_replaced_since_the_scan_is_kept_whole() {
    for n_bytes in [0_usize, 3, 20, 3_000_000] {
        let sandbox = Sandbox::with_session();
        let found = sandbox.scan();
        let content: Vec<u8> =
            (0..n_bytes).map(|n: usize| n.wrapping_mul(2_654_435_761).to_be_bytes()[4]).collect();
        replace(&sandbox, "logs/training.log", &content);
        let manifest = archive(&sandbox, &found);
        assert_eq!(manifest.skipped, [], "{n_bytes}");
        let path = sandbox.path("archives").join(&manifest.name);
        assert!(read_entry(&path, "logs/training.log").unwrap() == content, "{n_bytes}");
        let entry = manifest.files.iter().find(|file| file.path == "logs/training.log").unwrap();
        let now = fs::metadata(sandbox.path("logs/training.log")).unwrap().modified().unwrap();
        assert_eq!(entry.modified_at, chrono::DateTime::<chrono::Utc>::from(now));
    }
}

#[test]
fn a_large_file_that_became_small_is_kept_whole() {
    let sandbox = Sandbox::with_session();
    sandbox.write("models/big.bin", &"0123456789abcdef".repeat(200_000));
    let found = sandbox.scan();
    replace(&sandbox, "models/big.bin", b"small");
    let manifest = archive(&sandbox, &found);
    let path = sandbox.path("archives").join(&manifest.name);
    assert_eq!(read_entry(&path, "models/big.bin").unwrap(), b"small");
    assert_eq!(manifest.skipped, []);
}

#[test]
fn writers_at_full_speed_never_fail_an_archive() {
    let sandbox = Sandbox::with_session();
    let is_done = AtomicBool::new(false);
    let version = |n: usize| format!("<{}>", "x".repeat(n % 7000));
    sandbox.write("logs/status.json", &version(1));
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                if is_done.load(Ordering::Relaxed) {
                    break;
                }
                replace(&sandbox, "logs/status.json", version(n).as_bytes());
                let folder = sandbox.path("models/passing");
                fs::create_dir_all(folder.join("deep")).unwrap();
                fs::write(folder.join("deep/file"), "x").unwrap();
                fs::remove_dir_all(folder).unwrap();
            }
        });
        scope.spawn(|| {
            let log = sandbox.path("logs/growing.log");
            let mut log = File::create(log).unwrap();
            for n in 0..400_000 {
                if is_done.load(Ordering::Relaxed) {
                    break;
                }
                writeln!(log, "{n:06}").unwrap();
            }
        });
        for _ in 0..8 {
            sandbox.xtask(&["archive"]).assert().code(&[0, 3][..]);
        }
        is_done.store(true, Ordering::Relaxed);
    });
    let catalog = sandbox.catalog();
    assert_eq!(catalog.archives.len(), 8);
    for archive in &catalog.archives {
        assert!(check(&archive.path, ReadOptions::default()).unwrap().damage.is_empty());
        if let Ok(status) = read_entry(&archive.path, "logs/status.json") {
            let text = String::from_utf8(status).unwrap();
            assert!(text.starts_with('<') && text.ends_with('>'), "a version is cut: {text}");
        }
        let log = read_entry(&archive.path, "logs/growing.log").unwrap_or_default();
        let log = String::from_utf8(log).unwrap();
        let lines = log.split_inclusive('\n').enumerate();
        let is_prefix = lines.clone().all(|(n, line)| format!("{n:06}\n").starts_with(line));
        assert!(is_prefix, "no prefix of the log");
    }
}
