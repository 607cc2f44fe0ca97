//! Archives of all sizes of files, packed on any number of threads.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use xtask::vault::archive::{self, ArchiveRequest};
use xtask::vault::manifest::ArchiveKind;
use xtask::vault::verify::{self, ReadOptions, Receipt};
use xtask::workspace::exit::code_of;

use crate::support::{CommandOutput, Sandbox, time};

/// What the tool packs at once.
const BLOCK_BYTES: usize = 1024 * 1024;

pub fn request(interrupt: &AtomicBool) -> ArchiveRequest<'_> {
    ArchiveRequest {
        kind: ArchiveKind::Manual,
        now: time("2026-01-02T03:04:05Z"),
        tags: &[],
        note: None,
        session: None,
        git: None,
        interrupt,
    }
}

fn archive_on(sandbox: &Sandbox, n_threads: usize) -> Receipt {
    let n_threads = NonZeroUsize::new(n_threads).unwrap();
    let interrupt = AtomicBool::new(false);
    let workspace = sandbox.workspace();
    archive::create_on(n_threads, &workspace, &sandbox.scan(), &request(&interrupt)).unwrap()
}

/// Bytes that no method packs.
fn noise(n_bytes: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(step).flatten().take(n_bytes).collect()
}

/// Lines such as logs have.
fn text(n_bytes: usize) -> Vec<u8> {
    let mut text = String::with_capacity(n_bytes + 64);
    for n in 0.. {
        if text.len() >= n_bytes {
            break;
        }
        writeln!(text, "step={n} equity={}.{:02}", 10_000 + n * 37 % 911, n * 7 % 97).unwrap();
    }
    text.truncate(n_bytes);
    text.into_bytes()
}

fn sandbox_of_all_sizes() -> Sandbox {
    let sandbox = Sandbox::with_session();
    let sizes = [0, 1, 7, 100, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 4 * BLOCK_BYTES + 5];
    for size in sizes {
        fs::write(sandbox.path(&format!("logs/text_{size}")), text(size)).unwrap();
        fs::write(sandbox.path(&format!("models/noise_{size}")), noise(size)).unwrap();
    }
    let half_and_half = [noise(BLOCK_BYTES), text(2 * BLOCK_BYTES)].concat();
    fs::write(sandbox.path("models/noise_then_text"), half_and_half).unwrap();
    // More than waits in a part, before and after small files.
    File::create(sandbox.path("logs/sparse")).unwrap().set_len(70 << 20).unwrap();
    for n in 0..150 {
        fs::write(sandbox.path(&format!("logs/small_{n}")), text(n * 40)).unwrap();
    }
    sandbox
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let sandbox = sandbox_of_all_sizes();
    let bytes: Vec<Vec<u8>> = [1, 2, 5]
        .into_iter()
        .map(|n_threads| {
            let path = archive_on(&sandbox, n_threads).path().to_owned();
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(path).unwrap();
            bytes
        })
        .collect();
    assert!(bytes[0] == bytes[1] && bytes[0] == bytes[2]);
}

#[test]
fn files_of_every_size_come_back_as_they_were() {
    let sandbox = sandbox_of_all_sizes();
    let receipt = archive_on(&sandbox, 2);
    let mut zip = zip::ZipArchive::new(File::open(receipt.path()).unwrap()).unwrap();
    for source in &sandbox.scan().files {
        let mut content = Vec::new();
        let mut entry = zip.by_name(&source.archive_path.text).unwrap();
        entry.read_to_end(&mut content).unwrap();
        assert!(content == fs::read(&source.disk_path).unwrap(), "{:?}", source.disk_path);
    }
    assert_eq!(receipt.manifest().files.len(), sandbox.scan().files.len());
}

#[test]
fn what_does_not_shrink_is_stored_and_the_rest_is_packed() {
    let sandbox = sandbox_of_all_sizes();
    let receipt = archive_on(&sandbox, 2);
    let mut zip = zip::ZipArchive::new(File::open(receipt.path()).unwrap()).unwrap();
    let mut sizes = |name: &str| {
        let entry = zip.by_name(name).unwrap();
        (entry.compression(), entry.compressed_size(), entry.size())
    };
    let large = (4 * BLOCK_BYTES + 5) as u64;
    let stored = (zip::CompressionMethod::STORE, large, large);
    assert_eq!(sizes(&format!("models/noise_{large}")), stored);
    let (method, packed, _) = sizes(&format!("logs/text_{large}"));
    assert_eq!(method, zip::CompressionMethod::DEFLATE);
    assert!(packed < large / 3, "{packed} of {large}");
    // The noise at the start must not decide for the text behind it.
    let (method, packed, size) = sizes("models/noise_then_text");
    assert_eq!(method, zip::CompressionMethod::DEFLATE);
    assert!(packed < size / 2, "{packed} of {size}");
}

#[test]
fn nothing_is_packed_where_the_settings_say_store() {
    let sandbox = Sandbox::with_session();
    fs::write(sandbox.path("logs/long.log"), text(3 * BLOCK_BYTES)).unwrap();
    sandbox.write("config/config.json", r#"{"archive": {"compression": "store"}}"#);
    let receipt = archive_on(&sandbox, 2);
    let mut zip = zip::ZipArchive::new(File::open(receipt.path()).unwrap()).unwrap();
    let entry = zip.by_name("logs/long.log").unwrap();
    assert_eq!(entry.compression(), zip::CompressionMethod::STORE);
}

#[cfg(not(feature = "zstd"))]
#[test]
fn a_build_without_zstd_says_how_to_get_it() {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", r#"{"archive": {"compression": "zstd"}}"#);
    let interrupt = AtomicBool::new(false);
    let request = request(&interrupt);
    let error = archive::create(&sandbox.workspace(), &sandbox.scan(), &request).unwrap_err();
    assert!(format!("{error:#}").contains("--features zstd"), "{error:#}");
    assert!(sandbox.archive_names().is_empty());
}

#[cfg(feature = "zstd")]
#[test]
fn with_zstd_all_but_the_tools_own_entries_is_packed_by_it() {
    let sandbox = sandbox_of_all_sizes();
    sandbox.write("config/config.json", r#"{"archive": {"compression": "zstd"}}"#);
    let bytes = [1, 2].map(|n_threads| {
        let receipt = archive_on(&sandbox, n_threads);
        let mut zip = zip::ZipArchive::new(File::open(receipt.path()).unwrap()).unwrap();
        let mut method = |name: &str| zip.by_name(name).unwrap().compression();
        let large = format!("logs/text_{}", 4 * BLOCK_BYTES + 5);
        assert_eq!(method(&large), zip::CompressionMethod::ZSTD);
        assert_eq!(method("logs/small_100"), zip::CompressionMethod::ZSTD);
        assert_eq!(method("MANIFEST.json"), zip::CompressionMethod::DEFLATE);
        let bytes = fs::read(receipt.path()).unwrap();
        fs::remove_file(receipt.path()).unwrap();
        bytes
    });
    assert!(bytes[0] == bytes[1]);
}

#[test]
fn an_unknown_compression_is_refused_by_name() {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", r#"{"archive": {"compression": "lzma"}}"#);
    let error = xtask::workspace::Workspace::open(sandbox.root()).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("`archive.compression`"), "{error}");
    assert!(error.contains("`deflate`, `zstd`, `store`"), "{error}");
}

#[test]
fn an_entry_packed_by_an_unknown_method_says_so() {
    let sandbox = Sandbox::with_session();
    let path = archive_on(&sandbox, 1).path().to_owned();
    let mut bytes = fs::read(&path).unwrap();
    let name = b"logs/training.log";
    let places: Vec<usize> =
        (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    // The method in the local and in the central header.
    bytes[places[0] - 30 + 8] = 98;
    bytes[places[places.len() - 1] - 46 + 10] = 98;
    fs::write(&path, bytes).unwrap();
    let archive_check = verify::check(&path, ReadOptions::default()).unwrap();
    let damage = &archive_check.damage[0];
    assert_eq!(damage.path.as_deref(), Some("logs/training.log"), "{:?}", archive_check.damage);
    assert!(damage.problem.contains("98"), "{}", damage.problem);
    assert!(damage.problem.contains("7-Zip"), "{}", damage.problem);
}

/// Runs `change` while an archive of a large file is made, and returns
/// the result.
fn archive_while(sandbox: &Sandbox, change: impl FnOnce(&Path) + Send) -> anyhow::Result<Receipt> {
    let path = sandbox.path("logs/changing.log");
    fs::write(&path, text(16 * BLOCK_BYTES)).unwrap();
    let found = sandbox.scan();
    let interrupt = AtomicBool::new(false);
    let workspace = sandbox.workspace();
    thread::scope(|scope| {
        scope.spawn(|| {
            while fs::read_dir(sandbox.path("archives")).map_or(0, Iterator::count) == 0 {
                thread::yield_now();
            }
            change(&path);
        });
        archive::create(&workspace, &found, &request(&interrupt))
    })
}

/// Whatever happened, the archive holds a prefix of what was there, and
/// says so when the file was neither whole before nor after the change.
#[track_caller]
fn check_prefix(receipt: &Receipt, original: &[u8], whole_bytes: usize) {
    let options = ReadOptions { n_threads: NonZeroUsize::MIN, interrupt: None };
    assert_eq!(&verify::read_back_as(receipt.path(), options).unwrap(), receipt);
    let mut zip = zip::ZipArchive::new(File::open(receipt.path()).unwrap()).unwrap();
    let mut content = Vec::new();
    zip.by_name("logs/changing.log").unwrap().read_to_end(&mut content).unwrap();
    assert!(original.starts_with(&content), "{} bytes", content.len());
    if content.len() != original.len() && content.len() != whole_bytes {
        assert_eq!(receipt.manifest().skipped[0].path, "logs/changing.log");
    }
}

#[test]
fn a_file_that_grows_shrinks_or_vanishes_is_a_consistent_prefix() {
    let original = text(16 * BLOCK_BYTES);
    let append = |path: &Path| {
        let mut file = File::options().append(true).open(path).unwrap();
        for _ in 0..50 {
            file.write_all(b"more\n").unwrap();
        }
    };
    let cut = |path: &Path| File::options().write(true).open(path).unwrap().set_len(99).unwrap();
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let longer = [original.clone(), b"more\n".repeat(50)].concat();
    check_prefix(
        &archive_while(&Sandbox::with_session(), append).unwrap(),
        &longer,
        original.len(),
    );
    check_prefix(&archive_while(&Sandbox::with_session(), cut).unwrap(), &original, 99);
    let sandbox = Sandbox::with_session();
    match archive_while(&sandbox, remove) {
        Ok(receipt) if receipt.manifest().skipped.is_empty() => {
            check_prefix(&receipt, &original, original.len());
        }
        Ok(receipt) => assert_eq!(receipt.manifest().skipped[0].path, "logs/changing.log"),
        Err(error) => assert!(format!("{error:#}").contains("changing.log"), "{error:#}"),
    }
}

#[test]
fn an_interrupt_ends_the_work_on_a_large_file_at_once() {
    let sandbox = Sandbox::with_session();
    File::create(sandbox.path("models/sparse.bin")).unwrap().set_len(20 << 30).unwrap();
    let interrupt = AtomicBool::new(false);
    let (workspace, found) = (sandbox.workspace(), sandbox.scan());
    let (result, waited) = thread::scope(|scope| {
        let work = scope.spawn(|| archive::create(&workspace, &found, &request(&interrupt)));
        thread::sleep(Duration::from_millis(300));
        interrupt.store(true, Ordering::Relaxed);
        let since = Instant::now();
        (work.join().unwrap(), since.elapsed())
    });
    assert_eq!(code_of(&result.unwrap_err()), 130);
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert_eq!(fs::read_dir(sandbox.path("archives")).unwrap().count(), 0);
}

#[test]
fn a_disk_that_is_full_leaves_no_archive_and_no_draft() {
    let sandbox = Sandbox::with_session();
    fs::write(sandbox.path("models/noise.bin"), noise(8 * BLOCK_BYTES)).unwrap();
    // The largest file that the process may write stands for the disk.
    let script = format!(
        "trap '' XFSZ; ulimit -f 2000; exec '{}' --root '{}' archive",
        env!("CARGO_BIN_EXE_xtask"),
        sandbox.root().display()
    );
    let stderr =
        assert_cmd::Command::new("sh").args(["-c", &script]).assert().code(1).stderr_text();
    assert!(stderr.contains("models/noise.bin") && stderr.contains("free some space"), "{stderr}");
    assert!(!stderr.contains("ZipWriter"), "{stderr}");
    assert_eq!(fs::read_dir(sandbox.path("archives")).unwrap().count(), 0);
}

#[test]
fn the_packed_bytes_stay_the_same_between_versions() {
    // Equal bytes let a backup tool find equal archives.
    let sandbox = Sandbox::with_session();
    fs::write(sandbox.path("logs/fixed.log"), text(3 * BLOCK_BYTES)).unwrap();
    let receipt = archive_on(&sandbox, 2);
    let mut zip = zip::ZipArchive::new(File::open(receipt.path()).unwrap()).unwrap();
    let place = zip.index_for_name("logs/fixed.log").unwrap();
    let packed = zip.by_index_raw(place).unwrap();
    let (digest, size) = xtask::workspace::digest::sha256(packed, 1 << 30).unwrap();
    insta::assert_snapshot!(format!("{size} {}", &digest[..16]), @"700654 245c4b667b22b9f4");
}

/// Runs the command and returns its output and peak memory in bytes.
fn measured(arguments: &[&str], sandbox: &Sandbox) -> (String, u64) {
    let output = Command::new("/usr/bin/time")
        .args(["--format", "peak %M", env!("CARGO_BIN_EXE_xtask"), "--root"])
        .arg(sandbox.root())
        .args(arguments)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let peak = stderr.lines().last().unwrap().strip_prefix("peak ").unwrap();
    (String::from_utf8(output.stdout).unwrap(), peak.parse::<u64>().unwrap() * 1024)
}

#[test]
fn a_huge_file_and_a_huge_tree_need_little_memory() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let huge_file = Sandbox::with_session();
    let file = File::create(huge_file.path("models/sparse.bin")).unwrap();
    file.set_len(10 << 30).unwrap();
    let huge_tree = Sandbox::with_session();
    for n in 0..100_000 {
        let folder: PathBuf = huge_tree.path(&format!("logs/{}", n / 1000));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{n}.json")), format!("{{\"step\": {n}}}\n")).unwrap();
    }
    for (name, sandbox) in [("10 GiB file", huge_file), ("100,000 files", huge_tree)] {
        let since = Instant::now();
        let (text, peak) = measured(&["archive"], &sandbox);
        eprintln!("{name}: {:?}, peak {} MB: {text}", since.elapsed(), peak / 1_000_000);
        assert!(peak < 128_000_000, "{name}: {peak}");
        let path = sandbox.catalog().archives[0].path.clone();
        let python = "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip())";
        for command in [vec!["unzip", "-tqq"], vec!["python3", "-c", python]] {
            let status = Command::new(command[0]).args(&command[1..]).arg(&path).status().unwrap();
            assert!(status.success(), "{name}: {command:?}");
        }
    }
}
