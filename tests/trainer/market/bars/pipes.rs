//! Pipes, which one run may read.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

use super::{gzip, with_row};

/// Runs `trainer bars` with `content` on stdin, in a temporary folder of
/// its own; returns whether it succeeded, and what it said.
fn run(files: &[&str], content: impl AsRef<[u8]>, temporary: &Path) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.arg("bars").args(files).env("TMPDIR", temporary);
    let output = command.write_stdin(content.as_ref()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn stdin_is_read_and_leaves_nothing_behind() {
    let temporary = TempDir::new().unwrap();
    let bars = with_row("2020-01-02,1,1,1,1,1");
    for content in [bars.clone().into_bytes(), gzip(bars.as_bytes())] {
        let (is_read, said) = run(&["-"], content, temporary.path());
        assert!(is_read && said.contains("2 bars"), "{said}");
    }
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn stdin_is_named_once() {
    let temporary = TempDir::new().unwrap();
    let (is_read, said) = run(&["-", "-"], with_row(""), temporary.path());
    assert!(!is_read && said.contains("`-` is named twice"), "{said}");
}

#[test]
fn a_missing_temporary_folder_is_told_with_its_variable() {
    let (is_read, said) = run(&["-"], with_row(""), Path::new("/no/such/folder"));
    assert!(!is_read && said.contains("/no/such/folder") && said.contains("TMPDIR"), "{said}");
}
