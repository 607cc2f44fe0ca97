//! Models in archives of the vault.

use std::fs::File;
use std::io::Write as _;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{MODEL, Workspace, predict};

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
    let assert = workspace.run("predict", &arguments).code(1).stdout("");
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
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
    let assert = workspace.run("predict", &of_archive).success();
    let rows = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
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
