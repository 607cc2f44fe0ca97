//! A model comes back bit for bit, or says what is wrong with it.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic")]

pub(crate) mod damage;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeZone, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use trainer::learning::agent::{AgentConfig, FittedQ};
use trainer::learning::forest::splitmix64;
use trainer::learning::model::{ModelMetadata, TradingModel};
use trainer::learning::{Learner as _, LearnerSetup};
use zip::ZipArchive;

/// A learner of two features that has seen `n_bars` bars.
fn learner(seed: u64, n_bars: u32) -> FittedQ {
    let uniform = |at: u32| (splitmix64(at.into()) >> 11) as f64 / (1_u64 << 53) as f64;
    let config = AgentConfig { min_samples_leaf: 40, n_trees: 10, ..AgentConfig::default() };
    let setup = LearnerSetup { n_features: 2, cost_per_exposure: 0.0005, seed };
    let mut learner = FittedQ::new(config, setup).unwrap();
    for bar in 0..n_bars {
        let row = [uniform(1000 + 2 * bar), uniform(1001 + 2 * bar)];
        learner.observe(bar.into(), 1.0 + 0.1 * uniform(bar), Some(&row)).unwrap();
    }
    learner
}

/// A model fitted to 400 bars.
fn model(seed: u64) -> TradingModel {
    let mut learner = learner(seed, 400);
    for _ in 0..2 {
        learner.backup().unwrap();
    }
    let about = ModelMetadata {
        features: json!({"names": ["a", "b"]}),
        data: json!({"sha256": "ab", "first_ms": 1, "last_ms": 2}),
        metrics: json!({"sharpe": -0.1}),
        config: json!({"n_trees": 10}),
    };
    TradingModel::of_learner(&learner, about).unwrap()
}

fn save(model: &TradingModel, path: &Path) {
    assert_eq!(model.archive_and_save(path, noon()).unwrap(), None);
}

struct Place {
    folder: TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("models/final.zip");
    Place { folder, path }
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 5).unwrap()
}

fn values(model: &TradingModel, row: &[f64]) -> Vec<u64> {
    let mut values = vec![0.0; model.exposures().len()];
    model.policy().values(row, &mut values);
    values.into_iter().map(f64::to_bits).collect()
}

pub type Parts = BTreeMap<String, Vec<u8>>;

/// Returns the files in a model, by name.
pub fn unpack(bytes: &[u8]) -> Parts {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = BTreeMap::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        parts.insert(name, bytes);
    }
    parts
}

#[test]
fn a_saved_model_loads_with_the_same_predictions() {
    let Place { folder: _folder, path } = place();
    let saved = model(1);
    save(&saved, &path);
    let loaded = TradingModel::load(&path).unwrap();
    for step in 0..50 {
        let row = [f64::from(step) / 50.0, 1.0 - f64::from(step) / 40.0];
        assert_eq!(values(&loaded, &row), values(&saved, &row));
        let exposure = loaded.predict(&row, 0.0);
        assert_eq!(exposure.to_bits(), saved.predict(&row, 0.0).to_bits());
        assert!(loaded.exposures().contains(&exposure));
    }
    assert_eq!(loaded.metadata(), saved.metadata());
    assert_eq!((loaded.kind(), loaded.n_features()), ("fitted_q", 2));
    assert_eq!(loaded.to_bytes().unwrap(), saved.to_bytes().unwrap());
}

#[test]
fn equal_models_are_equal_files_and_others_are_not() {
    assert_eq!(model(1).to_bytes().unwrap(), model(1).to_bytes().unwrap());
    assert_ne!(model(1).to_bytes().unwrap(), model(2).to_bytes().unwrap());
}

#[test]
fn an_untrained_model_is_saved_and_stays_where_it_is() {
    let Place { folder: _folder, path } = place();
    let untrained = TradingModel::of_learner(&learner(1, 0), ModelMetadata::default()).unwrap();
    save(&untrained, &path);
    let loaded = TradingModel::load(&path).unwrap();
    assert_eq!(loaded.predict(&[0.5, 0.5], -1.0).to_bits(), (-1.0_f64).to_bits());
}

#[test]
fn the_header_lists_what_the_model_holds() {
    let parts = unpack(&model(1).to_bytes().unwrap());
    let mut text = String::from_utf8(parts["model.json"].clone()).unwrap();
    let header: Value = serde_json::from_str(&text).unwrap();
    let digests = header["parts"].as_object().unwrap().values().chain([&header["own_sha256"]]);
    for digest in digests {
        assert_eq!(digest.as_str().unwrap().len(), 64);
        text = text.replace(digest.as_str().unwrap(), "[sha256]");
    }
    insta::assert_snapshot!(text);
}

#[cfg(unix)]
#[test]
fn a_model_has_the_mode_that_the_umask_gives() {
    use std::os::unix::fs::PermissionsExt;

    let Place { folder, path } = place();
    save(&model(1), &path);
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn an_overwritten_model_moves_to_versions() {
    let Place { folder: _folder, path } = place();
    let versions = path.with_file_name("versions");
    assert_eq!(model(1).archive_and_save(&path, noon()).unwrap(), None);
    for seed in 2..=4 {
        let old = fs::read(&path).unwrap();
        let kept = model(seed).archive_and_save(&path, noon()).unwrap().unwrap();
        assert_eq!(fs::read(kept).unwrap(), old);
        assert_eq!(fs::read(&path).unwrap(), model(seed).to_bytes().unwrap());
    }
    let kept = ["final_20261123_120005.zip", "final_20261123_120005_2.zip"];
    assert_eq!(names(&versions), [kept[0], kept[1], "final_20261123_120005_3.zip"]);
    assert_eq!(names(path.parent().unwrap()), ["final.zip", "versions"]);
}

#[test]
fn a_failed_save_leaves_the_old_model() {
    let Place { folder: _folder, path } = place();
    save(&model(1), &path);
    // A file in the place of the folder that should keep the old one.
    fs::write(path.with_file_name("versions"), "in the way").unwrap();
    let error = model(2).archive_and_save(&path, noon()).unwrap_err();
    assert!(error.to_string().starts_with("failed to keep the old `"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), model(1).to_bytes().unwrap());
    assert_eq!(names(path.parent().unwrap()), ["final.zip", "versions"]);
}

#[test]
fn a_missing_model_is_named() {
    let error = TradingModel::load(Path::new("nowhere/final.zip")).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.starts_with("failed to load the model `nowhere/final.zip`; "), "{error}");
}
