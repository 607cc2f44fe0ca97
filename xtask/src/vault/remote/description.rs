//! The small file beside a zip in its snapshot, with what `list`, `show`,
//! `diff` and `prune` need to know, and the cache of these files.
//!
//! The cache has one file for each description, named by the id of the
//! snapshot's tree, which never changes. Its first line is a digest of
//! the rest; a file that does not match is read from the repository
//! again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::programs::restic;
use crate::vault::manifest::Manifest;
use crate::vault::name::{NameKind, StampedName};
use crate::workspace::Workspace;
use crate::workspace::digest;
use crate::workspace::files;

/// The folder of descriptions, beside the zips and in snapshots.
const FOLDER: &str = ".trainvault";

/// What is known of an archive without its zip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// 1.
    pub format: u32,
    /// The archive's file name.
    pub archive: String,
    /// The size of the zip in bytes.
    pub size_bytes: u64,
    /// The digest of the zip.
    pub sha256: String,
    /// The workspace that pushed it.
    pub workspace: String,
    /// When it was pushed, by the clock of that machine.
    pub pushed_at: DateTime<Utc>,
    /// Its note when it was pushed.
    pub note: Option<String>,
    /// Why it was pinned when it was pushed, if it was.
    pub pin_reason: Option<String>,
    /// Its settings files, by path.
    pub settings: BTreeMap<String, Value>,
    /// Its manifest; null for a zip of another tool.
    pub manifest: Option<Manifest>,
}

impl Description {
    /// Parses the file of a snapshot and makes its texts printable.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let mut value: Value =
            serde_json::from_slice(bytes).context("its description is not JSON")?;
        match value["format"].as_u64() {
            Some(1) => {}
            Some(format) => bail!(
                "its description has format {format}, and this version reads format 1; use a \
                 newer version of the tool"
            ),
            None => bail!("its description has no format"),
        }
        make_printable(&mut value);
        let description: Self =
            serde_json::from_value(value).context("its description is not valid")?;
        if description.sha256.len() != 64 {
            bail!("its description has no digest");
        }
        Ok(description)
    }

    /// Returns the archive's name, if it is valid.
    pub fn name(&self) -> Option<StampedName> {
        StampedName::parse(NameKind::Archive, &self.archive)
    }

    /// Writes it into the archive folder `folder`, and returns its path
    /// relative to that.
    pub fn stage(&self, folder: &Path) -> Result<String> {
        files::create_folder(&folder.join(FOLDER))?;
        let path = staged(&self.archive);
        files::write_atomically(&folder.join(&path), &self.to_bytes())?;
        Ok(path)
    }

    /// Returns its bytes, as a snapshot holds them.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a description is plain data")
    }

    /// Removes what [`Self::stage`] wrote.
    pub fn unstage(&self, folder: &Path) {
        // Ignore failures: the next push overwrites the file.
        let _ = fs::remove_file(folder.join(staged(&self.archive)));
        let _ = fs::remove_dir(folder.join(FOLDER));
    }
}

/// Returns the path of the description of the archive called `name`,
/// relative to the archive folder.
pub fn staged(name: &str) -> String {
    let path = PathBuf::from(FOLDER).join(format!("{}.json", name.trim_end_matches(".zip")));
    path.to_string_lossy().replace('\\', "/")
}

fn make_printable(value: &mut Value) {
    match value {
        Value::String(text) => *text = restic::printable(text),
        Value::Array(items) => items.iter_mut().for_each(make_printable),
        Value::Object(fields) => {
            let all = std::mem::take(fields);
            for (name, mut field) in all {
                make_printable(&mut field);
                fields.insert(restic::printable(&name), field);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the cached description of the snapshots with this `tree`.
pub fn read_cached(workspace: &Workspace, tree: &str) -> Option<Vec<u8>> {
    let bytes = fs::read(cache_path(workspace, tree)).ok()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (digest, description) = (&bytes[..end], &bytes[end + 1..]);
    (digest == digest::of_bytes(description).as_bytes()).then(|| description.to_vec())
}

/// Caches a description; failures are ignored.
pub fn cache(workspace: &Workspace, tree: &str, description: &[u8]) {
    let path = cache_path(workspace, tree);
    let mut bytes = format!("{}\n", digest::of_bytes(description)).into_bytes();
    bytes.extend_from_slice(description);
    if files::create_folder(&cache_folder(workspace)).is_ok() {
        let _ = files::write_atomically(&path, &bytes);
    }
}

fn cache_folder(workspace: &Workspace) -> PathBuf {
    workspace.state().join("remote")
}

/// Returns the file of `tree`, an id of restic, which consists of digits
/// only.
fn cache_path(workspace: &Workspace, tree: &str) -> PathBuf {
    cache_folder(workspace).join(tree)
}
