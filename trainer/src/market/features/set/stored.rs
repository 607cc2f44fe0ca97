//! The stored format of a feature set.

use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::windows::FeatureWindows;

/// The format version, raised whenever a feature changes.
const FORMAT: u64 = 1;
/// The format version with further columns.
const FORMAT_WITH_COLUMNS: u64 = 2;

/// A feature set in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    format: Format,
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
        Self { format: Format(format), windows, columns, names }
    }

    /// Checks that `columns` are present exactly in the format with columns.
    pub(super) fn check(&self) -> Result<(), String> {
        let Format(format) = self.format;
        if self.columns.is_empty() != (format == FORMAT) {
            return Err(format!("a feature set of format {format} has no such `columns`"));
        }
        Ok(())
    }
}

/// A known format version. Any other fails to deserialize, so that its
/// error precedes those of unknown fields.
#[derive(Clone, Copy)]
struct Format(u64);

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(FormatVisitor)
    }
}

struct FormatVisitor;

impl Visitor<'_> for FormatVisitor {
    type Value = Format;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "feature format {FORMAT} or {FORMAT_WITH_COLUMNS}, those that this version of the \
             trainer reads"
        )
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Format, E> {
        if [FORMAT, FORMAT_WITH_COLUMNS].contains(&number) {
            return Ok(Format(number));
        }
        Err(E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}
