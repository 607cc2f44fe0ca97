//! Reads back what a prune relies on, before anything goes.
//!
//! An archive that was read back before and has not changed since is
//! not read again. A damaged one takes no other's place.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;

use crate::programs::lack;
use crate::tasks::cycle::Job;
use crate::vault::archive::stop_if;
use crate::vault::catalog::{Archive, Catalog, Content, Stamp};
use crate::vault::receipts::Receipts;
use crate::vault::retention::{Findings, Plan};
use crate::vault::verify::{self, Disk, Reading};
use crate::workspace::progress;

/// Reads back each archive that `plan` keeps, and adds what is damaged
/// to `findings`. Returns whether that changes the plan.
///
/// # Errors
/// When a signal came, or this build cannot unpack an archive.
pub fn prove(
    job: &Job<'_>,
    catalog: &Catalog,
    plan: &Plan,
    findings: &mut Findings,
) -> Result<bool> {
    let mut receipts = Receipts::load(job.workspace);
    let is_readable = |archive: &&Archive| !matches!(archive.content, Content::Unreadable(_));
    let archives: HashMap<String, &Path> = catalog
        .archives
        .iter()
        .filter(is_readable)
        .map(|archive| (archive.name.to_string(), archive.path.as_path()))
        .collect();
    let doubtful: Vec<(&String, &Path)> = plan
        .keep
        .iter()
        .filter(|kept| !findings.damaged.contains_key(&kept.name))
        .filter_map(|kept| Some((&kept.name, *archives.get(&kept.name)?)))
        .filter(|(_, path)| !receipts.holds(path))
        .collect();
    if doubtful.is_empty() {
        return Ok(false);
    }
    doubtful.iter().try_for_each(|(_, path)| lack::check_archive(path))?;
    let disks = doubtful.iter().filter_map(|(_, path)| Disk::open(path, None).ok());
    let n_bytes = disks.map(|disk| disk.size_bytes() * verify::n_passes(&disk) / 2).sum();
    let _running = progress::begin_passes("verifying", n_bytes, 2);
    let n_before = findings.damaged.len();
    for (name, path) in doubtful {
        let before = Stamp::read(path);
        let reading = Reading { interrupt: Some(job.interrupt), ..Reading::default() };
        let checked = verify::check_as(path, reading);
        // What a signal cut short is not damaged.
        stop_if(job.interrupt)?;
        let problem = match checked {
            Ok(checkup) => checkup.damage.first().map(|damage| {
                let part = damage.path.as_ref().map(|part| format!("`{part}`: "));
                format!("{}{}", part.unwrap_or_default(), damage.problem)
            }),
            // As for one that could not be opened at first.
            Err(error) => Some(format!("{error:#}")),
        };
        match problem {
            None => receipts.add(path, before),
            Some(problem) => _ = findings.damaged.insert(name.clone(), problem),
        }
    }
    receipts.keep_only(catalog);
    receipts.store();
    Ok(findings.damaged.len() > n_before)
}
