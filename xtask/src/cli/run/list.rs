//! `list`: selects and sorts archives.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use anyhow::Result;

use super::{TaskOutput, vault};
use crate::cli::ListArgs;
use crate::tasks::TaskContext;
use crate::terminal::report::ListReport;
use crate::vault::catalog::{Archive, Catalog};
use crate::vault::retention::is_lower_better;
use crate::workspace::exit::{Exit, usage};

/// Lists the archives that `args` select.
pub fn run(context: &mut TaskContext<'_>, args: &ListArgs) -> Result<TaskOutput> {
    let mut catalog = Catalog::read_without_files(context.workspace)?;
    vault::warn_of_annotations(context, &catalog.archives);
    let n_all = catalog.archives.len();
    select(&mut catalog.archives, args)?;
    let mut output = TaskOutput::of(&ListReport::of(&catalog), Exit::Done);
    if catalog.archives.is_empty() && n_all > 0 {
        output.text = format!("none of {n_all} archives fits; `cargo xtask list` shows all\n");
    }
    Ok(output)
}

/// Filters and sorts `archives`, given oldest first, by `args`. The last
/// one is shown first.
pub(super) fn select<T: AsRef<Archive>>(archives: &mut Vec<T>, args: &ListArgs) -> Result<()> {
    if let Some(key) = &args.sort {
        sort(archives, key)?;
    }
    archives.retain(|archive| fits(archive.as_ref(), args));
    let limit = args.limit.map_or(usize::MAX, usize::from);
    let n_left_out = archives.len().saturating_sub(limit);
    archives.drain(..n_left_out);
    Ok(())
}

fn fits(archive: &Archive, args: &ListArgs) -> bool {
    let session = archive.manifest().and_then(|manifest| manifest.session.as_ref());
    let has_status = |status| session.is_some_and(|session| session.status == status);
    args.tags.iter().all(|tag| archive.tags().contains(tag))
        && args.status.is_none_or(has_status)
        && args.since.is_none_or(|since| archive.created_at() >= since)
}

/// Sorts `archives`, given oldest first, so that the last one is shown
/// first. The sort is stable, so that among ties the newer is.
fn sort<T: AsRef<Archive>>(archives: &mut [T], key: &str) -> Result<()> {
    match key {
        "time" => {}
        // Alphabetical, since the last one is shown first.
        "name" => archives.sort_by_key(|archive| Reverse(archive.as_ref().name.to_string())),
        "size" => archives.sort_by_key(|archive| archive.as_ref().size_bytes),
        metric => {
            check_metric(archives, metric)?;
            let sign = if is_lower_better(metric) { -1.0 } else { 1.0 };
            let figure = |archive: &T| {
                let figure = archive.as_ref().manifest()?.agent_metric(metric)?;
                figure.is_finite().then_some(sign * figure)
            };
            archives.sort_by(|a, b| match (figure(a), figure(b)) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                // Archives without the metric are shown last.
                (a, b) => a.is_some().cmp(&b.is_some()),
            });
        }
    }
    Ok(())
}

fn check_metric<T: AsRef<Archive>>(archives: &[T], metric: &str) -> Result<()> {
    let known = sort_keys(archives);
    if known.contains(&metric) {
        return Ok(());
    }
    Err(usage!("no archive can be sorted by `{metric}`; there are `{}`", known.join("`, `")))
}

/// Returns the keys that `archives` can be sorted by.
pub fn sort_keys<T: AsRef<Archive>>(archives: &[T]) -> Vec<&str> {
    let sessions =
        archives.iter().filter_map(|archive| archive.as_ref().manifest()?.session.as_ref());
    let agents = sessions.filter_map(|session| session.metrics.get("agent"));
    let figures: BTreeSet<&str> =
        agents.flat_map(|agent| agent.keys().map(String::as_str)).collect();
    ["time", "name", "size"].into_iter().chain(figures).collect()
}
