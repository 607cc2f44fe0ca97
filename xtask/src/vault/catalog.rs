//! The archives and backups of a workspace, in order.

mod archive;
mod cache;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::archive::{Archive, Content};
use self::archive::{named, read_archive};
pub use self::cache::Fingerprint;
use self::cache::{CacheUpdate, ManifestFiles};
use crate::vault::annotations;
use crate::vault::name::{NameKind, StampedName, short_archive_name};
use crate::vault::order::{self, Position};
use crate::workspace::Workspace;
use crate::workspace::files::{exists, folder_entries};
use crate::workspace::threads;

/// The file in a backup folder that names the archive of the same
/// session.
pub const BACKUP_RECORD: &str = ".trainvault-backup.json";

/// A backup: a session that was moved aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The folder's name.
    pub name: StampedName,
    /// Its path.
    pub path: PathBuf,
    /// Its record, if it can be read.
    pub record: Option<BackupRecord>,
}

/// The content of a backup's record, written before anything is moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupRecord {
    /// 1.
    pub format: u32,
    /// When the session was moved aside.
    pub moved_at: DateTime<Utc>,
    /// The archive that holds the same bytes; null after
    /// `--no-archive`, when this folder is the only copy.
    pub archive: Option<String>,
    /// What was moved, relative to the workspace.
    pub moved: Vec<String>,
}

/// The archives and backups of a workspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// The archives, oldest first.
    pub archives: Vec<Archive>,
    /// The backups, oldest first.
    pub backups: Vec<Backup>,
}

impl Catalog {
    /// Reads the archive and backup folders.
    ///
    /// Files with other names are ignored.
    ///
    /// # Errors
    /// When a folder cannot be read; a damaged archive is not an error.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let names = named(&workspace.archives(), NameKind::Archive)?;
        let archives = threads::map(names, |(name, path)| read_archive(name, path));
        Self::with(workspace, archives)
    }

    /// Reads as [`Self::read`] does, but opens only the archives that changed
    /// since they were last read: for showing, not for deleting.
    pub fn read_cached(workspace: &Workspace) -> Result<Self> {
        Self::with(
            workspace,
            cache::read_archives(workspace, ManifestFiles::Needed, CacheUpdate::Renew)?,
        )
    }

    /// Reads as [`Self::read_cached`] does, but leaves the `files` of each
    /// manifest empty, since those of many archives fill the memory.
    pub fn read_without_files(workspace: &Workspace) -> Result<Self> {
        Self::with(
            workspace,
            cache::read_archives(workspace, ManifestFiles::NotNeeded, CacheUpdate::Renew)?,
        )
    }

    /// Reads as [`Self::read_without_files`] does, but does not update the cache.
    pub fn read_without_files_readonly(workspace: &Workspace) -> Result<Self> {
        Self::with(
            workspace,
            cache::read_archives(workspace, ManifestFiles::NotNeeded, CacheUpdate::Leave)?,
        )
    }

    fn with(workspace: &Workspace, mut archives: Vec<Archive>) -> Result<Self> {
        let mut found = annotations::read_all(&workspace.archives())?;
        for archive in &mut archives {
            archive.annotations = found.remove(&archive.name);
        }
        let backups = named(&workspace.backups(), NameKind::Backup)?
            .into_iter()
            .map(|(name, path)| Backup { record: read_record(&path), name, path })
            .collect();
        Ok(Self { archives: in_order(archives), backups })
    }

    /// Returns a run number above that of every archive.
    pub fn next_run_number(&self) -> u64 {
        let numbers = self.archives.iter().filter_map(Archive::manifest).map(|m| m.run_number);
        numbers.max().unwrap_or(0) + 1
    }

    /// Returns the first free name for an archive made at `now`. Names that
    /// `is_reserved` or that are in the trash are not free.
    pub fn free_archive_name(
        &self,
        workspace: &Workspace,
        now: DateTime<Utc>,
        is_reserved: impl Fn(&str) -> bool,
    ) -> Result<StampedName> {
        let trash = workspace.archives_trash();
        let batches = folder_entries(&trash)?;
        Ok(StampedName::first_free(NameKind::Archive, now, |name| {
            let path = workspace.archives().join(name);
            exists(&path)
                || is_reserved(name)
                || exists(&annotations::path_of(&path))
                || batches.iter().any(|batch| exists(&batch.join(name)))
        }))
    }

    /// Returns the archive called `name`, or the newest one for
    /// `latest`. `training_backup_` and `.zip` may be left out.
    ///
    /// # Errors
    /// When there is no such archive; names the newest one.
    pub fn find(&self, name: &str) -> Result<&Archive> {
        let found = match name {
            "latest" => self.archives.last(),
            name => {
                let name = short_archive_name(name);
                self.archives.iter().find(|archive| archive.name.short() == name)
            }
        };
        found.with_context(|| match self.archives.last() {
            None => "there is no archive yet; `cargo xtask train` makes one".to_owned(),
            Some(newest) => format!(
                "there is no archive `{name}`; `cargo xtask list` names all {}, the newest is `{}`",
                self.archives.len(),
                newest.name
            ),
        })
    }
}

/// Returns the record of a backup; `None` if it cannot be read.
pub(crate) fn read_record(backup: &Path) -> Option<BackupRecord> {
    serde_json::from_slice(&fs::read(backup.join(BACKUP_RECORD)).ok()?).ok()
}

/// Orders archives by run number, which does not depend on the clock.
fn in_order(archives: Vec<Archive>) -> Vec<Archive> {
    order::oldest_first(archives, |archive| Position {
        run_number: archive.manifest().map(|manifest| manifest.run_number),
        time: archive.created_at(),
        name: archive.name,
    })
}
