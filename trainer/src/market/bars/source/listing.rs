//! The files of a folder, or of a zip file that is read like a folder.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::digest::{sha256_of_bytes, sha256_of_file};
use crate::market::bars::input::is_note;
use crate::market::bars::printable;

/// Extensions of files that lie beside those of bars.
const OTHERS: [&str; 9] = ["md", "pdf", "png", "html", "py", "ipynb", "checksum", "sha256", "md5"];

/// A longer file has more than a header.
const N_HEADER_BYTES: u64 = 1024;

/// A folder of files, each of a symbol or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// The zip file from which the files were extracted, and the temporary
    /// folder, which exists as long as this value.
    pub(super) archive: Option<(PathBuf, Arc<TempDir>)>,
}

impl Folder {
    pub(super) fn of(path: PathBuf) -> Self {
        Self { path, archive: None }
    }

    pub(super) fn of_archive(archive: PathBuf, unpacked: TempDir) -> Self {
        let path = unpacked.path().to_owned();
        Self { path, archive: Some((archive, Arc::new(unpacked))) }
    }

    /// Returns the SHA-256 of the zip file, or of the lines that
    /// `sha256sum *` prints in the folder.
    pub(super) fn sha256(&self) -> Result<String> {
        if let Some((archive, _)) = &self.archive {
            return sha256_of_file(archive);
        }
        let mut lines = String::new();
        for file in self.files()? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(lines, "{}  {name}", sha256_of_file(&file)?);
        }
        Ok(sha256_of_bytes(lines.as_bytes()))
    }

    /// Returns the files sorted by name, without hidden ones, notes and
    /// pictures.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>> {
        let context = || format!("failed to read the folder `{}`", self.path.display());
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path).with_context(context)? {
            let entry = entry.with_context(context)?;
            let is_beside = is_beside(&entry.file_name().to_string_lossy());
            if !is_beside && entry.path().is_file() {
                files.push(entry.path());
            }
        }
        files.sort();
        Ok(files)
    }

    /// Returns the files that hold bars, and the names of those that hold
    /// nothing, or only a header.
    pub(super) fn filled_files(&self) -> Result<(Vec<PathBuf>, Vec<String>)> {
        let files = self.files()?;
        let (filled, empty): (Vec<_>, Vec<_>) = files.iter().partition(|path| !is_empty(path));
        if filled.is_empty() {
            return Ok((files, Vec::new()));
        }
        let names = empty.into_iter().map(|path| name_of(path)).collect();
        Ok((filled.into_iter().cloned().collect(), names))
    }

    /// Returns the warning that two files have the same content, if any do.
    pub(super) fn copies(&self) -> Result<Option<String>> {
        let mut known: BTreeMap<u64, Vec<PathBuf>> = BTreeMap::new();
        for path in self.files()? {
            let n_bytes = fs::metadata(&path)?.len();
            known.entry(n_bytes).or_default().push(path);
        }
        for paths in known.into_values().filter(|paths| paths.len() > 1) {
            let mut digests: HashMap<String, PathBuf> = HashMap::new();
            for path in paths {
                if let Some(other) = digests.insert(sha256_of_file(&path)?, path.clone()) {
                    let [other, path] = [other, path].map(|path| name_of(&path));
                    return Ok(Some(format!(
                        "`{other}` and `{path}` have the same content, and count as two symbols; \
                         delete one of them if it is a copy"
                    )));
                }
            }
        }
        Ok(None)
    }
}

/// Whether a file of this name is hidden, or lies beside files of bars.
fn is_beside(name: &str) -> bool {
    let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with('.') || is_note(name) || OTHERS.contains(&end.as_str())
}

/// Whether the file has no line, or only a header.
fn is_empty(path: &Path) -> bool {
    let is_short = fs::metadata(path).is_ok_and(|metadata| metadata.len() < N_HEADER_BYTES);
    let content = if is_short { fs::read(path).unwrap_or_default() } else { return false };
    let text = String::from_utf8_lossy(&content).trim().to_lowercase();
    let is_header = text.contains("open") && text.contains("close") && !text.contains('\n');
    text.is_empty() || is_header
}

fn name_of(path: &Path) -> String {
    printable(path.file_name().unwrap_or_default().as_encoded_bytes())
}
