//! Converts a model into the parts of its zip, and reads and checks them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::container::ModelParts;
use super::kinds;
use crate::digest::sha256_of_bytes;
use crate::learning::forest;
use crate::learning::{Policy, Shape};

/// The format version of a model.
const FORMAT: u32 = 1;
/// The part that lists all others.
const HEADER: &str = "model.json";
const PROBE: &str = "probe.json";

/// The metadata of a model, each field a JSON part of its zip. A model
/// stores them without looking into them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelMetadata {
    /// The definition of the features (`features.json`).
    pub features: Value,
    /// The settings of the training (`config.json`).
    pub config: Value,
    /// The training data's digest and range (`data.json`).
    pub data: Value,
    /// The results of the evaluation (`metrics.json`).
    pub metrics: Value,
}

/// A policy with its metadata and the rows of its probe.
#[derive(Debug)]
pub(super) struct ModelContents {
    pub(super) policy: Box<dyn Policy>,
    pub(super) metadata: ModelMetadata,
    pub(super) probe_rows: Vec<Vec<f64>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    kind: String,
    tool_version: String,
    tree_library: String,
    n_features: usize,
    exposures: Vec<f64>,
    cost_per_exposure: f64,
    /// The SHA-256 of every other part, in hexadecimal.
    parts: BTreeMap<String, String>,
    /// The SHA-256 of this part, computed with this field empty.
    own_sha256: String,
}

impl Header {
    fn digest(&self) -> Result<String> {
        let without_own = Self { own_sha256: String::new(), ..self.clone() };
        Ok(sha256_of_bytes(&json_bytes(&without_own)?))
    }
}

/// The format version alone, read before the header: another version may
/// have other keys.
#[derive(Deserialize)]
struct HeaderFormat {
    format: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Probe {
    rows: Vec<Vec<f64>>,
    /// For each row its values, each as the 16 hexadecimal digits of its
    /// bits.
    value_bits: Vec<Vec<String>>,
}

impl ModelContents {
    /// Returns the contents. Fails where a probe row has another number of
    /// features than the policy, or a value that is not finite.
    pub(super) fn new(
        policy: Box<dyn Policy>,
        metadata: ModelMetadata,
        probe_rows: Vec<Vec<f64>>,
    ) -> Result<Self> {
        let n_features = policy.shape().n_features;
        for row in &probe_rows {
            ensure!(row.len() == n_features, "a probe row has {} features", row.len());
            ensure!(row.iter().all(|value| value.is_finite()), "a probe row is not finite");
        }
        Ok(Self { policy, metadata, probe_rows })
    }

    /// Returns every part of the model, the header included.
    pub(super) fn parts(&self) -> Result<ModelParts> {
        let Shape { exposures, cost, n_features } = self.policy.shape();
        let mut parts = BTreeMap::new();
        for part in self.policy.parts()? {
            parts.insert(part.name, part.bytes);
        }
        let ModelMetadata { features, config, data, metrics } = &self.metadata;
        let metadata =
            [("features", features), ("config", config), ("data", data), ("metrics", metrics)];
        for (name, value) in metadata {
            parts.insert(format!("{name}.json"), json_bytes(value)?);
        }
        let value_bits = value_bits(self.policy.as_ref(), &self.probe_rows);
        let probe = Probe { rows: self.probe_rows.clone(), value_bits };
        parts.insert(PROBE.to_owned(), json_bytes(&probe)?);
        let mut header = Header {
            format: FORMAT,
            kind: self.policy.kind().to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            tree_library: forest::LIBRARY.to_owned(),
            n_features: *n_features,
            exposures: exposures.clone(),
            cost_per_exposure: *cost,
            parts: parts
                .iter()
                .map(|(name, bytes)| (name.clone(), sha256_of_bytes(bytes)))
                .collect(),
            own_sha256: String::new(),
        };
        header.own_sha256 = header.digest()?;
        parts.insert(HEADER.to_owned(), json_bytes(&header)?);
        Ok(ModelParts(parts))
    }

    /// Reads and checks all of `parts`.
    pub(super) fn read(parts: &ModelParts) -> Result<Self> {
        let HeaderFormat { format } = parts.json(HEADER)?;
        ensure!(format == FORMAT, "`{HEADER}` has format {format}; this program reads {FORMAT}");
        let header: Header = parts.json(HEADER)?;
        let kind = kinds::find(&header.kind)?;
        check_digests(&header, parts)?;
        let Header { exposures, cost_per_exposure, n_features, .. } = &header;
        let shape = Shape::new(exposures, *cost_per_exposure, *n_features)?;
        let policy = (kind.read)(shape, parts)?;
        let metadata = ModelMetadata {
            features: parts.json("features.json")?,
            config: parts.json("config.json")?,
            data: parts.json("data.json")?,
            metrics: parts.json("metrics.json")?,
        };
        let probe: Probe = parts.json(PROBE)?;
        let contents = Self::new(policy, metadata, probe.rows)?;
        let found = value_bits(contents.policy.as_ref(), &contents.probe_rows);
        check_probe(&found, &probe.value_bits)?;
        Ok(contents)
    }
}

fn check_digests(header: &Header, parts: &ModelParts) -> Result<()> {
    let is_own = header.digest()? == header.own_sha256;
    ensure!(is_own, "the part `{HEADER}` is damaged: its SHA-256 is not its own");
    for (name, digest) in &header.parts {
        let found = sha256_of_bytes(parts.get(name)?);
        ensure!(
            found == *digest,
            "the part `{name}` is damaged: its SHA-256 is not the listed one"
        );
    }
    let unlisted = parts.0.keys().find(|&name| name != HEADER && !header.parts.contains_key(name));
    ensure!(unlisted.is_none(), "the part `{}` is not listed", unlisted.map_or("", |name| name));
    Ok(())
}

fn check_probe(found: &[Vec<String>], expected: &[Vec<String>]) -> Result<()> {
    let (n_found, n_expected) = (found.len(), expected.len());
    ensure!(n_found == n_expected, "`{PROBE}` has {n_found} rows and {n_expected} rows of values");
    let differing = found.iter().zip(expected).position(|(found, expected)| found != expected);
    differing.map_or(Ok(()), |row| {
        anyhow::bail!("`{PROBE}` does not hold: the values of row {row} come out differently")
    })
}

fn value_bits(policy: &dyn Policy, rows: &[Vec<f64>]) -> Vec<Vec<String>> {
    let mut values = vec![0.0; policy.shape().exposures.len()];
    let bits = rows.iter().map(|row| {
        policy.values(row, &mut values);
        values.iter().map(|value: &f64| format!("{:016x}", value.to_bits())).collect()
    });
    bits.collect()
}

fn json_bytes(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).context("failed to write a part")?;
    bytes.push(b'\n');
    Ok(bytes)
}
