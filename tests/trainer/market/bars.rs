//! The trainer's bars, through its public interface.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

mod columns;
mod files;
mod folders;
mod forms;
mod further;
mod joined;
mod json;
mod kinds;
mod packed;
mod peers;
#[cfg(unix)]
mod pipes;
mod plain;
mod remedies;
mod rows;
mod services;
mod sessions;
mod spellings;
mod splits;
mod summary;
mod symbols;
mod times;
mod variants;
mod wild;
mod zips;

use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use trainer::market::bars::{Bar, BarSource, DataSummary};

const START_MS: i64 = 1_577_836_800_000;
const HOUR_MS: i64 = 3_600_000;

/// Returns the bars of a file `bars.csv` with this content, or the error.
fn read(content: impl AsRef<[u8]>) -> Result<Vec<Bar>, String> {
    read_file("bars.csv", content)
}

fn read_file(name: &str, content: impl AsRef<[u8]>) -> Result<Vec<Bar>, String> {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    let source = BarSource::open(name, folder.path()).map_err(|error| format!("{error:#}"))?;
    let reader = source.read().map_err(|error| format!("{error:#}"))?;
    reader.map(|bar| bar.map_err(|error| format!("{error:#}"))).collect()
}

fn summarize(content: impl AsRef<[u8]>) -> DataSummary {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("bars.csv"), content).unwrap();
    BarSource::open("bars.csv", folder.path()).unwrap().summarize().unwrap()
}

/// Returns a folder of files, and the bars in it.
fn folder(files: &[(&str, String)]) -> (TempDir, BarSource) {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let source = BarSource::open("", folder.path()).unwrap();
    (folder, source)
}

fn warnings(source: &BarSource) -> Vec<String> {
    source.summarize_all().unwrap().read_report.unwrap().warnings
}

fn test_data(name: &str) -> BarSource {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    BarSource::open(name, &root).unwrap()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The bar of the smallest files below.
const BAR: Bar = Bar {
    time_ms: START_MS,
    open: 10.0,
    high: 12.5,
    low: 9.0,
    close: 11.0,
    volume: 3.25,
    funding: 0.0,
    dividend: 0.0,
};

/// A file whose third line is `row`.
fn with_row(row: &str) -> String {
    format!("Date,open,high,low,close,volume\n2020-01-01,10,12.5,9,11,3.25\n{row}\n")
}

/// Breaks a message into lines, for snapshots.
fn wrapped(message: impl Display) -> String {
    let mut lines = vec![String::new()];
    for word in message.to_string().split(' ') {
        let line = lines.last_mut().unwrap();
        if line.len() + word.len() > 70 {
            lines.push(word.to_owned());
        } else {
            let space = if line.is_empty() { "" } else { " " };
            line.push_str(space);
            line.push_str(word);
        }
    }
    lines.join("\n")
}
