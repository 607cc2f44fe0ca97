//! The files of a folder, or of a zip file that is read like a folder.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::digest::{sha256_of_bytes, sha256_of_file};
use crate::market::bars::file_series::symbol_of;
use crate::market::bars::input::{Unpacked, flat_names, is_beside, may_have_bars};
use crate::market::bars::printable;

/// The bytes of a file that are examined for numbers.
const N_EXAMINED_BYTES: u64 = 1 << 14;

/// A folder of files, each of a symbol or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) archive: Option<Archive>,
}

/// The zip file from which the files of a folder were extracted.
#[derive(Debug, Clone)]
pub(super) struct Archive {
    pub(super) path: PathBuf,
    /// The temporary folder, which exists as long as this value.
    pub(super) unpacked: Arc<TempDir>,
    /// Warnings about what was left out.
    pub(super) warnings: Vec<String>,
}

/// A file, and the name that it has in messages and among symbols: its
/// own, with the folders that it is in.
#[derive(Debug, Clone)]
pub(super) struct NamedFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
}

impl Folder {
    pub(super) fn of(path: PathBuf) -> Self {
        Self { path, archive: None }
    }

    pub(super) fn of_archive(path: PathBuf, Unpacked { folder, warnings }: Unpacked) -> Self {
        let unpacked = Arc::new(folder);
        let folder = unpacked.path().to_owned();
        Self { path: folder, archive: Some(Archive { path, unpacked, warnings }) }
    }

    /// Returns the SHA-256 of the zip file, or of the lines that
    /// `sha256sum *` prints in the folder.
    pub(super) fn sha256(&self) -> Result<String> {
        if let Some(archive) = &self.archive {
            return sha256_of_file(&archive.path);
        }
        let mut lines = String::new();
        for NamedFile { path, name } in self.files()? {
            let _ = writeln!(lines, "{}  {name}", sha256_of_file(&path)?);
        }
        Ok(sha256_of_bytes(lines.as_bytes()))
    }

    /// Returns the files sorted by name, without hidden ones, notes and
    /// pictures. If all bars are in folders in the folder, these are
    /// searched, at all depths.
    fn files(&self) -> Result<Vec<NamedFile>> {
        let (mut files, mut folders) = entries(&self.path)?;
        if files.iter().all(|path| is_empty(path)) {
            // A link may lead back to a folder.
            let mut known: HashSet<PathBuf> = HashSet::new();
            known.extend(self.path.canonicalize());
            while let Some(folder) = folders.pop() {
                if folder.canonicalize().is_ok_and(|folder| known.insert(folder)) {
                    let (found, more) = entries(&folder)?;
                    files.extend(found);
                    folders.extend(more);
                }
            }
        }
        files.sort();
        let in_folder = |path: &PathBuf| {
            path.strip_prefix(&self.path).unwrap_or(path).to_string_lossy().into_owned()
        };
        let names = flat_names(&files.iter().map(in_folder).collect::<Vec<_>>());
        Ok(files.into_iter().zip(names).map(|(path, name)| NamedFile { path, name }).collect())
    }

    /// Returns the warning that there are files in folders beside the files,
    /// if there are.
    pub(super) fn skipped_folders(&self) -> Result<Option<String>> {
        let (files, folders) = entries(&self.path)?;
        if folders.is_empty() || files.iter().all(|path| is_empty(path)) {
            return Ok(None);
        }
        let name_of =
            |path: &PathBuf| printable(path.file_name().unwrap_or_default().as_encoded_bytes());
        let names: Vec<String> = folders.iter().map(name_of).collect();
        Ok(Some(format!(
            "left out, since there are files beside them: the folders `{}`",
            names.join("`, `")
        )))
    }

    /// Returns the files that may hold bars, and the names of those that
    /// hold nothing, or only a header.
    pub(super) fn filled_files(&self) -> Result<(Vec<NamedFile>, Vec<String>)> {
        let (empty, filled): (Vec<_>, Vec<_>) =
            self.files()?.into_iter().partition(|file| is_empty(&file.path));
        if filled.is_empty() {
            return Ok((empty, Vec::new()));
        }
        Ok((filled, empty.into_iter().map(|file| printable(file.name.as_bytes())).collect()))
    }

    /// Returns the warning that two of `files` have the same content, if any
    /// do.
    pub(super) fn copies(files: &[NamedFile]) -> Result<Option<String>> {
        let mut known: BTreeMap<u64, Vec<&NamedFile>> = BTreeMap::new();
        for file in files {
            let n_bytes = fs::metadata(&file.path)?.len();
            known.entry(n_bytes).or_default().push(file);
        }
        for files in known.into_values().filter(|files| files.len() > 1) {
            let mut digests: HashMap<String, &str> = HashMap::new();
            for NamedFile { path, name } in files {
                let other = digests.insert(sha256_of_file(path)?, name);
                // Those of one symbol are read once.
                if let Some(other) = other.filter(|other| symbol_of(other) != symbol_of(name)) {
                    let [other, name] =
                        [other, name.as_str()].map(|name| printable(name.as_bytes()));
                    return Ok(Some(format!(
                        "`{other}` and `{name}` have the same content, and count as two symbols; \
                         delete one of them if it is a copy"
                    )));
                }
            }
        }
        Ok(None)
    }
}

/// Returns the files and folders in a folder, without hidden ones and what
/// lies beside bars. Fails if there is something else, such as a link to
/// nothing.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let context = || format!("failed to read the folder `{}`", folder.display());
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let path = entry.path();
        if is_beside(&entry.file_name().to_string_lossy()) {
        } else if path.is_dir() {
            folders.push(path);
        } else {
            ensure!(
                path.is_file(),
                "`{}` is no file, but a pipe or a link to nothing; put the file there, or delete it",
                path.display()
            );
            files.push(path);
        }
    }
    folders.sort();
    Ok((files, folders))
}

/// Whether the file is a text without the numbers of a bar.
fn is_empty(path: &Path) -> bool {
    let mut start = Vec::new();
    let file = File::open(path);
    let is_read = file.and_then(|file| file.take(N_EXAMINED_BYTES).read_to_end(&mut start)).is_ok();
    let is_whole = (start.len() as u64) < N_EXAMINED_BYTES;
    is_read && !may_have_bars(&start, is_whole)
}
