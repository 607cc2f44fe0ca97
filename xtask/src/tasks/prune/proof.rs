//! Reads back the archives that a prune keeps, before anything is
//! removed.
//!
//! An archive that was read back earlier and is unchanged is not read
//! again. A damaged archive does not count towards the policy.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;

use crate::programs::features;
use crate::tasks::TaskContext;
use crate::vault::catalog::{Archive, Catalog, Content, Fingerprint};
use crate::vault::receipts::Receipts;
use crate::vault::retention::{PlanFacts, RetentionPlan};
use crate::vault::verify;
use crate::workspace::exit::check_interrupt;
use crate::workspace::progress;

/// Reads back each archive that `plan` keeps, and adds damaged ones to
/// `facts`. Returns whether there are any, so that the plan changes.
///
/// # Errors
/// When a signal asks to stop, or this build cannot unpack an archive.
pub fn verify_kept(
    context: &TaskContext<'_>,
    catalog: &Catalog,
    plan: &RetentionPlan,
    facts: &mut PlanFacts,
) -> Result<bool> {
    let mut receipts = Receipts::load(context.workspace);
    let is_readable = |archive: &&Archive| !matches!(archive.content, Content::Unreadable(_));
    let archives: HashMap<String, &Path> = catalog
        .archives
        .iter()
        .filter(is_readable)
        .map(|archive| (archive.name.to_string(), archive.path.as_path()))
        .collect();
    let unverified: Vec<(&String, &Path)> = plan
        .keep
        .iter()
        .filter(|kept| !facts.damaged.contains_key(&kept.name))
        .filter_map(|kept| Some((&kept.name, *archives.get(&kept.name)?)))
        .filter(|(_, path)| !receipts.contains(path))
        .collect();
    if unverified.is_empty() {
        return Ok(false);
    }
    unverified.iter().try_for_each(|(_, path)| features::check_archive(path))?;
    let n_bytes = verify::n_bytes_of_two_passes(unverified.iter().map(|(_, path)| *path));
    let _running = progress::begin_passes("verifying", n_bytes, 2);
    let n_before = facts.damaged.len();
    for (name, path) in unverified {
        let before = Fingerprint::read(path);
        let checked = verify::first_damage(path, context.interrupt);
        // An interrupted check is not damage.
        check_interrupt(context.interrupt)?;
        let problem = match checked {
            Ok(damage) => damage.map(|damage| damage.to_string()),
            // An archive that cannot be opened counts as damaged.
            Err(error) => Some(format!("{error:#}")),
        };
        match problem {
            None => receipts.add(path, before),
            Some(problem) => _ = facts.damaged.insert(name.clone(), problem),
        }
    }
    receipts.keep_only(catalog);
    receipts.store();
    Ok(facts.damaged.len() > n_before)
}
