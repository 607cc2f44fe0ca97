//! Lists the archives of the repository.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};

use super::RemoteArchive;
use super::description::{self, Description, staged};
use super::tags::{self, TOOL_TAG};
use crate::programs::restic::{Restic, Snapshot, printable};
use crate::vault::annotations::{Annotations, PinMark};
use crate::vault::catalog::{Archive, Content};
use crate::vault::name::{NameKind, StampedName};
use crate::vault::order::{self, Position};
use crate::workspace::Workspace;
use crate::workspace::exit::{CodedError, RemoteProblem};
use crate::workspace::progress;
use crate::workspace::threads;

/// Matches the names of zips and of descriptions.
const PATTERN: &str = "training_backup_*";
/// This tool never writes a larger one.
const DESCRIPTION_BYTES_MAX: usize = 256 << 20;

/// A zip that a snapshot holds.
#[derive(Debug, Clone, Copy)]
struct StoredZip {
    name: StampedName,
    size_bytes: u64,
}

/// Returns the archives of the repository, the oldest first. Cached
/// descriptions are not read again.
///
/// A snapshot without a zip is skipped, so that an incomplete push is
/// never listed.
///
/// # Errors
/// When restic fails; a damaged description is not an error.
pub fn read(restic: &Restic<'_>, workspace: &Workspace) -> Result<Vec<RemoteArchive>> {
    let snapshots = restic.snapshots(TOOL_TAG)?;
    let (known, new): (Vec<_>, Vec<_>) = snapshots
        .into_iter()
        .map(|snapshot| (cached(workspace, &snapshot), snapshot))
        .partition(|(description, _)| description.is_some());
    let mut found: Vec<RemoteArchive> = known
        .into_iter()
        .filter_map(|(description, snapshot)| of_description(description?, &snapshot))
        .collect();
    let new: Vec<Snapshot> = new.into_iter().map(|(_, snapshot)| snapshot).collect();
    found.extend(read_new(restic, workspace, new)?);
    Ok(oldest_first(deduplicated(found)))
}

/// Caches the descriptions of new snapshots, given by the first digits of
/// their ids, so that the next list need not read them.
pub fn remember(
    restic: &Restic<'_>,
    workspace: &Workspace,
    stored: &[(String, Description)],
) -> Result<()> {
    for snapshot in restic.snapshots(TOOL_TAG)? {
        let is_it = |(id, _): &&(String, Description)| snapshot.id.starts_with(id);
        if let Some((_, description)) = stored.iter().find(is_it) {
            description::cache(workspace, &snapshot.tree, &description.to_bytes());
        }
    }
    Ok(())
}

fn cached(workspace: &Workspace, snapshot: &Snapshot) -> Option<Description> {
    Description::parse(&description::read_cached(workspace, &snapshot.tree)?).ok()
}

/// Reads the descriptions of those of `snapshots` that hold an archive.
fn read_new(
    restic: &Restic<'_>,
    workspace: &Workspace,
    snapshots: Vec<Snapshot>,
) -> Result<Vec<RemoteArchive>> {
    if snapshots.is_empty() {
        return Ok(Vec::new());
    }
    let sizes = restic.find(TOOL_TAG, PATTERN)?;
    let zip_of = |snapshot: &Snapshot| {
        let own = sizes.range((snapshot.id.clone(), String::new())..);
        let mut own = own.take_while(|((id, _), _)| *id == snapshot.id);
        let zip = |((id, path), size): (&(String, String), &u64)| {
            let name = StampedName::parse(NameKind::Archive, path.strip_prefix('/')?)?;
            let description_bytes = *sizes.get(&(id.clone(), description_path(name)))?;
            Some((StoredZip { name, size_bytes: *size }, description_bytes))
        };
        own.find_map(zip)
    };
    let whole: Vec<_> =
        snapshots.into_iter().filter_map(|snapshot| Some((zip_of(&snapshot)?, snapshot))).collect();
    let n_bytes = whole.iter().map(|((_, description_bytes), _)| description_bytes).sum();
    let _running = progress::begin("listing", n_bytes);
    let read = |((zip, _), snapshot): ((StoredZip, u64), Snapshot)| {
        read_one(restic, workspace, zip, &snapshot)
    };
    threads::map(whole, read).into_iter().collect()
}

/// Returns the path in a snapshot of the description of the archive
/// `name`.
fn description_path(name: StampedName) -> String {
    format!("/{}", staged(&name.to_string()))
}

fn read_one(
    restic: &Restic<'_>,
    workspace: &Workspace,
    zip: StoredZip,
    snapshot: &Snapshot,
) -> Result<RemoteArchive> {
    let mut bytes = Limited(Vec::new());
    let described =
        restic.dump(&snapshot.id, &description_path(zip.name), &mut bytes).and_then(|()| {
            let description = Description::parse(&bytes.0)?;
            if description.name() != Some(zip.name) || description.size_bytes != zip.size_bytes {
                bail!("its description is that of another archive");
            }
            Ok(description)
        });
    match described {
        Ok(description) => {
            description::cache(workspace, &snapshot.tree, &bytes.0);
            let remote = of_description(description, snapshot);
            Ok(remote.unwrap_or_else(|| unreadable(zip, snapshot, "has no name")))
        }
        Err(error) if is_of_the_repository(&error) => Err(error),
        Err(error) => {
            let text = format!("{error:#}");
            let first = text.lines().next().unwrap_or_default();
            Ok(unreadable(zip, snapshot, first))
        }
    }
}

/// Whether `error` concerns the whole repository, not one archive.
fn is_of_the_repository(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<CodedError>() {
        Some(CodedError::Remote(problem, _)) => {
            !matches!(problem, RemoteProblem::Damaged | RemoteProblem::Other)
        }
        Some(_) => true,
        None => false,
    }
}

fn of_description(description: Description, snapshot: &Snapshot) -> Option<RemoteArchive> {
    let name = description.name()?;
    let Description { manifest, settings, note, pin_reason, .. } = description;
    let run_number = manifest.as_ref().map(|manifest| manifest.run_number);
    let content = manifest.map_or(Content::Foreign, |it| Content::Sealed(Box::new(it)));
    let mut remote =
        bare_archive(StoredZip { name, size_bytes: description.size_bytes }, snapshot, content);
    let printable: Vec<String> = snapshot.tags.iter().map(|tag| printable(tag)).collect();
    let (tags, is_pinned) = tags::to_archive(&printable, run_number);
    let pin = PinMark { is_pinned, reason: pin_reason, since: snapshot.time };
    let tags = Some(tags);
    remote.archive.annotations = Some(Ok(Annotations { format: 1, tags, pin: Some(pin), note }));
    remote.workspace = description.workspace;
    remote.sha256 = Some(description.sha256);
    remote.pushed_at = Some(description.pushed_at);
    remote.settings = settings;
    Some(remote)
}

fn unreadable(zip: StoredZip, snapshot: &Snapshot, problem: &str) -> RemoteArchive {
    bare_archive(zip, snapshot, Content::Unreadable(problem.to_owned()))
}

fn bare_archive(zip: StoredZip, snapshot: &Snapshot, content: Content) -> RemoteArchive {
    let StoredZip { name, size_bytes } = zip;
    let path = PathBuf::from(format!("/{name}"));
    RemoteArchive {
        archive: Archive { name, path, size_bytes, content, annotations: None },
        host: printable(&snapshot.hostname),
        workspace: String::new(),
        snapshots: vec![snapshot.id.clone()],
        tree: snapshot.tree.clone(),
        sha256: None,
        settings: BTreeMap::new(),
        pushed_at: None,
    }
}

/// Merges the snapshots of one archive: a push that was killed after it
/// made its snapshot, and its repetition, leave two.
fn deduplicated(mut found: Vec<RemoteArchive>) -> Vec<RemoteArchive> {
    found.sort_by(|a, b| a.snapshots.cmp(&b.snapshots));
    let mut places: BTreeMap<(StampedName, String), usize> = BTreeMap::new();
    let mut archives: Vec<RemoteArchive> = Vec::with_capacity(found.len());
    for remote in found {
        let key = remote.sha256.clone().map(|digest| (remote.archive.name, digest));
        if let Some(place) = key.as_ref().and_then(|key| places.get(key)) {
            let first = &mut archives[*place];
            first.snapshots.extend(remote.snapshots);
            // The archive is pinned if either snapshot is.
            if remote.archive.is_pinned() {
                first.archive = remote.archive;
            }
        } else {
            places.extend(key.map(|key| (key, archives.len())));
            archives.push(remote);
        }
    }
    archives
}

/// Orders `archives`, given in any order, from the oldest to the newest:
/// by run number within a workspace, by time between workspaces.
fn oldest_first(archives: Vec<RemoteArchive>) -> Vec<RemoteArchive> {
    let mut by_place: BTreeMap<(String, String), Vec<RemoteArchive>> = BTreeMap::new();
    for remote in archives {
        let place = (remote.host.clone(), remote.workspace.clone());
        by_place.entry(place).or_default().push(remote);
    }
    let mut timed: Vec<(DateTime<Utc>, RemoteArchive)> =
        by_place.into_values().flat_map(with_times).collect();
    // The sort is stable: archives of one workspace keep their order.
    timed.sort_by_key(|(time, _)| *time);
    timed.into_iter().map(|(_, remote)| remote).collect()
}

/// Orders the archives of one workspace, and returns each with its time,
/// capped at that of later runs.
fn with_times(archives: Vec<RemoteArchive>) -> Vec<(DateTime<Utc>, RemoteArchive)> {
    let mut ordered = order::oldest_first(archives, |remote| Position {
        run_number: remote.archive.manifest().map(|manifest| manifest.run_number),
        time: remote.archive.created_at(),
        name: (remote.archive.name, remote.snapshots.clone()),
    });
    let mut timed = Vec::with_capacity(ordered.len());
    let mut latest = DateTime::<Utc>::MAX_UTC;
    while let Some(remote) = ordered.pop() {
        latest = latest.min(remote.archive.created_at());
        timed.push((latest, remote));
    }
    timed.reverse();
    timed
}

/// A buffer for a description, limited in size.
struct Limited(Vec<u8>);

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > DESCRIPTION_BYTES_MAX {
            return Err(std::io::Error::other("its description is far too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
