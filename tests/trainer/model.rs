//! A model comes back bit for bit, or says what is wrong with it.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeZone, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use trainer::agent::{AgentConfig, FittedPolicy, LearnerSetup};
use trainer::forest::splitmix64;
use trainer::model::{ModelAbout, TradingModel, TrainingRows};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// A model of two features, fitted to 400 bars.
fn model(seed: u64) -> TradingModel {
    let uniform = |at: usize| (splitmix64(at as u64) >> 11) as f64 / (1_u64 << 53) as f64;
    let opens: Vec<f64> = (0..400).map(|bar| 1.0 + 0.1 * uniform(bar)).collect();
    let rows: Vec<f64> = (0..800).map(|at| uniform(1000 + at)).collect();
    let bars = TrainingRows {
        opens: &opens,
        rows: &rows,
        n_backups: 2,
    };
    let config = AgentConfig {
        min_samples_leaf: 40,
        n_trees: 10,
        ..AgentConfig::default()
    };
    let setup = LearnerSetup {
        n_features: 2,
        cost_per_exposure: 0.0005,
        seed,
    };
    let model = TradingModel::fit(&bars, config, setup).unwrap();
    let about = ModelAbout {
        features: json!({"names": ["a", "b"]}),
        data: json!({"sha256": "ab", "first_ms": 1, "last_ms": 2}),
        metrics: json!({"sharpe": -0.1}),
        config: model.about().config.clone(),
    };
    model.with_about(about)
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
    model.q_values(row, &mut values);
    values.into_iter().map(f64::to_bits).collect()
}

type Parts = BTreeMap<String, Vec<u8>>;

fn unpack(bytes: &[u8]) -> Parts {
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

fn pack(parts: &Parts) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn edit_json(parts: &mut Parts, name: &str, edit: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&parts[name]).unwrap();
    edit(&mut value);
    parts.insert(name.to_owned(), serde_json::to_vec(&value).unwrap());
}

fn sha256(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|it| char::from_digit(it.into(), 16));
    Sha256::digest(bytes)
        .iter()
        .flat_map(digits)
        .flatten()
        .collect()
}

/// Edits a part and the digests that vouch for it, as a forger would.
fn forge_json(parts: &mut Parts, name: &str, edit: impl FnOnce(&mut Value)) {
    edit_json(parts, name, edit);
    let digest = sha256(&parts[name]);
    forge_header(parts, |header| header["parts"][name] = digest.into());
}

/// Edits the header and seals it again, with its keys in their order.
fn forge_header(parts: &mut Parts, edit: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&parts["model.json"]).unwrap();
    edit(&mut value);
    let keys = [
        "format",
        "kind",
        "tool_version",
        "tree_library",
        "n_features",
        "exposures",
    ];
    let keys = keys
        .into_iter()
        .chain(["cost_per_exposure", "parts", "own_sha256"]);
    value["own_sha256"] = "".into();
    let pairs: Vec<String> = keys
        .map(|key| format!("  \"{key}\": {}", indented(&value[key])))
        .collect();
    let unsealed = format!("{{\n{}\n}}\n", pairs.join(",\n"));
    let seal = format!("\"own_sha256\": \"{}\"", sha256(unsealed.as_bytes()));
    let sealed = unsealed.replace("\"own_sha256\": \"\"", &seal);
    parts.insert("model.json".to_owned(), sealed.into_bytes());
}

fn indented(value: &Value) -> String {
    serde_json::to_string_pretty(value)
        .unwrap()
        .replace('\n', "\n  ")
}

/// Returns why the model `bytes` does not load, without its path.
fn refusal(bytes: &[u8]) -> String {
    let Place {
        folder: _folder,
        path,
    } = place();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    let error = format!("{:#}", TradingModel::load(&path).unwrap_err());
    error.replace(path.to_str().unwrap(), "[path]")
}

#[track_caller]
fn check_refused(edit: impl FnOnce(&mut Parts), expected: &str) {
    let mut parts = unpack(&model(1).to_bytes().unwrap());
    edit(&mut parts);
    let refusal = refusal(&pack(&parts));
    assert!(
        refusal.starts_with("failed to load the model `[path]`; "),
        "{refusal}"
    );
    assert!(refusal.contains(expected), "{refusal}");
}

#[test]
fn a_saved_model_loads_with_the_same_predictions() {
    let Place {
        folder: _folder,
        path,
    } = place();
    let saved = model(1);
    saved.save(&path).unwrap();
    let loaded = TradingModel::load(&path).unwrap();
    for step in 0..50 {
        let row = [f64::from(step) / 50.0, 1.0 - f64::from(step) / 40.0];
        assert_eq!(values(&loaded, &row), values(&saved, &row));
        let exposure = loaded.predict(&row, 0.0);
        assert_eq!(exposure.to_bits(), saved.predict(&row, 0.0).to_bits());
        assert!(loaded.exposures().contains(&exposure));
    }
    assert_eq!(loaded.about(), saved.about());
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
    let Place {
        folder: _folder,
        path,
    } = place();
    let policy = FittedPolicy::untrained(&[-1.0, 0.0, 1.0], 0.001, 2).unwrap();
    let untrained = TradingModel::new(policy, ModelAbout::default(), Vec::new()).unwrap();
    untrained.save(&path).unwrap();
    let loaded = TradingModel::load(&path).unwrap();
    assert_eq!(
        loaded.predict(&[0.5, 0.5], -1.0).to_bits(),
        (-1.0_f64).to_bits()
    );
}

#[test]
fn the_header_lists_what_the_model_holds() {
    let parts = unpack(&model(1).to_bytes().unwrap());
    let mut text = String::from_utf8(parts["model.json"].clone()).unwrap();
    let header: Value = serde_json::from_str(&text).unwrap();
    let digests = header["parts"]
        .as_object()
        .unwrap()
        .values()
        .chain([&header["own_sha256"]]);
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
    model(1).save(&path).unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn an_overwritten_model_moves_to_versions() {
    let Place {
        folder: _folder,
        path,
    } = place();
    let versions = path.with_file_name("versions");
    assert_eq!(model(1).archive_and_save(&path, noon()).unwrap(), None);
    for seed in 2..=4 {
        let old = fs::read(&path).unwrap();
        let kept = model(seed)
            .archive_and_save(&path, noon())
            .unwrap()
            .unwrap();
        assert_eq!(fs::read(kept).unwrap(), old);
        assert_eq!(fs::read(&path).unwrap(), model(seed).to_bytes().unwrap());
    }
    let kept = ["final_20261123_120005.zip", "final_20261123_120005_2.zip"];
    assert_eq!(
        names(&versions),
        [kept[0], kept[1], "final_20261123_120005_3.zip"]
    );
    assert_eq!(names(path.parent().unwrap()), ["final.zip", "versions"]);
}

#[test]
fn a_failed_save_leaves_the_old_model() {
    let Place {
        folder: _folder,
        path,
    } = place();
    model(1).save(&path).unwrap();
    // A file in the place of the folder that should keep the old one.
    fs::write(path.with_file_name("versions"), "in the way").unwrap();
    let error = model(2).archive_and_save(&path, noon()).unwrap_err();
    assert!(
        error.to_string().starts_with("failed to keep the old `"),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), model(1).to_bytes().unwrap());
    assert_eq!(names(path.parent().unwrap()), ["final.zip", "versions"]);
}

#[test]
fn a_damaged_part_is_named() {
    let expected = "the part `metrics.json` is damaged: its SHA-256 is not the listed one";
    check_refused(
        |parts| edit_json(parts, "metrics.json", |it| it["sharpe"] = json!(3)),
        expected,
    );
    let remove = |parts: &mut Parts| drop(parts.remove("forests/1.json"));
    check_refused(remove, "the part `forests/1.json` is missing");
    let add = |parts: &mut Parts| drop(parts.insert("x.json".into(), vec![]));
    check_refused(add, "the part `x.json` is not listed");
}

#[test]
fn a_foreign_header_is_refused() {
    let edit = |key: &'static str, value: Value| {
        move |parts: &mut Parts| edit_json(parts, "model.json", |header| header[key] = value)
    };
    check_refused(
        edit("format", json!(2)),
        "`model.json` has format 2; this program reads 1",
    );
    check_refused(edit("extra", json!(1)), "unknown field `extra`");
    let expected = "the kind `oracle` is unknown; this program knows `fitted_q`";
    check_refused(edit("kind", json!("oracle")), expected);
    let expected = "the part `model.json` is damaged: its SHA-256 is not its own";
    check_refused(edit("exposures", json!([-2.0, 0.0, 2.0])), expected);
}

#[test]
fn a_forged_header_is_refused() {
    let forge = |key: &'static str, value: Value| {
        move |parts: &mut Parts| forge_header(parts, |header| header[key] = value)
    };
    check_refused(
        forge("n_features", json!(3)),
        "a forest takes 2 features, not 3",
    );
    check_refused(
        forge("exposures", json!([0.0, 1.0])),
        "3 forests for 2 exposures",
    );
    check_refused(
        forge("exposures", json!([0.0])),
        "are not two or more increasing numbers",
    );
    check_refused(
        forge("cost_per_exposure", json!(-1.0)),
        "the cost per exposure is -1",
    );
}

#[test]
fn a_forged_forest_fails_the_probe() {
    let forge = |parts: &mut Parts| {
        forge_json(parts, "forests/2.json", |forest| {
            for value in forest["trees"][0]["values"].as_array_mut().unwrap() {
                *value = json!(value.as_f64().unwrap() * (1.0 + 1e-15));
            }
        });
    };
    check_refused(
        forge,
        "`probe.json` does not hold: the values of row 0 come out differently",
    );
}

#[test]
fn a_forged_tree_without_end_is_refused() {
    let forge = |parts: &mut Parts| {
        forge_json(parts, "forests/0.json", |it| {
            it["trees"][3]["children"][0] = json!(0);
        });
    };
    check_refused(
        forge,
        "the part `forests/0.json` is damaged: tree 3 is damaged: ",
    );
}

#[test]
fn a_truncated_file_is_an_error_wherever_it_ends() {
    let bytes = model(1).to_bytes().unwrap();
    for n_bytes in (0..bytes.len()).step_by(bytes.len() / 40) {
        let refusal = refusal(&bytes[..n_bytes]);
        assert!(
            refusal.contains("it is not a whole zip"),
            "{n_bytes}: {refusal}"
        );
    }
    assert!(refusal(b"no zip at all").contains("it is not a whole zip"));
}

#[test]
fn a_flipped_byte_is_never_accepted_as_another_model() {
    let original = model(1);
    let bytes = original.to_bytes().unwrap();
    let Place {
        folder: _folder,
        path,
    } = place();
    original.save(&path).unwrap();
    for at in (0..bytes.len()).step_by(bytes.len() / 150) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x41;
        fs::write(&path, &flipped).unwrap();
        // Some bytes, such as a time stamp, carry nothing of the model.
        if let Ok(loaded) = TradingModel::load(&path) {
            assert_eq!(loaded.to_bytes().unwrap(), bytes, "byte {at}");
        }
    }
}

#[test]
fn a_zip_bomb_is_refused() {
    let zeros = vec![0; 1 << 20];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("model.json", SimpleFileOptions::default())
        .unwrap();
    for _ in 0..513 {
        zip.write_all(&zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert!(refusal(&bytes).contains("its parts unpack to more than"));
}

#[test]
fn a_missing_model_is_named() {
    let error = TradingModel::load(Path::new("nowhere/final.zip")).unwrap_err();
    let error = format!("{error:#}");
    assert!(
        error.starts_with("failed to load the model `nowhere/final.zip`; "),
        "{error}"
    );
}

#[test]
fn rows_that_do_not_match_the_bars_are_refused() {
    let bars = TrainingRows {
        opens: &[1.0, 2.0],
        rows: &[1.0, 2.0, 3.0],
        n_backups: 1,
    };
    let setup = LearnerSetup {
        n_features: 2,
        cost_per_exposure: 0.0,
        seed: 1,
    };
    let error = TradingModel::fit(&bars, AgentConfig::default(), setup).unwrap_err();
    assert_eq!(error.to_string(), "3 values; the bars need 4");
}
