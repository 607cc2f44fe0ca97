//! Remembers which archives were read back and found good.
//!
//! A record is valid only for a file of the same name, size, times and
//! inode: a changed, copied or moved file is read back again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::vault::catalog::{Catalog, Fingerprint};
use crate::workspace::Workspace;
use crate::workspace::files;

/// The first line of the file; any other format is ignored.
const HEAD: &str = "trainvault receipts 1";

/// The archives of a workspace that were read back: one line each in
/// `.trainvault/receipts`.
#[derive(Debug)]
pub struct Receipts {
    path: PathBuf,
    known: BTreeMap<String, Fingerprint>,
}

impl Receipts {
    /// Reads the receipts of `workspace`; none if the file is missing or
    /// damaged.
    pub fn load(workspace: &Workspace) -> Self {
        let path = workspace.state().join("receipts");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut lines = text.lines();
        let is_ours = lines.next() == Some(HEAD);
        let known = lines.filter(|_| is_ours).filter_map(parse).collect();
        Self { path, known }
    }

    /// Whether the archive at `path` was read back, is still the same file,
    /// and can be opened.
    pub fn contains(&self, path: &Path) -> bool {
        let known = name_of(path).and_then(|name| self.known.get(name));
        let now = || Some(Fingerprint::of(&File::open(path).ok()?.metadata().ok()?));
        known.is_some_and(|fingerprint| now() == Some(*fingerprint))
    }

    /// Remembers that the archive at `path` is good, unless its fingerprint
    /// differs from the one taken `before` it was read back.
    pub fn add(&mut self, path: &Path, before: Option<Fingerprint>) {
        let fingerprint = before.filter(|before| Fingerprint::read(path) == Some(*before));
        if let (Some(name), Some(fingerprint)) = (name_of(path), fingerprint) {
            self.known.insert(name.to_owned(), fingerprint);
        }
    }

    /// Forgets the archives that are not in `catalog`.
    pub fn keep_only(&mut self, catalog: &Catalog) {
        let mut known = std::mem::take(&mut self.known);
        for archive in &catalog.archives {
            self.known.extend(known.remove_entry(&archive.name.to_string()));
        }
    }

    /// Writes the receipts. Failures are ignored: the next prune then reads
    /// more archives back.
    pub fn store(&self) {
        let line = |(name, fingerprint): (&String, &Fingerprint)| format!("{name} {fingerprint}\n");
        let text: String = self.known.iter().map(line).collect();
        let folder = self.path.parent().unwrap_or(Path::new("."));
        if files::create_folder(folder).is_ok() {
            let _ = files::write_atomically(&self.path, format!("{HEAD}\n{text}").as_bytes());
        }
    }
}

/// Remembers that the archive at `path` of `workspace` was just read
/// back.
pub fn remember(workspace: &Workspace, path: &Path) {
    let mut receipts = Receipts::load(workspace);
    receipts.add(path, Fingerprint::read(path));
    receipts.store();
}

fn parse(line: &str) -> Option<(String, Fingerprint)> {
    let (name, fingerprint) = line.split_once(' ')?;
    Some((name.to_owned(), fingerprint.parse().ok()?))
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}
