//! The model of a workspace: which bytes must still exist somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use xtask::vault::name::{NameKind, StampedName};
use xtask::vault::verify::{self, ReadOptions};
use xtask::workspace::digest::sha256;

use crate::support::{Sandbox, tree};

/// The digests of the files of every finished session.
#[derive(Default)]
pub struct Ledger {
    digests: BTreeMap<String, String>,
}

impl Ledger {
    /// Takes in the finished session that lies in the workspace now.
    pub fn note_session(&mut self, sandbox: &Sandbox) {
        let record = fs::read_to_string(sandbox.path("logs/session.json")).unwrap_or_default();
        if !record.contains("completed") {
            return;
        }
        for folder in ["logs", "models"] {
            for (name, bytes) in tree(&sandbox.path(folder)) {
                // The draft of a killed restore: a part of what an archive
                // holds, which the next task removes.
                let file_name = name.rsplit('/').next().unwrap();
                if file_name.starts_with('.') && file_name.ends_with(".partial") {
                    continue;
                }
                self.digests.insert(digest(&bytes), format!("{folder}/{name}"));
            }
        }
    }

    /// The number of different files that must exist.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Checks that every byte noted still exists in the workspace, a
    /// backup, an archive or the trash, and that what has an archive's
    /// name is a whole one.
    #[track_caller]
    pub fn check(&self, sandbox: &Sandbox, after: &str) {
        let found = surviving(sandbox.root(), after);
        let lost: Vec<&String> = self
            .digests
            .iter()
            .filter(|(digest, _)| !found.contains(*digest))
            .map(|(_, name)| name)
            .collect();
        assert!(lost.is_empty(), "after {after}: lost {lost:?}");
    }
}

/// Returns the digests of all files, also those within archives.
fn surviving(root: &Path, after: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, bytes) in tree(root) {
        let file_name = name.rsplit('/').next().unwrap();
        if StampedName::parse(NameKind::Archive, file_name).is_some() {
            let archive_check = verify::check(&root.join(&name), ReadOptions::default()).unwrap();
            assert!(
                archive_check.damage.is_empty(),
                "after {after}: {name}: {:?}",
                archive_check.damage
            );
            let manifest = archive_check.manifest.unwrap();
            found.extend(manifest.files.into_iter().map(|file| file.sha256));
        }
        found.insert(digest(&bytes));
    }
    found
}

fn digest(bytes: &[u8]) -> String {
    sha256(bytes, bytes.len() as u64).unwrap().0
}
