//! Orders remote archives by age: by run number within a workspace, by
//! time between workspaces.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::RemoteArchive;
use crate::vault::order::{self, Position};

/// Orders `archives`, given in any order, from the oldest to the newest.
pub fn oldest_first(archives: Vec<RemoteArchive>) -> Vec<RemoteArchive> {
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
