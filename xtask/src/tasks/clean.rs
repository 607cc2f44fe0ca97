//! Moves the old session aside, so that the next one starts fresh.
//!
//! Nothing is deleted: files are renamed, or copied and compared before
//! the original is removed. Mount points and symlinks to other disks
//! stay. A kill leaves a `.partial` backup, which the next run completes.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::programs::process;
use crate::tasks::coverage;
use crate::vault::catalog::{BACKUP_RECORD, BackupRecord};
use crate::vault::fixed_folders::FixedFolders;
use crate::vault::name::{NameKind, StampedName};
use crate::vault::relocate;
use crate::vault::scan::{ArchivePath, Scan, scan};
use crate::vault::verify::Receipt;
use crate::workspace::files::{self, exists, folder_entries};
use crate::workspace::lock::FolderLock;
use crate::workspace::{MOVED_FOLDERS, SESSION_FOLDERS, Workspace};

/// The suffix of an incomplete backup.
pub const PARTIAL_SUFFIX: &str = ".partial";

/// What a clean would move, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CleanPlan {
    /// The backup's name.
    pub backup: String,
    /// What is moved, relative to the workspace.
    pub moves: Vec<String>,
    /// Which of the folders stay.
    #[serde(skip)]
    pub fixed_folders: FixedFolders,
}

impl CleanPlan {
    /// Checks that everything can be moved.
    ///
    /// # Errors
    /// When something cannot be moved; says what, and what to do.
    pub fn check(&self, workspace: &Workspace) -> Result<()> {
        let problems = self.fixed_folders.problems(workspace);
        if !problems.is_empty() {
            bail!("the session cannot be moved: {} (nothing was moved)", problems.join("; "));
        }
        Ok(())
    }
}

/// What allows a session to be moved.
#[derive(Debug, Clone, Copy)]
pub enum ProofOfArchive<'a> {
    /// A verified archive holds every byte.
    Archived(&'a Receipt),
    /// The user asked for no archive: the backup is the only copy.
    NoArchive,
}

/// Plans what a clean at `now` moves; `None` if the workspace is clean.
pub fn plan(workspace: &Workspace, scan: &Scan, now: DateTime<Utc>) -> Result<Option<CleanPlan>> {
    let fixed_folders = FixedFolders::read(workspace, scan)?;
    let mut moves = Vec::new();
    for folder in MOVED_FOLDERS {
        if holds_session_files(workspace, &fixed_folders, Path::new(folder))? {
            moves.push(folder.to_owned());
        }
    }
    let root_files = scan.files.iter().filter(|file| {
        file.is_moved_by_clean() && file.disk_path.parent() == Some(workspace.root())
    });
    let mut in_root = Vec::new();
    for file in root_files {
        let name = file.disk_path.file_name().unwrap_or_default();
        in_root.push(item_of(name));
    }
    // Files that git tracks are part of the source: they are archived, but
    // not moved.
    let tracked = process::git_tracked(workspace.root(), &in_root).map_err(|reason| {
        anyhow!("git cannot tell whether it tracks `{}`: {reason}", in_root.join("`, `"))
    })?;
    moves.extend(in_root.into_iter().filter(|name| !tracked.contains(name)));
    if moves.is_empty() {
        return Ok(None);
    }
    let backups = workspace.backups();
    let trashed = folder_entries(&workspace.backups_trash())?;
    let backup = StampedName::first_free(NameKind::Backup, now, |name| {
        exists(&backups.join(name))
            || exists(&partial_path(&backups, name))
            || trashed.iter().any(|batch| exists(&batch.join(name)))
    });
    Ok(Some(CleanPlan { backup: backup.to_string(), moves, fixed_folders }))
}

/// Moves what `plan` names into its backup, and creates empty session
/// folders.
///
/// # Errors
/// When a file of the workspace is not in the archive, or cannot be
/// moved. Nothing is moved then, except after a disk error: what was
/// moved by then is in the partial backup.
pub fn apply(
    workspace: &Workspace,
    plan: &CleanPlan,
    proof: ProofOfArchive<'_>,
    now: DateTime<Utc>,
) -> Result<PathBuf> {
    plan.check(workspace)?;
    let archive = match proof {
        ProofOfArchive::Archived(receipt) => {
            check_covered(&scan(workspace)?, receipt)?;
            Some(receipt.manifest().name.clone())
        }
        ProofOfArchive::NoArchive => {
            sync_session(workspace)?;
            None
        }
    };
    let partial = partial_path(&workspace.backups(), &plan.backup);
    files::create_folder(&partial)?;
    // Keeps another workspace that shares the folder from recovering it.
    let _lock = FolderLock::acquire(&partial);
    let record = BackupRecord { format: 1, moved_at: now, archive, moved: plan.moves.clone() };
    files::write_json(&partial.join(BACKUP_RECORD), &record)?;
    for item in &plan.moves {
        move_aside(workspace, &plan.fixed_folders, item, &partial)?;
    }
    let backup = complete(&partial)?;
    create_session_folders(workspace)?;
    Ok(backup)
}

/// Syncs the session in `workspace` to disk, since a trainer may not have
/// done so.
pub fn sync_session(workspace: &Workspace) -> Result<()> {
    let mut folders = BTreeSet::from([workspace.root().to_owned()]);
    for file in scan(workspace)?.files.iter().filter(|file| file.is_moved_by_clean()) {
        let path = &file.disk_path;
        let within = path.ancestors().skip(1).take_while(|folder| *folder != workspace.root());
        folders.extend(within.map(Path::to_owned));
        files::sync_file(path).with_context(|| format!("failed to sync `{}`", path.display()))?;
    }
    for folder in folders {
        relocate::sync(&folder)?;
    }
    Ok(())
}

/// Moves `item`, or what is left of it, from the workspace into the
/// backup folder `partial`.
pub fn move_aside(
    workspace: &Workspace,
    fixed_folders: &FixedFolders,
    item: &str,
    partial: &Path,
) -> Result<()> {
    let from = path_of(workspace.root(), item)?;
    let name = from.file_name().unwrap_or_default();
    relocate::merge(&from, &partial.join(name), fixed_folders).with_context(|| {
        format!(
            "failed to move `{item}` to `{}`{}",
            workspace.display(partial),
            if cfg!(windows) { "; no program may have a file in it open" } else { "" }
        )
    })
}

/// Returns how plans and records spell `name`; if it is not UTF-8, as
/// archives do.
fn item_of(name: &OsStr) -> String {
    let spelled = || ArchivePath::of(Path::new(name)).text;
    name.to_str().map_or_else(spelled, str::to_owned)
}

/// Returns the path in `folder` that `item` spells.
pub fn path_of(folder: &Path, item: &str) -> Result<PathBuf> {
    let plain = folder.join(item);
    if exists(&plain) {
        return Ok(plain);
    }
    let is_item = |path: &PathBuf| path.file_name().is_some_and(|name| item_of(name) == item);
    Ok(folder_entries(folder)?.into_iter().find(is_item).unwrap_or(plain))
}

/// Gives the partial backup its final name, and returns its path.
pub fn complete(partial: &Path) -> Result<PathBuf> {
    let name = partial.file_name().unwrap_or_default().to_string_lossy();
    let backup = partial.with_file_name(name.trim_end_matches(PARTIAL_SUFFIX));
    let sync = |folder: &Path| files::sync_folder(folder).map_err(Into::into);
    sync(partial)
        .and_then(|()| relocate::move_new(partial, &backup))
        .and_then(|()| sync(backup.parent().unwrap_or(Path::new("."))))
        .with_context(|| format!("failed to complete the backup `{}`", backup.display()))?;
    Ok(backup)
}

/// Creates the session folders that are missing.
pub fn create_session_folders(workspace: &Workspace) -> Result<()> {
    for folder in SESSION_FOLDERS {
        let folder = workspace.root().join(folder);
        fs::create_dir_all(&folder)
            .with_context(|| format!("failed to create the folder `{}`", folder.display()))?;
    }
    relocate::sync(workspace.root())
}

/// Checks that the archive of `receipt` holds every file that a clean
/// would move.
///
/// # Errors
/// When a file is missing or differs; names the first.
pub fn check_covered(scan: &Scan, receipt: &Receipt) -> Result<()> {
    match coverage::changed(&coverage::moved_by_clean(scan), receipt.manifest())? {
        None => Ok(()),
        Some(path) => bail!(
            "`{path}` changed since it was archived; stop the program that writes it and run \
             this again (nothing was moved)"
        ),
    }
}

/// Returns the path of the backup `name` until it is complete.
fn partial_path(backups: &Path, name: &str) -> PathBuf {
    backups.join(format!("{name}{PARTIAL_SUFFIX}"))
}

/// Whether `folder` holds anything but the empty session folders and
/// those that stay.
pub fn holds_session_files(
    workspace: &Workspace,
    fixed_folders: &FixedFolders,
    folder: &Path,
) -> Result<bool> {
    let path = workspace.root().join(folder);
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(error).with_context(|| format!("failed to read `{}`", path.display()));
        }
        Ok(metadata) if !metadata.is_dir() && !fixed_folders.is_mount_or_link(&path) => {
            return Ok(true);
        }
        Ok(_) => {}
    }
    let is_session_folder =
        SESSION_FOLDERS.iter().any(|session_folder| folder == Path::new(session_folder));
    if !is_session_folder && !fixed_folders.stays(&path) {
        return Ok(true);
    }
    for entry in folder_entries(&path)? {
        let name = entry.file_name().unwrap_or_default();
        if !fixed_folders.is_lost_and_found(&entry)
            && holds_session_files(workspace, fixed_folders, &folder.join(name))?
        {
            return Ok(true);
        }
    }
    Ok(false)
}
