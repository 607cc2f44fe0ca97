use std::fs::{self, File};
use std::io::Write;

use xtask::vault::verify::{Damage, ReadOptions, check, read_back, read_manifest};

use crate::support::Sandbox;

#[test]
fn a_good_archive_gives_a_receipt() {
    let sandbox = Sandbox::with_session();
    let made = sandbox.archive("2026-01-02T03:04:05Z");
    let receipt = read_back(made.path()).unwrap();
    assert_eq!(receipt.manifest(), made.manifest());
    assert_eq!(receipt.size_bytes(), fs::metadata(made.path()).unwrap().len());
    let archive_check = check(made.path(), ReadOptions::default()).unwrap();
    assert_eq!((archive_check.good.len(), archive_check.damage), (5, vec![]));
}

#[test]
fn no_flipped_byte_goes_unnoticed() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive("2026-01-02T03:04:05Z").path().to_owned();
    let whole = fs::read(&path).unwrap();
    // Every seventh byte here; all of them in the slow suite.
    let step = if std::env::var_os("RUN_SLOW_TESTS").is_some() { 1 } else { 7 };
    let mut unnoticed = Vec::new();
    for idx in (0..whole.len()).step_by(step) {
        let mut damaged = whole.clone();
        damaged[idx] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        if read_back(&path).is_ok() {
            unnoticed.push(idx);
        }
    }
    assert_eq!(unnoticed, Vec::<usize>::new(), "of {} bytes", whole.len());
}

#[test]
fn no_truncation_goes_unnoticed() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive("2026-01-02T03:04:05Z").path().to_owned();
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(5) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(read_back(&path).is_err(), "cut to {length} bytes");
    }
}

#[test]
fn damage_names_the_file_and_what_is_still_good() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive("2026-01-02T03:04:05Z").path().to_owned();
    // The content of a file this short is stored as it is.
    let mut bytes = fs::read(&path).unwrap();
    let manifest = read_manifest(&path).unwrap().unwrap();
    let mut zip = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
    let start = zip.by_name("logs/training.log").unwrap().data_start().unwrap();
    bytes[usize::try_from(start).unwrap() + 3] ^= 0xff;
    fs::write(&path, bytes).unwrap();
    let archive_check = check(&path, ReadOptions::default()).unwrap();
    assert_eq!(archive_check.manifest, Some(manifest));
    assert_eq!(archive_check.good.len(), 4);
    let paths: Vec<_> = archive_check.damage.iter().map(|damage| damage.path.as_deref()).collect();
    assert_eq!(paths, [Some("logs/training.log")]);
}

#[test]
fn an_entry_that_the_manifest_does_not_name_is_damage() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive("2026-01-02T03:04:05Z").path().to_owned();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    let mut zip = zip::ZipWriter::new_append(file).unwrap();
    zip.start_file("../evil", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"x").unwrap();
    zip.finish().unwrap();
    let damage = check(&path, ReadOptions::default()).unwrap().damage;
    let damage: Vec<String> =
        damage.into_iter().map(|Damage { path, problem }| format!("{path:?} {problem}")).collect();
    insta::assert_snapshot!(damage.join("\n"), @r#"
    Some("../evil") a path with an empty, `.` or `..` component
    Some("../evil") the manifest does not name it
    "#);
}

#[test]
fn a_zip_of_another_tool_is_checked_by_its_crc() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("archives/training_backup_20250101_000000.zip", "");
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    zip.start_file("logs/old.log", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"from an earlier tool").unwrap();
    zip.finish().unwrap();
    let archive_check = check(&path, ReadOptions::default()).unwrap();
    assert_eq!((archive_check.good.len(), archive_check.damage.len()), (1, 0));
    assert!(read_back(&path).is_err());
    let mut bytes = fs::read(&path).unwrap();
    bytes[45] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(check(&path, ReadOptions::default()).unwrap().good.len(), 0);
}

#[test]
fn what_is_no_zip_at_all_is_damage_and_no_panic() {
    let sandbox = Sandbox::new();
    for content in ["", "PK", "not a zip\n", "PK\u{5}\u{6}"] {
        let path = sandbox.write("archives/x.zip", content);
        assert_eq!(check(&path, ReadOptions::default()).unwrap().damage.len(), 1, "{content:?}");
    }
}
