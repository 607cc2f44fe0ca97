//! Caches descriptions, so that a list of many remote archives reads none
//! of them again.
//!
//! One file for each description, named by the id of the snapshot's tree,
//! which never changes. Its first line is a digest of the rest; a file
//! that does not match is read from the repository again.

use std::fs;
use std::path::PathBuf;

use crate::workspace::Workspace;
use crate::workspace::digest;
use crate::workspace::files;

/// Returns the cached description of the snapshots with this `tree`.
pub fn get(workspace: &Workspace, tree: &str) -> Option<Vec<u8>> {
    let bytes = fs::read(path(workspace, tree)).ok()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (digest, description) = (&bytes[..end], &bytes[end + 1..]);
    (digest == digest::of_bytes(description).as_bytes()).then(|| description.to_vec())
}

/// Caches a description; failures are ignored.
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

/// Returns the file of `tree`, an id of restic, which consists of digits
/// only.
fn path(workspace: &Workspace, tree: &str) -> PathBuf {
    folder(workspace).join(tree)
}
