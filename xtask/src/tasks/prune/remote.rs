//! `prune --remote`: the same policy, applied to the repository.
//!
//! There is no trash: snapshots are forgotten, then their data is
//! deleted. Each workspace of each machine is planned separately.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::PrunePlan;
use crate::programs::restic::Restic;
use crate::tasks::TaskContext;
use crate::vault::catalog::Catalog;
use crate::vault::remote::{self, RemoteArchive, RemoteReceipt};
use crate::vault::retention::{self, ArchiveItem, PlanFacts, RetentionConfig, RetentionPlan};
use crate::workspace::Workspace;

/// Plans what `policy` removes from the repository, and removes it unless
/// it is a `dry_run`.
///
/// # Errors
/// When the repository cannot be used or is damaged, or the policy cannot
/// be applied; nothing is removed then.
pub fn prune(
    context: &TaskContext<'_>,
    policy: &RetentionConfig,
    dry_run: bool,
) -> Result<PrunePlan> {
    policy.check()?;
    let restic = Restic::of(context.workspace, context.interrupt)?;
    let archives = remote::read(&restic, context.workspace)?;
    let local = Catalog::read_cached(context.workspace)?;
    if let Some(problem) = local.archives.iter().find_map(|it| it.annotations_problem()) {
        bail!("{problem}; nothing was deleted");
    }
    let groups = groups(context.workspace, &archives, &local)?;
    let plan = retention::plan_groups(&groups, policy, (context.clock)())?;
    if !dry_run {
        apply(&restic, &archives, &plan)?;
        forget_receipts(&local, &archives, &plan)?;
    }
    Ok(PrunePlan { archives: plan, ..PrunePlan::default() })
}

/// Converts the archives for retention, grouped by machine and workspace.
fn groups(
    workspace: &Workspace,
    archives: &[RemoteArchive],
    local: &Catalog,
) -> Result<Vec<Vec<ArchiveItem>>> {
    let mut by_place: BTreeMap<(&str, &str), Vec<&RemoteArchive>> = BTreeMap::new();
    for remote in archives {
        by_place.entry((&remote.host, &remote.workspace)).or_default().push(remote);
    }
    // A local pin counts even if it was not pushed yet.
    let pinned: BTreeSet<String> = local
        .archives
        .iter()
        .filter(|archive| archive.is_pinned())
        .filter_map(|archive| Some(RemoteReceipt::of(&archive.path)?.sha256))
        .collect();
    let items = |group: Vec<&RemoteArchive>| {
        let archives = group.iter().map(|remote| remote.archive.clone()).collect();
        let catalog = Catalog { archives, backups: Vec::new() };
        let mut items = retention::archive_items(workspace, &catalog, &PlanFacts::default())?;
        for (item, remote) in items.iter_mut().zip(group) {
            // Two archives may have the same name.
            item.name = remote.full_name();
            if remote.sha256.as_ref().is_some_and(|digest| pinned.contains(digest)) {
                item.pin.get_or_insert(None);
            }
        }
        Ok(items)
    };
    by_place.into_values().map(items).collect()
}

fn apply(restic: &Restic<'_>, archives: &[RemoteArchive], plan: &RetentionPlan) -> Result<()> {
    let removed: Vec<String> =
        removed(archives, plan).flat_map(|remote| remote.snapshots.clone()).collect();
    if !removed.is_empty() {
        // Check the kept archives before anything is removed.
        restic.check()?;
        restic.forget(&removed)?;
    }
    restic.prune()
}

fn removed<'a>(
    archives: &'a [RemoteArchive],
    plan: &'a RetentionPlan,
) -> impl Iterator<Item = &'a RemoteArchive> {
    archives.iter().filter(|remote| plan.remove.contains(&remote.full_name()))
}

/// Removes the local receipts of archives that were removed from the
/// repository.
fn forget_receipts(
    local: &Catalog,
    archives: &[RemoteArchive],
    plan: &RetentionPlan,
) -> Result<()> {
    let gone: BTreeSet<&String> =
        removed(archives, plan).filter_map(|remote| remote.sha256.as_ref()).collect();
    for archive in &local.archives {
        if RemoteReceipt::of(&archive.path).is_some_and(|it| gone.contains(&it.sha256)) {
            RemoteReceipt::remove(&archive.path)?;
        }
    }
    Ok(())
}
