//! Stores a feature set, and refuses one that this version would
//! compute otherwise.

use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FeatureSet, FeatureWindows};

/// The number of the stored format, raised whenever a feature changes.
const FORMAT: u64 = 1;
/// The number of that with further columns.
const FORMAT_OF_COLUMNS: u64 = 2;

/// A feature set as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    format: Format,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    windows: Option<FeatureWindows>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
    names: Vec<String>,
}

impl From<FeatureSet> for Stored {
    fn from(set: FeatureSet) -> Self {
        let FeatureSet { windows, columns, names } = set;
        let format = if columns.is_empty() { FORMAT } else { FORMAT_OF_COLUMNS };
        Self { format: Format(format), windows, columns, names }
    }
}

impl TryFrom<Stored> for FeatureSet {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let Format(format) = stored.format;
        if stored.columns.is_empty() != (format == FORMAT) {
            return Err(format!("a feature set of format {format} has no such `columns`"));
        }
        let set = Self::build(stored.windows, stored.columns).map_err(|error| error.to_string())?;
        if set.names == stored.names {
            return Ok(set);
        }
        let named = |names: &[String], idx: usize| match names.get(idx) {
            Some(name) => format!("`{name}`"),
            None => "nothing".to_owned(),
        };
        let n_names = set.names.len().max(stored.names.len());
        let differs = |&idx: &usize| set.names.get(idx) != stored.names.get(idx);
        let idx = (0..n_names).find(differs).unwrap_or_default();
        Err(format!(
            "feature {idx} is {} where its windows make it {}; the stored set was changed by hand \
             or by another version: train the model again",
            named(&stored.names, idx),
            named(&set.names, idx)
        ))
    }
}

/// A number that this version knows; reading any other fails, before
/// fields that it does not know can.
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
            "feature format {FORMAT} or {FORMAT_OF_COLUMNS}, those that this version of the \
             trainer reads"
        )
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Format, E> {
        if [FORMAT, FORMAT_OF_COLUMNS].contains(&number) {
            return Ok(Format(number));
        }
        Err(E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}
