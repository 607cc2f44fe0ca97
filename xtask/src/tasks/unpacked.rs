//! A cache of unpacked archives, for programs that read folders.
//!
//! `.trainvault/unpacked/STEM/` holds what `restore` writes; the digest
//! of each file is checked on every use. Folders of archives that were
//! removed, or that were not used for a week, are removed.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::tasks::TaskContext;
use crate::vault::relocate;
use crate::vault::restore::{self, Overwrite, Target};
use crate::vault::scan::PathFilter;
use crate::workspace::digest;
use crate::workspace::files::{self, exists, folder_entries};
use crate::workspace::filesystem;
use crate::workspace::lock;

/// A folder that was not used for this many days is stale.
const STALE_DAYS: i64 = 7;
/// Digits of a digest that distinguish archives of the same name.
const N_KEY_LETTERS: usize = 8;

/// The cache, locked so that no other process clears it.
pub struct Cache {
    folder: PathBuf,
    _in_use: File,
}

/// The record of an unpacked archive.
#[derive(Debug, Serialize, Deserialize)]
struct CacheRecord {
    archive: PathBuf,
    used_at: DateTime<Utc>,
}

impl Cache {
    /// Opens the cache of the workspace, and removes stale folders unless
    /// another process is using it.
    pub fn open(context: &TaskContext<'_>) -> Result<Self> {
        let folder = context.workspace.state().join("unpacked");
        files::create_folder(&folder)?;
        let path = folder.join("in_use.lock");
        let failed = || format!("failed to lock `{}`", path.display());
        let in_use = File::create(&path).with_context(failed)?;
        if lock::is_locked(&path, filesystem::try_lock(&in_use))? {
            clear_stale(&folder, (context.clock)())?;
            filesystem::unlock(&in_use).with_context(failed)?;
        }
        filesystem::lock_shared(&in_use).with_context(failed)?;
        Ok(Self { folder, _in_use: in_use })
    }

    /// Returns the folder with the files of `archive` that `only` selects.
    /// Files that are there already and intact are not written again.
    ///
    /// Files that a damaged archive cannot restore are a warning.
    pub fn unpack(
        &self,
        context: &mut TaskContext<'_>,
        archive: &Path,
        only: Option<&PathFilter>,
    ) -> Result<PathBuf> {
        let path = self.folder.join("unpacking.lock");
        let failed = || format!("failed to lock `{}`", path.display());
        let unpacking = File::create(&path).with_context(failed)?;
        // Waiting is fine: another process unpacks for seconds only.
        filesystem::lock(&unpacking).with_context(failed)?;
        let folder = self.folder.join(key(archive)?);
        record(&folder, archive, (context.clock)())?;
        let mut source = restore::open(archive)?;
        let mut target = Target::folder(folder.clone());
        let plan = restore::survey(&mut source, &mut target, only, Overwrite::IfChanged)?;
        let written = restore::apply(&mut source, &plan, &mut target, context.interrupt)?;
        let missing = plan.lost.iter().chain(&plan.conflicts).chain(&written.lost);
        context.warn(missing.map(|damage| {
            let what = damage.path.as_deref().unwrap_or("a part");
            format!("`{}`: no `{what}`: {}", archive.display(), damage.problem)
        }));
        Ok(folder)
    }
}

/// Records that `folder` holds `archive` and was used at `used_at`.
fn record(folder: &Path, archive: &Path, used_at: DateTime<Utc>) -> Result<()> {
    let record = CacheRecord { archive: archive.to_owned(), used_at };
    let path = record_path(folder);
    let text = serde_json::to_vec(&record).context("the archive's path is not UTF-8")?;
    let write = || File::create(&path)?.write_all(&text);
    write().with_context(|| format!("failed to write `{}`", path.display()))
}

/// Returns the name of the folder of `archive`, which is unique.
fn key(archive: &Path) -> Result<String> {
    let path = archive
        .canonicalize()
        .with_context(|| format!("failed to find `{}`", archive.display()))?;
    let stem = archive.file_stem().unwrap_or_default().to_string_lossy();
    let digest = digest::of_bytes(path.as_os_str().as_encoded_bytes());
    Ok(format!("{stem}_{}", &digest[..N_KEY_LETTERS]))
}

/// Returns the path of the record of `folder`.
fn record_path(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{name}.json"))
}

fn clear_stale(folder: &Path, now: DateTime<Utc>) -> Result<()> {
    for path in folder_entries(folder)? {
        if !files::is_folder(&path)? || !is_stale(&record_path(&path), now) {
            continue;
        }
        relocate::remove(&path)?;
        // A record without a folder is harmless.
        let _ = relocate::remove(&record_path(&path));
    }
    Ok(())
}

fn is_stale(record: &Path, now: DateTime<Utc>) -> bool {
    let record =
        fs::read(record).ok().and_then(|bytes| serde_json::from_slice::<CacheRecord>(&bytes).ok());
    record.is_none_or(|record| {
        !exists(&record.archive) || now - record.used_at > TimeDelta::days(STALE_DAYS)
    })
}
