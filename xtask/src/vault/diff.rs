//! Compares two archives: what changed between two sessions.
//!
//! Digests are taken from the manifests; `verify` proves that they are
//! right.

mod side;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::vault::manifest::{DataSummary, GitState, MANIFEST_PATH, Manifest};

pub use side::read;

/// One archive to compare.
#[derive(Debug, Clone, Default)]
pub struct ComparedArchive {
    /// The file's name.
    pub name: String,
    /// Its manifest, where there is one.
    pub manifest: Option<Manifest>,
    /// The digest of each file.
    pub files: BTreeMap<String, String>,
    /// The settings files, by path.
    pub config: BTreeMap<String, Value>,
}

/// What differs between two archives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The first archive's name.
    pub a: String,
    /// The second archive's name.
    pub b: String,
    /// The files that are in only one archive, or differ by digest.
    pub files: FileChanges,
    /// The settings that differ.
    pub config: Vec<ConfigChange>,
    /// Every metric that either session has.
    pub metrics: Vec<MetricPair>,
    /// The commits.
    pub git: Pair<GitState>,
    /// What the sessions were trained on.
    pub data: Pair<DataSummary>,
    /// The seeds.
    pub seed: Pair<u64>,
}

/// The files that are in only one archive, or differ by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChanges {
    /// Only in the second.
    pub added: Vec<String>,
    /// Only in the first.
    pub removed: Vec<String>,
    /// In both, with other content.
    pub changed: Vec<String>,
    /// How many are the same.
    pub n_same: usize,
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfigChange {
    /// The settings file.
    pub file: String,
    /// The key, with dots between levels; empty for the whole file.
    pub key: String,
    /// Whether the key is in one archive only.
    pub change: Change,
    /// The value in the first archive; null where it has none.
    pub old: Option<Value>,
    /// The value in the second archive; null where it has none.
    pub new: Option<Value>,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Only in the second archive.
    Added,
    /// Only in the first archive.
    Removed,
    /// In both, with other values.
    Changed,
}

/// One metric in both archives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricPair {
    /// Whose metric: `agent`, `buy_and_hold` or `never_trade`.
    pub policy: String,
    /// The metric's name.
    pub metric: String,
    /// Its value in the first archive.
    pub a: Option<f64>,
    /// Its value in the second archive.
    pub b: Option<f64>,
    /// The second minus the first, if both are defined.
    pub delta: Option<f64>,
}

/// The same property of both archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// Whether both are equal.
    pub is_same: bool,
    /// The value in the first archive; null if unknown.
    pub a: Option<T>,
    /// The value in the second archive; null if unknown.
    pub b: Option<T>,
}

impl<T: PartialEq> Pair<T> {
    fn of(a: Option<T>, b: Option<T>) -> Self {
        Self { is_same: a == b, a, b }
    }
}

/// Compares the archives `a` and `b`.
pub fn diff(a: &ComparedArchive, b: &ComparedArchive) -> Diff {
    let git = |side: &ComparedArchive| side.manifest.as_ref()?.git.clone();
    let data = |side: &ComparedArchive| side.manifest.as_ref()?.session.as_ref()?.data.clone();
    let seed = |side: &ComparedArchive| side.manifest.as_ref()?.session.as_ref()?.seed;
    Diff {
        a: a.name.clone(),
        b: b.name.clone(),
        files: file_changes(&a.files, &b.files),
        config: config_changes(&a.config, &b.config),
        metrics: metrics(a, b),
        git: same_commit(Pair::of(git(a), git(b))),
        data: Pair::of(data(a), data(b)),
        seed: Pair::of(seed(a), seed(b)),
    }
}

/// Two unknown states do not count as the same.
fn same_commit(git: Pair<GitState>) -> Pair<GitState> {
    let is_known = |git: &Option<GitState>| git.as_ref().is_none_or(|git| git.dirty.is_some());
    Pair { is_same: git.is_same && is_known(&git.a), ..git }
}

fn file_changes(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> FileChanges {
    let paths = |keep: &dyn Fn(&str) -> bool| -> Vec<String> {
        let all: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        let mut kept: Vec<String> = all.into_iter().filter(|path| keep(path)).cloned().collect();
        kept.retain(|path| path != MANIFEST_PATH);
        kept
    };
    FileChanges {
        added: paths(&|path| !a.contains_key(path)),
        removed: paths(&|path| !b.contains_key(path)),
        changed: paths(&|path| matches!((a.get(path), b.get(path)), (Some(a), Some(b)) if a != b)),
        n_same: a.iter().filter(|(path, digest)| b.get(*path) == Some(*digest)).count(),
    }
}

fn config_changes(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> Vec<ConfigChange> {
    let flat = |side: &BTreeMap<String, Value>| {
        let mut keys = BTreeMap::new();
        for (file, value) in side {
            flatten(file, String::new(), value, &mut keys);
        }
        keys
    };
    let (a, b) = (flat(a), flat(b));
    let keys: BTreeSet<&(String, String)> = a.keys().chain(b.keys()).collect();
    keys.into_iter()
        .filter(|key| a.get(*key) != b.get(*key))
        .map(|key| {
            let (old, new) = (a.get(key).cloned(), b.get(key).cloned());
            let change = match (&old, &new) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                (Some(_), Some(_)) => Change::Changed,
            };
            ConfigChange { file: key.0.clone(), key: key.1.clone(), change, old, new }
        })
        .collect()
}

/// Joins the keys of nested objects with dots. Lists are values.
fn flatten(file: &str, key: String, value: &Value, keys: &mut BTreeMap<(String, String), Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(file, key, value, keys);
            }
        }
        value => drop(keys.insert((file.to_owned(), key), value.clone())),
    }
}

fn metrics(a: &ComparedArchive, b: &ComparedArchive) -> Vec<MetricPair> {
    let value = |side: &ComparedArchive, policy: &str, metric: &str| {
        let session = side.manifest.as_ref()?.session.as_ref()?;
        *session.metrics.get(policy)?.get(metric)?
    };
    let names: BTreeSet<(&String, &String)> = [a, b]
        .into_iter()
        .filter_map(|side| side.manifest.as_ref()?.session.as_ref())
        .flat_map(|session| &session.metrics)
        .flat_map(|(policy, figures)| figures.keys().map(move |metric| (policy, metric)))
        .collect();
    names
        .into_iter()
        .map(|(policy, metric)| {
            let (a, b) = (value(a, policy, metric), value(b, policy, metric));
            let delta = a.zip(b).map(|(a, b)| b - a);
            MetricPair { policy: policy.clone(), metric: metric.clone(), a, b, delta }
        })
        .collect()
}
