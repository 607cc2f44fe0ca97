//! The files of a folder, or of a zip file that is read like a folder.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::digest::{sha256_of_bytes, sha256_of_file};
use crate::market::bars::input::{flat_name, has_numbers, is_beside};
use crate::market::bars::printable;

/// The bytes of a file that are examined for numbers.
const N_EXAMINED_BYTES: u64 = 1 << 14;

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
            let name = self.name_of(&file);
            let _ = writeln!(lines, "{}  {name}", sha256_of_file(&file)?);
        }
        Ok(sha256_of_bytes(lines.as_bytes()))
    }

    /// Returns the files sorted by name, without hidden ones, notes and
    /// pictures. If all are in folders in the folder, these are searched.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>> {
        let (mut files, mut folders) = entries(&self.path)?;
        while files.is_empty() && !folders.is_empty() {
            let mut deeper = Vec::new();
            for folder in folders {
                let (found, more) = entries(&folder)?;
                files.extend(found);
                deeper.extend(more);
            }
            folders = deeper;
        }
        files.sort();
        Ok(files)
    }

    /// Returns the warning that there are files in folders beside the files,
    /// if there are.
    pub(super) fn skipped_folders(&self) -> Result<Option<String>> {
        let (files, folders) = entries(&self.path)?;
        if files.is_empty() || folders.is_empty() {
            return Ok(None);
        }
        let names: Vec<String> = folders.iter().map(|path| name_of(path)).collect();
        Ok(Some(format!(
            "left out, since there are files beside them: the folders `{}`",
            names.join("`, `")
        )))
    }

    /// Returns the name of one of the files, with the folders that it is in.
    pub(super) fn name_of(&self, file: &Path) -> String {
        let path = file.strip_prefix(&self.path).unwrap_or(file);
        flat_name(&path.to_string_lossy())
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
                    let [other, path] =
                        [other, path].map(|path| printable(self.name_of(&path).as_bytes()));
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

/// Returns the files and folders in a folder, without hidden ones and what
/// lies beside bars.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let context = || format!("failed to read the folder `{}`", folder.display());
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        // A link to a folder may lead back to this one.
        let is_folder = entry.file_type().with_context(context)?.is_dir();
        if is_beside(&entry.file_name().to_string_lossy()) {
        } else if is_folder {
            folders.push(entry.path());
        } else if entry.path().is_file() {
            files.push(entry.path());
        }
    }
    folders.sort();
    Ok((files, folders))
}

/// Whether the file begins as text without the numbers of a bar.
fn is_empty(path: &Path) -> bool {
    let mut start = Vec::new();
    let file = File::open(path);
    let is_read = file.and_then(|file| file.take(N_EXAMINED_BYTES).read_to_end(&mut start)).is_ok();
    is_read && !has_numbers(&start)
}

fn name_of(path: &Path) -> String {
    printable(path.file_name().unwrap_or_default().as_encoded_bytes())
}
