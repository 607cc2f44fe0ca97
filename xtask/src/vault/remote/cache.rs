//! Remembers descriptions, so that a list of many remote archives reads
//! none of them again.
//!
//! A file a description, named by what the snapshot holds, which never
//! changes; its first line is a digest of the rest. What does not fit is
//! read from the repository anew.

use std::fs;
use std::path::PathBuf;

use crate::workspace::Workspace;
use crate::workspace::digest;
use crate::workspace::files;

/// Returns the description of the snapshots that hold `tree`, where it
/// is known.
pub fn get(workspace: &Workspace, tree: &str) -> Option<Vec<u8>> {
    let bytes = fs::read(path(workspace, tree)).ok()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (digest, description) = (&bytes[..end], &bytes[end + 1..]);
    (digest == digest::of_bytes(description).as_bytes()).then(|| description.to_vec())
}

/// Remembers a description. It is no loss when that fails.
pub fn put(workspace: &Workspace, tree: &str, description: &[u8]) {
    let path = path(workspace, tree);
    let mut bytes = format!("{}\n", digest::of_bytes(description)).into_bytes();
    bytes.extend_from_slice(description);
    if files::create_folder(&folder(workspace)).is_ok() {
        let _ = files::write_atomically(&path, &bytes);
    }
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.state().join("remote")
}

/// Returns the file of `tree`, an id of restic's: digits alone.
fn path(workspace: &Workspace, tree: &str) -> PathBuf {
    folder(workspace).join(tree)
}
