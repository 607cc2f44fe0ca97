//! Carries out a retention plan, through a trash folder.
//!
//! Removed items are renamed into `.trash/`, which needs no free space,
//! and deleted there days later.

mod delete;
mod only_copies;
mod plan;
mod proof;
pub mod remote;

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Utc};

pub use delete::{DELETING_SUFFIX, finish_deletion, is_being_deleted};
pub use only_copies::{OnlyCopies, only_copies};
pub use plan::{Damaged, PrunePlan};

use crate::tasks::TaskContext;
use crate::tasks::push::PendingPushes;
use crate::tasks::recover::RecoveryPreview;
use crate::vault::catalog::{BACKUP_RECORD, Catalog, Content};
use crate::vault::name::stamp;
use crate::vault::remote::RemoteReceipt;
use crate::vault::retention::{self, BackupPolicy, Count, PlanFacts, RetentionConfig};
use crate::vault::trash::{self, Trash};
use crate::workspace::Workspace;
use crate::workspace::files;

/// How many backups are kept if the policy has no `keep` for archives.
const N_BACKUPS_DEFAULT: u32 = 5;

/// Where the policy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicySource {
    /// The flags of the command line.
    CommandLine,
    /// The settings: after a training, or `prune` without flags.
    Settings,
}

/// The parameters of a prune.
#[derive(Debug, Clone, Copy)]
pub struct PruneRequest<'a> {
    /// What to keep.
    pub policy: &'a RetentionConfig,
    /// Where the policy comes from.
    pub source: PolicySource,
    /// Whether archives without a remote receipt are kept.
    pub keep_pushed_only: bool,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// What happens to removed items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteMode {
    /// They are moved to the trash.
    Trash,
    /// They are deleted: `--now`.
    Delete,
}

/// Plans what to remove of `catalog`, the archives and backups of the
/// workspace. `preview` is what a recovery will do first.
///
/// If anything is removed, each archive that is kept has been read back:
/// now, or earlier and is unchanged since.
///
/// # Errors
/// When a folder, a model, an archive or an annotation cannot be read, or
/// the policy cannot be applied ([`retention::PolicyError`]).
pub fn plan(
    context: &TaskContext<'_>,
    catalog: &Catalog,
    preview: &RecoveryPreview,
    request: &PruneRequest<'_>,
) -> Result<PrunePlan> {
    request.policy.check()?;
    // A damaged annotation may contain a pin.
    if let Some(problem) = catalog.archives.iter().find_map(|a| a.annotations_problem()) {
        return Err(anyhow!("{problem}; nothing was deleted"));
    }
    check_records(catalog)?;
    let mut trash = Trash::read(context.workspace, request.now)?;
    for (annotations, batch) in &preview.follow {
        trash.add(annotations, batch);
    }
    let models = context.workspace.root().join("models");
    let mut facts = PlanFacts {
        models_leave: preview.moves(&models),
        unpushed: unpushed(context.workspace, catalog, request),
        ..PlanFacts::default()
    };
    loop {
        let mut plan = plan_with(context.workspace, catalog, &trash, &facts, request)?;
        if plan.is_empty() || !proof::verify_kept(context, catalog, &plan.archives, &mut facts)? {
            plan.damaged = damaged(catalog, &facts);
            return Ok(plan);
        }
        if let Some(name) = facts.damaged.keys().next() {
            trash.hold_all(&format!("`{name}` is damaged, and what it lost may be here"));
        }
    }
}

/// Returns the archives that must not be removed before they are pushed:
/// those with a pending push, and with `--keep-pushed-only` all without a
/// receipt.
fn unpushed(
    workspace: &Workspace,
    catalog: &Catalog,
    request: &PruneRequest<'_>,
) -> BTreeSet<String> {
    let mut names = PendingPushes::load(workspace).names();
    if request.keep_pushed_only {
        let lacking = catalog.archives.iter().filter(|it| RemoteReceipt::of(&it.path).is_none());
        names.extend(lacking.map(|archive| archive.name.to_string()));
    }
    names
}

/// Checks that backups without a record really have none, and not one
/// that cannot be read now.
fn check_records(catalog: &Catalog) -> Result<()> {
    for backup in catalog.backups.iter().filter(|backup| backup.record.is_none()) {
        files::read_existing(&backup.path.join(BACKUP_RECORD))?;
    }
    Ok(())
}

fn plan_with(
    workspace: &Workspace,
    catalog: &Catalog,
    trash: &Trash,
    facts: &PlanFacts,
    request: &PruneRequest<'_>,
) -> Result<PrunePlan> {
    let PruneRequest { policy, source, now, .. } = *request;
    let items = retention::archive_items(workspace, catalog, facts)?;
    let archives = retention::plan(&items, policy, now)?;
    let last = policy.keep.unwrap_or_default();
    let is_given = !last.is_zero();
    let backup_policy = BackupPolicy {
        keep: if is_given { last } else { Count::Limit(N_BACKUPS_DEFAULT) },
        is_explicit: is_given && source == PolicySource::CommandLine,
    };
    let backups = retention::backup_items(catalog, trash, facts);
    let expired = trash.batches.iter().filter(|batch| batch.is_expired);
    let (kept_trash, empty_trash): (Vec<_>, Vec<_>) =
        expired.partition(|batch| batch.hold.is_some());
    Ok(PrunePlan {
        archives,
        backups: retention::plan_backups(&backups, backup_policy, now),
        empty_trash: empty_trash.iter().map(|batch| workspace.display(&batch.path)).collect(),
        kept_trash: kept_trash
            .iter()
            .map(|batch| {
                let why = batch.hold.as_deref().unwrap_or_default();
                format!("`{}` is not deleted: {why}", workspace.display(&batch.path))
            })
            .collect(),
        damaged: Vec::new(),
    })
}

/// Returns the damaged archives.
fn damaged(catalog: &Catalog, facts: &PlanFacts) -> Vec<Damaged> {
    let unreadable = catalog.archives.iter().filter_map(|archive| match &archive.content {
        Content::Unreadable(problem) => Some((archive.name.to_string(), problem.clone())),
        Content::Sealed(_) | Content::Foreign => None,
    });
    let read_back = facts.damaged.clone().into_iter();
    read_back.chain(unreadable).map(|(name, problem)| Damaged { name, problem }).collect()
}

/// Carries out `plan`.
///
/// # Errors
/// When something cannot be moved or deleted; the rest is kept.
pub fn apply(
    workspace: &Workspace,
    plan: &PrunePlan,
    delete_mode: DeleteMode,
    now: DateTime<Utc>,
) -> Result<()> {
    for batch in &plan.empty_trash {
        let batch = workspace.root().join(batch);
        fs::remove_dir_all(&batch)
            .with_context(|| format!("failed to delete `{}`", batch.display()))?;
    }
    let batch = stamp(now);
    for (names, folder, trash) in [
        (&plan.archives.remove, workspace.archives(), workspace.archives_trash()),
        (&plan.backups.remove, workspace.backups(), workspace.backups_trash()),
    ] {
        match delete_mode {
            DeleteMode::Trash => trash::discard(names, &folder, &trash.join(&batch))?,
            DeleteMode::Delete => delete::delete(names, &folder)?,
        }
    }
    Ok(())
}
