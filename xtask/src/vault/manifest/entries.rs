//! The entries of a manifest: files, folders and what was skipped.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// The path in the archive, with `/`.
    pub path: String,
    /// The name's bytes in hexadecimal, relative to the workspace, where
    /// `path` had to spell some of them as `%XX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_path_hex: Option<String>,
    /// The size in bytes.
    pub size_bytes: u64,
    /// When the file was last written.
    pub modified_at: DateTime<Utc>,
    /// The permission bits, in octal.
    pub mode: String,
    /// The SHA-256 of the content, in lower-case hexadecimal.
    pub sha256: String,
}

/// One folder of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FolderEntry {
    /// The path in the archive, with `/`.
    pub path: String,
    /// The name's bytes in hexadecimal, relative to the workspace, where
    /// `path` had to spell some of them as `%XX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_path_hex: Option<String>,
    /// The permission bits, in octal.
    pub mode: String,
}

/// Something that was matched but could not be archived.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The path relative to the workspace.
    pub path: String,
    /// Why it was left out.
    pub reason: String,
}
