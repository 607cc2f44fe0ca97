//! Decides which backups are removed.
//!
//! A backup whose session is also in an archive is a convenience. One
//! that is not is the only copy, and is kept unless the user explicitly
//! gives a number of backups to keep.

use chrono::{DateTime, Utc};

use super::{Count, KeptItem, RetentionPlan, dated_in_future};
use crate::vault::order::{self, Position};

/// What retention knows of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupItem {
    /// Its name.
    pub name: String,
    /// When its session was moved aside.
    pub moved_at: DateTime<Utc>,
    /// The run number of the archive that holds the same session.
    pub run_number: Option<u64>,
    /// Whether an archive holds the same session.
    pub cover: CoveringArchive,
}

/// Whether an archive holds what a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoveringArchive {
    /// Yes, in this readable archive.
    Archive(String),
    /// In an archive that is in the trash.
    Trashed(String),
    /// In an archive whose time in the trash is over: the policy removed the
    /// session, so the backup is removed too.
    Expired(String),
    /// No: the backup is the only copy.
    None,
}

/// How many backups a plan keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupPolicy {
    /// How many of the newest to keep.
    pub keep: Count,
    /// Whether the user gave that number explicitly: only then the only copy
    /// of a session may be removed.
    pub is_explicit: bool,
}

/// Plans which of the backups `items`, given in any order, are kept.
pub fn plan_backups(
    items: &[BackupItem],
    policy: BackupPolicy,
    now: DateTime<Utc>,
) -> RetentionPlan {
    let mut newest_first = order::oldest_first(items.iter().collect(), |item| Position {
        run_number: item.run_number,
        time: item.moved_at,
        name: &item.name,
    });
    newest_first.reverse();
    let mut plan = RetentionPlan::default();
    let mut n_counted = 0;
    for item in newest_first {
        let is_future = item.moved_at > now;
        let is_only_copy = item.cover == CoveringArchive::None && !policy.is_explicit;
        let reason = if is_future {
            plan.warnings.push(dated_in_future(&item.name, item.moved_at));
            Some("dated in the future".to_owned())
        } else if is_only_copy {
            Some("the only copy; `prune --keep N` counts it with the others".to_owned())
        } else if matches!(item.cover, CoveringArchive::Expired(_)) && !policy.is_explicit {
            None
        } else {
            n_counted += 1;
            let is_kept = policy.keep.allows_after(n_counted - 1);
            is_kept.then(|| match policy.keep {
                Count::Limit(limit) => format!("one of the {limit} newest"),
                Count::Unlimited => "all are kept".to_owned(),
            })
        };
        match reason {
            Some(reason) => {
                plan.keep.push(KeptItem { name: item.name.clone(), reasons: vec![reason] });
            }
            None => plan.remove.push(item.name.clone()),
        }
    }
    plan
}
