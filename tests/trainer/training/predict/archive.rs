//! Models in archives of the vault.

use std::fs::File;
use std::io::Write as _;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{CommandOutput, MODEL, Workspace, predict};

fn pack(workspace: &Workspace, entries: &[(&str, &[u8])]) {
    let mut zip = ZipWriter::new(File::create(workspace.path("archive.zip")).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[track_caller]
fn error(workspace: &Workspace) -> String {
    let arguments = ["--model", "archive.zip", "--data", "bars.csv"];
    workspace.run("predict", &arguments).code(1).stdout("").stderr_text()
}

#[test]
fn an_archive_gives_its_final_model() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let model = workspace.model();
    let entries: [(&str, &[u8]); 4] = [
        ("MANIFEST.json", b"{}"),
        ("models/checkpoints/memory_efficient_model_ep001.zip", b"no model"),
        (MODEL, &model),
        ("models/other.zip", b"no model"),
    ];
    pack(&workspace, &entries);
    let of_archive = ["--data", "bars.csv", "--model", "archive.zip"];
    let rows = workspace.run("predict", &of_archive).success().stdout_text();
    assert_eq!(rows, predict(&workspace, &["--data", "bars.csv"]));
}

#[test]
fn an_archive_without_one_model_says_so() {
    let workspace = Workspace::new();
    pack(&workspace, &[("MANIFEST.json", b"{}"), ("logs/training.log", b"")]);
    insta::assert_snapshot!(error(&workspace), @"error: the archive `archive.zip` holds no model in `models/`; its session ended before there was one");
    pack(&workspace, &[("models/a.zip", b""), ("models/b.zip", b"")]);
    insta::assert_snapshot!(error(&workspace), @"error: the archive `archive.zip` holds several models: `models/a.zip`, `models/b.zip`; restore it and name one of them");
    pack(&workspace, &[("models/a.zip", b"no model")]);
    insta::assert_snapshot!(error(&workspace), @"error: failed to read `models/a.zip` of the archive `archive.zip`: it is not a whole zip: invalid Zip archive: Could not find EOCD");
}

#[test]
fn latest_is_the_archive_of_the_last_run() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let model = workspace.model();
    std::fs::create_dir(workspace.path("archives")).unwrap();
    // By its number, whatever the clock said when it was named.
    for (stamp, manifest) in [("2030", r#"{"run_number":8}"#), ("2020", r#"{"run_number":9}"#)] {
        let model: &[u8] = if stamp == "2020" { &model } else { b"no model" };
        pack(&workspace, &[("MANIFEST.json", manifest.as_bytes()), (MODEL, model)]);
        let name = format!("archives/training_backup_{stamp}0101_000000.zip");
        std::fs::rename(workspace.path("archive.zip"), workspace.path(&name)).unwrap();
    }
    let arguments = ["--data", "bars.csv", "--model", "latest", "--format", "json"];
    let json = workspace.run("predict", &arguments).success().stdout_json();
    assert_eq!(json["model"], "archives/training_backup_20200101_000000.zip");
}
