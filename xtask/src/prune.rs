//! Carries a retention plan out, through a trash folder.
//!
//! What goes is renamed into `.trash/`, which needs no free space, and
//! is deleted there days later.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use crate::catalog::{Catalog, folder_entries};
use crate::files;
use crate::name::{parse_time, stamp};
use crate::retention::{self, Plan};
use crate::workspace::Workspace;

/// The plans for the archives and the backups of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrunePlan {
    /// What becomes of the archives.
    pub archives: Plan,
    /// What becomes of the backups.
    pub backups: Plan,
    /// Trash that has waited long enough, and is deleted.
    pub empty_trash: Vec<String>,
}

impl PrunePlan {
    /// Whether nothing is to be removed.
    pub fn is_empty(&self) -> bool {
        self.archives.remove.is_empty()
            && self.backups.remove.is_empty()
            && self.empty_trash.is_empty()
    }
}

/// Plans to keep the `keep` newest archives and backups of `workspace`.
///
/// # Errors
/// When a folder cannot be read.
pub fn plan(workspace: &Workspace, keep: NonZeroUsize, now: DateTime<Utc>) -> Result<PrunePlan> {
    plan_for(&Catalog::read(workspace)?, workspace, keep, now)
}

/// Plans as [`plan`] does, by what is remembered of the archives: to
/// show, not to carry out.
///
/// # Errors
/// As [`plan`].
pub fn preview(workspace: &Workspace, keep: NonZeroUsize, now: DateTime<Utc>) -> Result<PrunePlan> {
    plan_for(&Catalog::read_heads(workspace)?, workspace, keep, now)
}

fn plan_for(
    catalog: &Catalog,
    workspace: &Workspace,
    keep: NonZeroUsize,
    now: DateTime<Utc>,
) -> Result<PrunePlan> {
    Ok(PrunePlan {
        archives: retention::plan(&retention::archive_items(catalog), keep),
        backups: retention::plan(&retention::backup_items(catalog), keep),
        empty_trash: expired_trash(workspace, now)?,
    })
}

/// Returns the batches of trash in `workspace` that were put there more
/// than the configured days before `now`.
fn expired_trash(workspace: &Workspace, now: DateTime<Utc>) -> Result<Vec<String>> {
    let days = i64::from(workspace.config().retention.trash_days);
    let limit = now - Duration::days(days);
    let mut expired = Vec::new();
    for trash in [workspace.archives_trash(), workspace.backups_trash()] {
        for batch in folder_entries(&trash)? {
            let name = batch.file_name().unwrap_or_default().to_string_lossy();
            if parse_time(&name).is_some_and(|time| time <= limit) {
                expired.push(workspace.display(&batch));
            }
        }
    }
    Ok(expired)
}

/// Carries `plan` out.
///
/// # Errors
/// When something cannot be moved or deleted; the rest stays.
pub fn apply(workspace: &Workspace, plan: &PrunePlan, now: DateTime<Utc>) -> Result<()> {
    for batch in &plan.empty_trash {
        let batch = workspace.root().join(batch);
        fs::remove_dir_all(&batch)
            .with_context(|| format!("failed to delete `{}`", batch.display()))?;
    }
    let batch = stamp(now);
    let trash = workspace.archives_trash().join(&batch);
    discard(&plan.archives.remove, &workspace.archives(), &trash)?;
    let trash = workspace.backups_trash().join(&batch);
    discard(&plan.backups.remove, &workspace.backups(), &trash)
}

fn discard(names: &[String], folder: &Path, trash: &Path) -> Result<()> {
    // Oldest first: a kill in between has removed what is oldest.
    for name in names.iter().rev() {
        files::create_folder(trash)?;
        files::rename_folder_new(&folder.join(name), &trash.join(name))
            .with_context(|| format!("failed to move `{name}` to `{}`", trash.display()))?;
    }
    if !names.is_empty() {
        files::sync_folder(folder)
            .with_context(|| format!("failed to sync `{}`", folder.display()))?;
    }
    Ok(())
}
