//! The remote receipt, beside the zip: proof that the repository held
//! the same bytes, read back after a push.

use std::fs;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::vault::annotations::receipt_of;
use crate::vault::catalog::Fingerprint;
use crate::vault::relocate;
use crate::workspace::digest::file_sha256;
use crate::workspace::files;

/// The content of a remote receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteReceipt {
    /// 1.
    pub format: u32,
    /// The repository's id.
    pub repository: String,
    /// The digest of the zip.
    pub sha256: String,
    /// The tags of the snapshot at that time, sorted.
    pub tags: Vec<String>,
    /// The fingerprint of the file that was pushed.
    pub file: String,
    /// When it was read back from the repository.
    pub read_back_at: DateTime<Utc>,
}

impl RemoteReceipt {
    /// Returns the receipt of the archive `zip`, if it matches the file; a
    /// damaged one counts as none.
    pub fn of(zip: &Path) -> Option<Self> {
        let receipt: Self = serde_json::from_slice(&fs::read(receipt_of(zip)).ok()?).ok()?;
        let is_same_file =
            || Fingerprint::read(zip).is_some_and(|now| now.to_string() == receipt.file);
        let is_same_content = || file_sha256(zip).is_ok_and(|digest| digest == receipt.sha256);
        (receipt.format == 1 && (is_same_file() || is_same_content())).then_some(receipt)
    }

    /// Removes the receipt of the archive `zip`, which is no longer in the
    /// repository.
    pub fn remove(zip: &Path) -> Result<()> {
        relocate::remove(&receipt_of(zip))
    }

    /// Writes it beside the archive `zip`, atomically.
    pub fn store(&self, zip: &Path) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(self).expect("a receipt is plain data");
        text.push(b'\n');
        files::write_atomically(&receipt_of(zip), &text)
    }
}
