//! Finds problems of the archives and backups themselves.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::finding::{Finding, FindingKind};
use crate::tasks::recover::{batch_of, orphaned_annotations};
use crate::tasks::trials::LEDGER_NAME;
use crate::vault::annotations;
use crate::vault::catalog::{Archive, Catalog, Content};
use crate::vault::name::{NameKind, StampedName};
use crate::workspace::Workspace;
use crate::workspace::files::folder_entries;

/// Finds problems in the archive and backup folders at `now`.
pub fn find(workspace: &Workspace, catalog: &Catalog, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let mut findings = outside_pattern(workspace)?;
    for archive in &catalog.archives {
        findings.extend(of_archive(workspace, archive));
    }
    findings.extend(orphans(workspace)?);
    findings.extend(clock(workspace, catalog, now));
    Ok(findings)
}

fn outside_pattern(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in folder_entries(&workspace.archives())? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_known = StampedName::parse(NameKind::Archive, &name).is_some()
            || annotations::archive_of(&name).is_some()
            || annotations::is_receipt(&name)
            || name == LEDGER_NAME
            || name.starts_with('.');
        if !is_known {
            let problem = "not named `training_backup_YYYYMMDD_HHMMSS.zip`: no task looks at it; \
                           rename it, or move it elsewhere";
            let path = Some(workspace.display(&path));
            findings.push(Finding::new(FindingKind::OutsidePattern, path, problem));
        }
    }
    Ok(findings)
}

fn of_archive(workspace: &Workspace, archive: &Archive) -> Vec<Finding> {
    let mut findings = Vec::new();
    let path = || Some(workspace.display(&archive.path));
    match &archive.content {
        Content::Unreadable(why) => {
            let problem =
                format!("cannot be read ({why}); save what is intact, then delete it by hand");
            findings.push(Finding::new(FindingKind::Unreadable, path(), problem));
        }
        Content::Sealed(manifest) if manifest.name != archive.name.to_string() => {
            let problem = format!("was made as `{}` and has been renamed", manifest.name);
            findings.push(Finding::new(FindingKind::OutsidePattern, path(), problem));
        }
        Content::Sealed(_) | Content::Foreign => {}
    }
    if let Some(why) = archive.annotations_problem() {
        let path = Some(workspace.display(&annotations::path_of(&archive.path)));
        findings.push(Finding::new(FindingKind::Annotations, path, why));
    }
    findings
}

fn orphans(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in orphaned_annotations(workspace)? {
        // If the archive is in the trash, they are reported as a leftover.
        if batch_of(workspace, &path)?.is_none() {
            let problem = "annotations of an archive that is not there";
            let shown = Some(workspace.display(&path));
            findings.push(
                Finding::new(FindingKind::Annotations, shown, problem).with_trash(workspace, path),
            );
        }
    }
    Ok(findings)
}

fn clock(workspace: &Workspace, catalog: &Catalog, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let finding = |path: &std::path::Path, problem: String| {
        Finding::new(FindingKind::Clock, Some(workspace.display(path)), problem)
    };
    let future = "dated in the future: it is kept and not counted; check the clock";
    for archive in catalog.archives.iter().filter(|archive| archive.created_at() > now) {
        findings.push(finding(&archive.path, future.to_owned()));
    }
    for backup in catalog.backups.iter().filter(|backup| backup.name.time() > now) {
        findings.push(finding(&backup.path, future.to_owned()));
    }
    let mut by_number: BTreeMap<u64, &Archive> = BTreeMap::new();
    for archive in &catalog.archives {
        let Some(manifest) = archive.manifest() else {
            continue;
        };
        let number = manifest.run_number;
        if let Some(other) = by_number.insert(number, archive) {
            let problem = format!("has the run number {number}, as `{}` has", other.name);
            findings.push(finding(&archive.path, problem));
        }
        let before = by_number.range(..number).next_back();
        if let Some((_, before)) = before.filter(|(_, a)| a.created_at() > archive.created_at()) {
            let problem = format!(
                "is run {number} and yet dated before `{}`: the clock was set back; the order \
                 goes by run numbers",
                before.name
            );
            findings.push(finding(&archive.path, problem));
        }
    }
    findings
}
