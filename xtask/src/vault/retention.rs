//! Decides which archives and backups are removed.
//!
//! The plan is a pure function of the archives, the policy and the time;
//! nothing is deleted here. The rules are those of restic's `forget`.

mod backups;
mod items;
mod plan;
mod policy;
mod rules;

use chrono::{DateTime, Utc};

pub use crate::workspace::config::{Best, Count, RetentionConfig, Span, TagList};
pub use backups::{BackupItem, BackupPolicy, CoveringArchive, plan_backups};
pub(crate) use items::files_below;
pub use items::{PlanFacts, archive_items, backup_items};
pub use plan::{ArchiveItem, ArchiveState, KeptItem, RetentionPlan};
pub use policy::PolicyError;
pub(crate) use rules::is_lower_better;

use plan::dated_in_future;

use crate::vault::order::{self, Position};

/// Plans which of the archives `items`, given in any order, `policy`
/// keeps at `now`.
///
/// # Errors
/// When the policy is empty, names a tag or metric that no archive has,
/// or would keep nothing.
pub fn plan(
    items: &[ArchiveItem],
    policy: &RetentionConfig,
    now: DateTime<Utc>,
) -> Result<RetentionPlan, PolicyError> {
    policy.check()?;
    if items.is_empty() {
        return Ok(RetentionPlan::default());
    }
    policy.check_against(items)?;
    plan_checked(items, policy, now)
}

/// Plans for each of `groups` separately, as restic does for each host
/// and path, and joins the plans: run numbers of different workspaces
/// cannot be compared.
///
/// # Errors
/// As [`plan`]; a tag or metric need only exist in one group.
pub fn plan_groups(
    groups: &[Vec<ArchiveItem>],
    policy: &RetentionConfig,
    now: DateTime<Utc>,
) -> Result<RetentionPlan, PolicyError> {
    policy.check()?;
    let all = groups.concat();
    if !all.is_empty() {
        policy.check_against(&all)?;
    }
    let mut joined = RetentionPlan::default();
    for group in groups {
        let RetentionPlan { keep, remove, warnings } = plan_checked(group, policy, now)?;
        joined.keep.extend(keep);
        joined.remove.extend(remove);
        joined.warnings.extend(warnings);
    }
    Ok(joined)
}

fn plan_checked(
    items: &[ArchiveItem],
    policy: &RetentionConfig,
    now: DateTime<Utc>,
) -> Result<RetentionPlan, PolicyError> {
    let mut newest_first = order::oldest_first(items.iter().collect(), |item| Position {
        run_number: item.run_number,
        time: item.created_at,
        name: &item.name,
    });
    newest_first.reverse();
    let mut reasons: Vec<Vec<String>> =
        newest_first.iter().map(|item| uncounted_reasons(item, now)).collect();

    let is_uncounted: Vec<bool> = reasons.iter().map(|reasons| !reasons.is_empty()).collect();
    let select = |wanted: &dyn Fn(ArchiveState) -> bool| -> Vec<usize> {
        (0..newest_first.len())
            .filter(|idx| !is_uncounted[*idx] && wanted(newest_first[*idx].state))
            .collect()
    };
    let failed = select(&|state| state == ArchiveState::Failed);
    let counted = select(&|state| state != ArchiveState::Failed);
    for (place, reason) in rules::keep_counted(&pick(&newest_first, &counted), policy) {
        reasons[counted[place]].push(reason);
    }
    let keeps_any = counted.iter().any(|idx| !reasons[*idx].is_empty());
    if !counted.is_empty() && !keeps_any {
        return Err(PolicyError::KeepsNothing { n_archives: counted.len() });
    }
    for (place, reason) in rules::keep_failed(&pick(&newest_first, &failed), policy) {
        reasons[failed[place]].push(reason);
    }
    let newest_complete = newest_first.iter().position(|item| item.state == ArchiveState::Complete);
    for (idx, item) in newest_first.iter().enumerate() {
        if item.holds_current_model {
            reasons[idx].push("holds the model that is now in `models/`".to_owned());
        }
        if item.is_unpushed {
            reasons[idx].push("not pushed yet".to_owned());
        }
        if newest_complete == Some(idx) && reasons[idx].is_empty() {
            reasons[idx].push("the newest complete one".to_owned());
        }
    }
    Ok(to_plan(&newest_first, reasons, now))
}

fn pick<'a>(items: &[&'a ArchiveItem], places: &[usize]) -> Vec<&'a ArchiveItem> {
    places.iter().map(|idx| items[*idx]).collect()
}

/// Returns why `item` is kept regardless of the policy, without counting
/// towards it.
fn uncounted_reasons(item: &ArchiveItem, now: DateTime<Utc>) -> Vec<String> {
    let mut reasons = Vec::new();
    match &item.pin {
        Some(Some(reason)) => reasons.push(format!("pinned: {reason}")),
        Some(None) => reasons.push("pinned".to_owned()),
        None => {}
    }
    if item.state == ArchiveState::Unreadable {
        reasons.push("cannot be read; delete it by hand when nothing can be saved".to_owned());
    }
    if item.state == ArchiveState::Damaged {
        reasons.push("damaged; `restore` brings back what is good".to_owned());
    }
    if item.created_at > now {
        reasons.push("dated in the future".to_owned());
    }
    reasons
}

fn to_plan(items: &[&ArchiveItem], reasons: Vec<Vec<String>>, now: DateTime<Utc>) -> RetentionPlan {
    let mut plan = RetentionPlan::default();
    for (item, reasons) in items.iter().zip(reasons) {
        if item.created_at > now {
            plan.warnings.push(dated_in_future(&item.name, item.created_at));
        }
        if reasons.is_empty() {
            plan.remove.push(item.name.clone());
        } else {
            plan.keep.push(KeptItem { name: item.name.clone(), reasons });
        }
    }
    plan
}
