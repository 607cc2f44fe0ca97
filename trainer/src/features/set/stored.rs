//! Stores a feature set, and refuses one that this version would
//! compute otherwise.

use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FeatureSet, FeatureWindows};

/// The number of the stored format, raised whenever a feature changes.
const FORMAT: u64 = 1;

/// A feature set as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    format: Format,
    windows: FeatureWindows,
    names: Vec<String>,
}

impl From<FeatureSet> for Stored {
    fn from(set: FeatureSet) -> Self {
        Self { format: Format, windows: set.windows, names: set.names }
    }
}

impl TryFrom<Stored> for FeatureSet {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let set = Self::new(stored.windows).map_err(|error| error.to_string())?;
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

/// The number [`FORMAT`]; reading any other fails, before fields that
/// this version does not know can.
#[derive(Clone, Copy)]
struct Format;

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(FORMAT)
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
        write!(f, "feature format {FORMAT}, the one this version of the trainer reads")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Format, E> {
        if number == FORMAT {
            return Ok(Format);
        }
        Err(E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}
