//! Makes sure that an archive holds the present before a restore into
//! the workspace replaces any of it.

use std::collections::BTreeMap;
use std::fs::File;

use anyhow::{Context, Result, bail};

use super::RestorePlan;
use crate::catalog::Catalog;
use crate::cycle::{Job, Label, archive_now};
use crate::digest::sha256;
use crate::manifest::{Kind, Manifest};
use crate::scan::{Scan, scan};
use crate::session;
use crate::verify;

/// Archives what lies in the workspace, unless an archive holds it all
/// already, and checks that it holds each file that `plan` replaces.
/// Returns the archive's name; `None` when the workspace is empty.
///
/// # Errors
/// When the archive cannot be made, or a file to replace is in none.
pub fn hold_present(job: &mut Job<'_>, plan: &RestorePlan) -> Result<Option<(String, bool)>> {
    let found = scan(job.workspace)?;
    let root = job.workspace.root();
    for step in plan.write.iter().filter(|step| step.replaces) {
        let path = root.join(&step.target);
        if !found.files.iter().any(|file| file.disk_path == path) {
            bail!(
                "`{}` would be replaced, and `archive.include` in `config/config.json` keeps it \
                 out of archives; move it away and run this again (nothing was written)",
                step.target.display()
            );
        }
    }
    if found.files.is_empty() {
        return Ok(None);
    }
    if let Some(name) = holding(job, &found)? {
        return Ok(Some((name, false)));
    }
    let session = session::read(job.workspace.root());
    let receipt = archive_now(job, Kind::Previous, &Label::default(), session)?;
    Ok(Some((receipt.manifest().name.clone(), true)))
}

/// Returns the newest good archive that holds every file of `found`.
fn holding(job: &mut Job<'_>, found: &Scan) -> Result<Option<String>> {
    let catalog = Catalog::read(job.workspace)?;
    let mut digests = None;
    for archive in catalog.archives.iter().rev() {
        let Some(manifest) = archive.manifest() else { continue };
        if !holds(manifest, found, |entry, file| entry.1 == file.1) {
            continue;
        }
        let digests = match &digests {
            Some(digests) => digests,
            None => digests.insert(digests_of(found)?),
        };
        if !holds(manifest, found, |entry, file| digests.get(file.0).is_some_and(|d| d == entry.0))
        {
            continue;
        }
        match verify::read_back(&archive.path) {
            Ok(_) => return Ok(Some(archive.name.to_string())),
            Err(error) => (job.notes)(&format!("warning: {error:#}; archiving anew")),
        }
    }
    Ok(None)
}

/// Whether each file has an entry that `is_same` accepts: of an entry
/// it sees digest and size, of a file path and size.
fn holds(
    manifest: &Manifest,
    found: &Scan,
    is_same: impl Fn((&str, u64), (&str, u64)) -> bool,
) -> bool {
    found.files.iter().all(|file| {
        let path = file.archive_path.text.as_str();
        manifest
            .files
            .binary_search_by(|entry| entry.path.as_str().cmp(path))
            .ok()
            .map(|idx| &manifest.files[idx])
            .is_some_and(|entry| {
                is_same((&entry.sha256, entry.size_bytes), (path, file.size_bytes))
            })
    })
}

fn digests_of(found: &Scan) -> Result<BTreeMap<&str, String>> {
    found
        .files
        .iter()
        .map(|file| {
            let failed = || format!("failed to read `{}`", file.disk_path.display());
            let content = File::open(&file.disk_path).with_context(failed)?;
            let (digest, _) = sha256(content, file.size_bytes).with_context(failed)?;
            Ok((file.archive_path.text.as_str(), digest))
        })
        .collect()
}
