//! The archives whose push is pending: `.trainvault/owed.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::vault::catalog::Catalog;
use crate::workspace::Workspace;
use crate::workspace::files;
use crate::workspace::lock::FolderLock;

/// The archives whose push has started and not succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingPushes {
    /// 1.
    format: u32,
    /// The reason why each is pending, by name.
    archives: BTreeMap<String, String>,
}

/// An archive whose push is pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingPush {
    /// Its name.
    pub name: String,
    /// Why it is not pushed yet.
    pub reason: String,
}

impl PendingPushes {
    /// Reads the pending pushes of `workspace`; none if the file is missing
    /// or damaged.
    pub fn load(workspace: &Workspace) -> Self {
        let read = || serde_json::from_slice::<Self>(&fs::read(path(workspace)).ok()?).ok();
        let nothing = Self { format: 1, archives: BTreeMap::new() };
        read().filter(|pending| pending.format == 1).unwrap_or(nothing)
    }

    /// Returns the archives, oldest first.
    pub fn list(self) -> Vec<PendingPush> {
        let archives = self.archives.into_iter();
        archives.map(|(name, reason)| PendingPush { name, reason }).collect()
    }

    /// Returns the names of the archives.
    pub fn names(self) -> BTreeSet<String> {
        self.archives.into_keys().collect()
    }

    /// Whether the push of the archive called `name` is pending.
    pub fn contains(&self, name: &str) -> bool {
        self.archives.contains_key(name)
    }

    /// Adds archives, for one reason.
    pub fn add(&mut self, names: &[String], reason: &str) {
        self.archives.extend(names.iter().map(|name| (name.clone(), reason.to_owned())));
    }

    /// Updates the reason of those of `names` that are pending.
    pub fn explain(&mut self, names: &[String], reason: &str) {
        let pending = self.archives.iter_mut().filter(|(name, _)| names.contains(name));
        pending.for_each(|(_, it)| reason.clone_into(it));
    }

    /// Removes an archive that was pushed.
    pub fn remove(&mut self, name: &str) {
        self.archives.remove(name);
    }

    /// Removes archives that are no longer in `catalog`.
    pub fn keep_only(&mut self, catalog: &Catalog) {
        let is_there =
            |name: &String| catalog.archives.iter().any(|it| it.name.to_string() == *name);
        self.archives.retain(|name, _| is_there(name));
    }
}

/// Changes the pending pushes of `workspace`, under a lock, since several
/// processes may do so at once.
pub fn update(workspace: &Workspace, change: impl FnOnce(&mut PendingPushes)) -> Result<()> {
    files::create_folder(&workspace.state())?;
    let _lock = FolderLock::acquire(&workspace.state());
    let mut pending = PendingPushes::load(workspace);
    let before = pending.clone();
    change(&mut pending);
    if pending == before {
        return Ok(());
    }
    files::write_json(&path(workspace), &pending)
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.state().join("owed.json")
}
