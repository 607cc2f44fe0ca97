//! Archives in a restic repository, which several machines share.
//!
//! A snapshot holds the unmodified zip of one archive and a small file
//! that describes it. Its tags are those of the archive at the last push
//! and two of this tool: `trainvault` and `run:N`. The content of a
//! repository is not trusted: names are checked, texts are made
//! printable, and zips are compared by digest.

mod description;
mod listing;
mod receipt;
mod tags;

use chrono::{DateTime, Utc};

pub use description::Description;
pub use listing::{read, remember};
pub use receipt::RemoteReceipt;
pub use tags::TOOL_TAG;
pub use tags::of_archive as tags_of_archive;

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::vault::catalog::Archive;
use crate::vault::diff::ComparedArchive;
use crate::vault::name::short_archive_name;
use crate::workspace::exit::usage;

/// The prefix of a name in the repository, where a local one could be
/// meant.
pub const PREFIX: &str = "remote:";
/// How many digits of a snapshot's id are shown.
const N_ID_DIGITS: usize = 8;
/// A shorter prefix is not taken for a snapshot's id.
const N_ID_DIGITS_MIN: usize = 6;

/// An archive of the repository.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteArchive {
    /// Its description; its path is that in the snapshot.
    pub archive: Archive,
    /// The machine that pushed it.
    pub host: String,
    /// The workspace on that machine.
    pub workspace: String,
    /// The snapshots that hold it, usually one.
    pub snapshots: Vec<String>,
    /// The id of the snapshot's tree, its key in the cache.
    pub tree: String,
    /// The digest of the zip; none if the description is damaged.
    pub sha256: Option<String>,
    /// Its settings files, by path.
    pub settings: BTreeMap<String, Value>,
    /// When it was pushed, by the clock of that machine.
    pub pushed_at: Option<DateTime<Utc>>,
}

/// Returns the first digits of the id of the first of `snapshots`.
pub fn short_id(snapshots: &[String]) -> &str {
    snapshots.first().and_then(|id| id.get(..N_ID_DIGITS)).unwrap_or_default()
}

impl AsRef<Archive> for RemoteArchive {
    fn as_ref(&self) -> &Archive {
        &self.archive
    }
}

impl RemoteArchive {
    /// Returns the first digits of its snapshot's id.
    pub fn id(&self) -> &str {
        short_id(&self.snapshots)
    }

    /// Returns its name and snapshot id, which distinguish it from another
    /// archive of that name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.archive.name, self.id())
    }

    /// Converts it for `diff`.
    pub fn to_compared_archive(&self) -> ComparedArchive {
        let manifest = self.archive.manifest().cloned();
        let files = manifest.iter().flat_map(|manifest| &manifest.files);
        ComparedArchive {
            name: self.archive.name.to_string(),
            files: files.map(|file| (file.path.clone(), file.sha256.clone())).collect(),
            config: self.settings.clone(),
            manifest,
        }
    }
}

/// Returns the archive that `name` refers to: a name as `list` shows it,
/// `latest`, or the first digits of a snapshot's id.
///
/// # Errors
/// When there is none, or more than one.
pub fn find<'a>(archives: &'a [RemoteArchive], name: &str) -> Result<&'a RemoteArchive> {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    let Some(newest) = archives.last() else {
        bail!("there is no archive in the remote repository yet; `cargo xtask push` brings one");
    };
    if name == "latest" {
        return Ok(newest);
    }
    let short = short_archive_name(name);
    let is_id = name.len() >= N_ID_DIGITS_MIN && name.bytes().all(|it| it.is_ascii_hexdigit());
    let fits = |remote: &&RemoteArchive| {
        remote.archive.name.short() == short
            || (is_id && remote.snapshots.iter().any(|id| id.starts_with(name)))
    };
    let found: Vec<&RemoteArchive> = archives.iter().filter(fits).collect();
    match found[..] {
        [one] => Ok(one),
        [] => bail!(
            "there is no archive `{name}` in the remote repository; `cargo xtask list --remote` \
             names all {}, the newest is `{}`",
            archives.len(),
            newest.archive.name
        ),
        _ => {
            let ids = found.iter().map(|remote| format!("{} of {}", remote.id(), remote.host));
            Err(usage!(
                "{} archives in the remote repository are called `{name}`; name one by its \
                 snapshot: {}",
                found.len(),
                ids.collect::<Vec<_>>().join(", ")
            ))
        }
    }
}
