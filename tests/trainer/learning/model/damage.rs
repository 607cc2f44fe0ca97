//! No damaged, forged or hostile file is taken for a model.

use std::fs;
use std::io::{Cursor, Write};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use trainer::learning::model::TradingModel;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Parts, Place, model, place, save, unpack};

pub(crate) fn pack(parts: &Parts) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
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
    Sha256::digest(bytes).iter().flat_map(digits).flatten().collect()
}

/// Edits a part and the digests that vouch for it, as a forger would.
pub(crate) fn forge_json(parts: &mut Parts, name: &str, edit: impl FnOnce(&mut Value)) {
    edit_json(parts, name, edit);
    let digest = sha256(&parts[name]);
    forge_header(parts, |header| header["parts"][name] = digest.into());
}

/// Edits the header and seals it again, with its keys in their order.
fn forge_header(parts: &mut Parts, edit: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&parts["model.json"]).unwrap();
    edit(&mut value);
    let keys = ["format", "kind", "tool_version", "tree_library", "n_features", "exposures"];
    let keys = keys.into_iter().chain(["cost_per_exposure", "parts", "own_sha256"]);
    value["own_sha256"] = "".into();
    let pairs: Vec<String> =
        keys.map(|key| format!("  \"{key}\": {}", indented(&value[key]))).collect();
    let unsealed = format!("{{\n{}\n}}\n", pairs.join(",\n"));
    let seal = format!("\"own_sha256\": \"{}\"", sha256(unsealed.as_bytes()));
    let sealed = unsealed.replace("\"own_sha256\": \"\"", &seal);
    parts.insert("model.json".to_owned(), sealed.into_bytes());
}

fn indented(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap().replace('\n', "\n  ")
}

/// Returns why the model `bytes` does not load, without its path.
fn refusal(bytes: &[u8]) -> String {
    let Place { folder: _folder, path } = place();
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
    assert!(refusal.starts_with("failed to load the model `[path]`; "), "{refusal}");
    assert!(refusal.contains(expected), "{refusal}");
}

#[test]
fn a_damaged_part_is_named() {
    let expected = "the part `metrics.json` is damaged: its SHA-256 is not the listed one";
    check_refused(|parts| edit_json(parts, "metrics.json", |it| it["sharpe"] = json!(3)), expected);
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
    check_refused(edit("format", json!(2)), "`model.json` has format 2; this program reads 1");
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
    check_refused(forge("n_features", json!(3)), "a forest takes 2 features, not 3");
    check_refused(forge("exposures", json!([0.0, 1.0])), "3 forests for 2 exposures");
    check_refused(forge("exposures", json!([0.0])), "are not two or more increasing numbers");
    check_refused(forge("cost_per_exposure", json!(-1.0)), "the cost per exposure is -1");
}

#[test]
fn a_forged_forest_fails_the_probe() {
    let forge = |parts: &mut Parts| {
        forge_json(parts, "forests/2.json", |forest| {
            for value in forest["trees"][0]["values"].as_array_mut().unwrap() {
                *value = json!(value.as_f64().unwrap() * (1.0 + 1e-13));
            }
        });
    };
    check_refused(forge, "`probe.json` does not hold: the values of row 0 come out differently");
}

#[test]
fn a_forged_tree_without_end_is_refused() {
    let forge = |parts: &mut Parts| {
        forge_json(parts, "forests/0.json", |it| {
            it["trees"][3]["children"][0] = json!(0);
        });
    };
    check_refused(forge, "the part `forests/0.json` is damaged: tree 3 is damaged: ");
}

#[test]
fn a_truncated_file_is_an_error_wherever_it_ends() {
    let bytes = model(1).to_bytes().unwrap();
    for n_bytes in (0..bytes.len()).step_by(bytes.len() / 40) {
        let refusal = refusal(&bytes[..n_bytes]);
        assert!(refusal.contains("it is not a whole zip"), "{n_bytes}: {refusal}");
    }
    assert!(refusal(b"no zip at all").contains("it is not a whole zip"));
}

#[test]
fn a_flipped_byte_is_never_accepted_as_another_model() {
    let original = model(1);
    let bytes = original.to_bytes().unwrap();
    let Place { folder: _folder, path } = place();
    save(&original, &path);
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
    zip.start_file("model.json", SimpleFileOptions::default()).unwrap();
    for _ in 0..257 {
        zip.write_all(&zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert!(refusal(&bytes).contains("its parts unpack to more than"));
}
