use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use xtask::vault::manifest::Manifest;
use xtask::vault::restore::{Overwrite, RestoreSource, Target, apply, survey};
use xtask::vault::verify::check_reader;

use crate::rawzip::{Raw, zip};
use crate::support::{CommandOutput, Sandbox, tree};

type Files = BTreeMap<String, Vec<u8>>;

fn is_slow() -> bool {
    std::env::var_os("RUN_SLOW_TESTS").is_some()
}

/// Returns a small archive and the content of each file in it.
fn archive() -> (Vec<u8>, Files) {
    let sandbox = Sandbox::with_session();
    sandbox.write("logs/trades/trace.jsonl", &"{\"event\": \"TRADE_OPENED\"}\n".repeat(20));
    let path = sandbox.archive("2026-01-02T03:04:05Z").path().to_owned();
    let bytes = fs::read(path).unwrap();
    let files = rescued(&bytes);
    assert_eq!(files.len(), 6);
    assert_eq!(files["logs/training.log"], b"trained\n");
    (bytes, files)
}

/// Returns what a restore saves of an archive with these bytes.
fn rescued(bytes: &[u8]) -> Files {
    let mut source = RestoreSource::open(Cursor::new(bytes), Cursor::new(bytes));
    let items = source.items.clone();
    let mut files = Files::new();
    for item in items {
        let mut content = Vec::new();
        let start = |content: &mut Vec<u8>| {
            content.clear();
            Ok(())
        };
        if source.copy(&item, &mut content, start).unwrap().is_ok() {
            assert!(content.len() as u64 <= item.size_bytes);
            files.insert(item.path, content);
        }
    }
    files
}

fn is_good(bytes: &[u8]) -> bool {
    check_reader(NonZeroUsize::MIN, Cursor::new(bytes)).unwrap().damage.is_empty()
}

#[test]
fn a_flipped_byte_never_verifies_and_costs_at_most_one_file() {
    let (whole, files) = archive();
    assert!(is_good(&whole));
    let (step, masks) =
        if is_slow() { (1, &[0x01, 0x10, 0x80, 0xff][..]) } else { (5, &[0x10][..]) };
    let (mut n_flips, mut n_whole) = (0, 0);
    for idx in (0..whole.len()).step_by(step) {
        for mask in masks {
            let mut bytes = whole.clone();
            bytes[idx] ^= mask;
            assert!(!is_good(&bytes), "byte {idx} of {}", whole.len());
            let saved = rescued(&bytes);
            let wrong: Vec<_> =
                saved.iter().filter(|(path, content)| files.get(*path) != Some(content)).collect();
            assert!(wrong.is_empty(), "byte {idx} ^ {mask:#x}: {wrong:?}");
            assert!(saved.len() + 1 >= files.len(), "byte {idx} ^ {mask:#x}: {:?}", saved.keys());
            n_flips += 1;
            n_whole += usize::from(saved.len() == files.len());
        }
    }
    println!("{n_flips} flips of {} bytes; {n_whole} lost no file at all", whole.len());
}

#[test]
fn a_cut_archive_never_verifies_and_gives_all_that_is_before_the_cut() {
    let (whole, files) = archive();
    let step = if is_slow() { 1 } else { 3 };
    let mut n_saved_before = 0;
    let mut n_cuts = 0;
    for length in (0..whole.len()).step_by(step) {
        assert!(!is_good(&whole[..length]), "cut to {length} bytes");
        let saved = rescued(&whole[..length]);
        for (path, content) in &saved {
            assert_eq!(Some(content), files.get(path), "cut to {length} bytes: {path}");
        }
        assert!(saved.len() >= n_saved_before, "cut to {length} bytes");
        n_saved_before = saved.len();
        n_cuts += 1;
    }
    assert_eq!(n_saved_before, files.len());
    println!("{n_cuts} cuts of {} bytes", whole.len());
}

#[test]
fn what_is_restored_from_damage_is_right_on_the_disk_too() {
    let (whole, _) = archive();
    let sandbox = Sandbox::new();
    let step = if is_slow() { 7 } else { 131 };
    let name = "archives/training_backup_20260102_030405.zip";
    let restore = |bytes: &[u8], folder: &str| {
        let mut source = RestoreSource::open(Cursor::new(bytes), Cursor::new(bytes));
        let mut target = Target::folder(sandbox.path(folder));
        let plan = survey(&mut source, &mut target, None, Overwrite::Never).unwrap();
        apply(&mut source, &plan, &mut target, &AtomicBool::new(false)).unwrap();
    };
    restore(&whole, "right");
    let right = tree(&sandbox.path("right"));
    assert_eq!(right.len(), 6);
    for idx in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        bytes[idx] ^= 0x20;
        restore(&bytes, "out");
        let out = tree(&sandbox.path("out"));
        assert!(out.len() >= 5, "byte {idx}: {:?}", out.keys());
        for (path, content) in &out {
            assert_eq!(Some(content), right.get(path), "byte {idx}: {path}");
        }
        fs::remove_dir_all(sandbox.path("out")).unwrap();
    }
    // The same by the command: what is lost is named, with exit code 3.
    let mut zip_reader = zip::ZipArchive::new(Cursor::new(&whole)).unwrap();
    let start = zip_reader.by_name("logs/training.log").unwrap().data_start().unwrap();
    let mut bytes = whole.clone();
    bytes[usize::try_from(start).unwrap() + 3] ^= 1;
    sandbox.write(name, "");
    fs::write(sandbox.path(name), bytes).unwrap();
    let text =
        sandbox.xtask(&["restore", "latest", "--into", "out"]).assert().code(3).stdout_text();
    insta::assert_snapshot!(text, @"
    restored  5 files of training_backup_20260102_030405.zip to `out`
      lost      logs/training.log: Invalid checksum
    ");
}

/// A small, fixed generator: the same inputs in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n.max(1) as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        [0, 0xff, 0x7f, 0x80, b'"', b'/', u8::try_from(self.roll(256)).unwrap()][self.roll(7)]
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.roll(4) {
            let length = bytes.len();
            if length < 2 {
                return;
            }
            // Half of the changes are near the end, where the
            // directory lies.
            let at = if self.roll(2) == 0 {
                self.roll(length)
            } else {
                length - 1 - self.roll(length.min(900))
            };
            let n_bytes = 1 + self.roll(8).min(length - 1 - at);
            match self.roll(6) {
                0 => bytes[at] = self.byte(),
                1 => bytes[at] ^= 1 << self.roll(8),
                2 => (at..at + n_bytes).for_each(|idx| bytes[idx] = self.byte()),
                3 => drop(bytes.drain(at..at + n_bytes)),
                4 => {
                    let from = self.roll(length - n_bytes);
                    let piece = bytes[from..from + n_bytes].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => bytes.truncate(at + 1),
            }
        }
    }
}

/// 5,000 inputs here, 1,000,000 in the slow suite.
#[test]
fn no_input_makes_the_readers_panic_or_unpack_more_than_was_said() {
    let (whole, files) = archive();
    let mut zip_reader = zip::ZipArchive::new(Cursor::new(&whole)).unwrap();
    let mut manifest = Vec::new();
    let mut entry = zip_reader.by_name("MANIFEST.json").unwrap();
    std::io::copy(&mut entry, &mut manifest).unwrap();
    let n_inputs = if is_slow() { 1_000_000 } else { 5_000 };
    let mut dice = Dice(1);
    let (mut n_parsed, mut n_saved, mut n_right) = (0, 0, 0);
    for input in 0..n_inputs {
        let mut bytes = if input % 3 == 0 { manifest.clone() } else { whole.clone() };
        dice.mutate(&mut bytes);
        // Every third has a bad manifest in a zip whose sums are right.
        if input % 3 == 0 {
            n_parsed += usize::from(Manifest::parse(&bytes).is_ok());
            let log = Raw::file("logs/training.log", b"trained\n");
            bytes = zip(&[log, Raw::file("MANIFEST.json", &bytes)]);
        }
        let is_same = bytes == whole;
        assert_eq!(is_good(&bytes), is_same, "input {input}");
        let saved = rescued(&bytes);
        n_saved += saved.len();
        n_right += saved.iter().filter(|(path, content)| files.get(*path) == Some(content)).count();
    }
    println!(
        "{n_inputs} inputs: {n_parsed} manifests still parse; of {n_saved} files saved, {n_right} \
         are of the archive; peak memory of the process: {}",
        peak_memory()
    );
    assert!(n_saved > n_inputs);
}

fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}
