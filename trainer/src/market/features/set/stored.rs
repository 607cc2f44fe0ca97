//! The stored format of a feature set.

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

use super::windows::FeatureWindows;

/// The format version, raised whenever a feature changes.
const FORMAT: u64 = 1;
/// The format version with further columns.
const FORMAT_WITH_COLUMNS: u64 = 2;

/// A feature set in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    #[serde(deserialize_with = "known")]
    format: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) windows: Option<FeatureWindows>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) columns: Vec<String>,
    pub(super) names: Vec<String>,
}

impl Stored {
    pub(super) fn of(
        windows: Option<FeatureWindows>,
        columns: Vec<String>,
        names: Vec<String>,
    ) -> Self {
        let format = if columns.is_empty() { FORMAT } else { FORMAT_WITH_COLUMNS };
        Self { format, windows, columns, names }
    }

    /// Checks that `columns` are present exactly in the format with columns.
    pub(super) fn check(&self) -> Result<(), String> {
        let format = self.format;
        if self.columns.is_empty() != (format == FORMAT) {
            return Err(format!("a feature set of format {format} has no such `columns`"));
        }
        Ok(())
    }
}

/// Reads a known format version; any other fails, so that its error
/// precedes those of unknown fields.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let format = u64::deserialize(deserializer)?;
    if [FORMAT, FORMAT_WITH_COLUMNS].contains(&format) {
        return Ok(format);
    }
    let expected = "feature format 1 or 2, those that this version of the trainer reads";
    Err(D::Error::invalid_value(Unexpected::Unsigned(format), &expected))
}
