//! Decides which archives and backups are old.
//!
//! The plan is a pure function of what there is and the policy; it
//! deletes nothing.

use std::num::NonZeroUsize;

use serde::Serialize;

use crate::catalog::{Catalog, Content};
use crate::manifest::{Kind, Status};

/// One thing that retention decides on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Whether it can be read at all.
    pub is_readable: bool,
    /// Whether it holds a session that ran to its end.
    pub is_complete: bool,
}

/// What stays and what goes, of the archives or of the backups.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Plan {
    /// What stays, newest first, and why.
    pub keep: Vec<Kept>,
    /// What goes, newest first.
    pub remove: Vec<String>,
}

/// Something that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Why it stays.
    pub reason: String,
}

/// Plans to keep the `keep` newest of `items`, which are ordered oldest
/// first; beyond them stay the newest complete one and all that cannot
/// be read, since someone may still save something from those.
pub fn plan(items: &[Item], keep: NonZeroUsize) -> Plan {
    let newest_complete = items.iter().rposition(|item| item.is_complete);
    let mut n_counted = 0;
    let mut plan = Plan::default();
    for (idx, item) in items.iter().enumerate().rev() {
        let is_counted = item.is_readable;
        n_counted += usize::from(is_counted);
        let reason = if !is_counted {
            Some("cannot be read; delete it by hand when nothing can be saved".to_owned())
        } else if n_counted <= keep.get() {
            Some(format!("one of the {keep} newest"))
        } else if newest_complete == Some(idx) {
            Some("the newest complete one".to_owned())
        } else {
            None
        };
        match reason {
            Some(reason) => plan.keep.push(Kept { name: item.name.clone(), reason }),
            None => plan.remove.push(item.name.clone()),
        }
    }
    plan
}

/// Returns the archives of `catalog` as retention sees them.
pub fn archive_items(catalog: &Catalog) -> Vec<Item> {
    let item = |archive: &crate::catalog::Archive| Item {
        name: archive.name.to_string(),
        is_readable: !matches!(archive.content, Content::Unreadable(_)),
        is_complete: archive.manifest().is_some_and(|manifest| {
            let status = manifest.session.as_ref().map(|session| session.status);
            manifest.kind == Kind::Manual || status == Some(Status::Completed)
        }),
    };
    catalog.archives.iter().map(item).collect()
}

/// Returns the backups of `catalog` as retention sees them.
pub fn backup_items(catalog: &Catalog) -> Vec<Item> {
    let item = |backup: &crate::catalog::Backup| Item {
        name: backup.name.to_string(),
        is_readable: true,
        is_complete: false,
    };
    catalog.backups.iter().map(item).collect()
}
