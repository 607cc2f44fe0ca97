//! Which archives a push still owes: `.trainvault/owed.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::vault::catalog::Catalog;
use crate::workspace::Workspace;
use crate::workspace::files;
use crate::workspace::lock::FolderLock;

/// The archives whose push was begun and has not ended well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// 1.
    format: u32,
    /// By name, why.
    archives: BTreeMap<String, String>,
}

/// An archive that the next push makes up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwedArchive {
    /// Its name.
    pub name: String,
    /// Why it is not pushed yet.
    pub reason: String,
}

impl Owed {
    /// Reads what is owed in `workspace`; nothing when the file is
    /// missing or damaged.
    pub fn load(workspace: &Workspace) -> Self {
        let read = || serde_json::from_slice::<Self>(&fs::read(path(workspace)).ok()?).ok();
        let nothing = Self { format: 1, archives: BTreeMap::new() };
        read().filter(|owed| owed.format == 1).unwrap_or(nothing)
    }

    /// Returns the archives, oldest first.
    pub fn list(self) -> Vec<OwedArchive> {
        let archives = self.archives.into_iter();
        archives.map(|(name, reason)| OwedArchive { name, reason }).collect()
    }

    /// Returns the names of the archives.
    pub fn names(self) -> BTreeSet<String> {
        self.archives.into_keys().collect()
    }

    /// Whether the archive called `name` is owed.
    pub fn holds(&self, name: &str) -> bool {
        self.archives.contains_key(name)
    }

    /// Adds archives, for one reason.
    pub fn add(&mut self, names: &[String], reason: &str) {
        self.archives.extend(names.iter().map(|name| (name.clone(), reason.to_owned())));
    }

    /// Says why those of `names` that are owed still are.
    pub fn explain(&mut self, names: &[String], reason: &str) {
        let owed = self.archives.iter_mut().filter(|(name, _)| names.contains(name));
        owed.for_each(|(_, it)| reason.clone_into(it));
    }

    /// Takes one away, which was pushed.
    pub fn remove(&mut self, name: &str) {
        self.archives.remove(name);
    }

    /// Forgets those that are not in `catalog` any more.
    pub fn keep_only(&mut self, catalog: &Catalog) {
        let is_there =
            |name: &String| catalog.archives.iter().any(|it| it.name.to_string() == *name);
        self.archives.retain(|name, _| is_there(name));
    }
}

/// Changes what is owed in `workspace`, which several processes may do
/// at once.
///
/// # Errors
/// When it cannot be written.
pub fn update(workspace: &Workspace, change: impl FnOnce(&mut Owed)) -> Result<()> {
    files::create_folder(&workspace.state())?;
    let _lock = FolderLock::acquire(&workspace.state());
    let mut owed = Owed::load(workspace);
    let before = owed.clone();
    change(&mut owed);
    if owed == before {
        return Ok(());
    }
    let text = serde_json::to_vec_pretty(&owed).expect("names are plain data");
    files::write_atomically(&path(workspace), &text)
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.state().join("owed.json")
}
