//! Converts between the tags of a snapshot and those of its archive.

use crate::vault::catalog::Archive;

/// The tag of every snapshot of this tool.
pub const TOOL_TAG: &str = "trainvault";
const RUN_PREFIX: &str = "run:";
const PINNED: &str = "trainvault:pinned";

/// Returns the tags of the snapshot of `archive`, sorted.
pub fn of_archive(archive: &Archive) -> Vec<String> {
    let own = archive.tags().iter().filter(|tag| tag.as_str() != PINNED).cloned();
    let run = archive.manifest().map(|manifest| run_tag(manifest.run_number));
    let pinned = archive.is_pinned().then(|| PINNED.to_owned());
    let mut tags: Vec<String> = own.chain([TOOL_TAG.to_owned()]).chain(run).chain(pinned).collect();
    // Restic stores each tag once.
    tags.sort();
    tags.dedup();
    tags
}

/// Returns the archive's tags, given those of its snapshot, and whether
/// it is pinned.
pub fn to_archive(tags: &[String], run_number: Option<u64>) -> (Vec<String>, bool) {
    let run = run_number.map(run_tag);
    let is_ours = |tag: &String| tag == TOOL_TAG || tag == PINNED || Some(tag) == run.as_ref();
    let own = tags.iter().filter(|tag| !is_ours(tag)).cloned().collect();
    (own, tags.iter().any(|tag| tag == PINNED))
}

fn run_tag(run_number: u64) -> String {
    format!("{RUN_PREFIX}{run_number}")
}
