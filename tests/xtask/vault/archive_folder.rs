//! Where `archive.folder` may lie.

use std::fs;

use crate::support::{CommandOutput, Sandbox};

fn with_folder(folder: &str) -> Sandbox {
    let sandbox = Sandbox::with_session();
    let config = serde_json::json!({"archive": {"folder": folder}});
    sandbox.write("config/config.json", &config.to_string());
    sandbox
}

#[track_caller]
fn refused(sandbox: &Sandbox, reason: &str) {
    for task in [&["archive"][..], &["list"], &["clean-workspace"], &["prune", "--keep", "1"]] {
        let text = sandbox.xtask(task).assert().code(2).stderr_text();
        assert!(text.contains(reason) && text.contains("`archive.folder`"), "{task:?}: {text}");
        assert!(text.contains("such as `archives`"), "{text}");
    }
    assert!(sandbox.path("logs/training.log").exists() && !sandbox.path("backups").exists());
}

#[track_caller]
fn accepted(sandbox: &Sandbox) {
    sandbox.xtask(&["archive"]).assert().code(0);
    sandbox.xtask(&["clean-workspace"]).assert().code(0);
    assert_eq!(sandbox.archive_names().len(), 1);
}

#[test]
fn archives_in_a_folder_with_another_use_are_refused() {
    for (folder, reason) in [
        ("logs", "lies in `logs`"),
        ("logs/trades", "lies in `logs`"),
        ("models/archives", "lies in `models`"),
        ("./logs/../logs/x", "lies in `logs`"),
        ("nowhere/../models/x", "lies in `models`"),
        ("models/", "lies in `models`"),
        ("Models/archives", "lies in `models`"),
        ("LOGS", "lies in `logs`"),
        ("config", "lies in `config`"),
        ("backups", "lies in `backups`"),
        ("backups/zips", "lies in `backups`"),
        (".trainvault/zips", "lies in `.trainvault`"),
        (".git/zips", "lies in `.git`"),
        (".", "is the workspace itself"),
        ("./", "is the workspace itself"),
        ("archives/..", "is the workspace itself"),
        ("..", "is the workspace itself"),
        ("../..", "is the workspace itself"),
        ("/", "is the workspace itself"),
        ("best.pth", "is called like a model"),
    ] {
        refused(&with_folder(folder), reason);
    }
    let sandbox = Sandbox::with_session();
    let absolute = sandbox.path("models/zips");
    let config = serde_json::json!({"archive": {"folder": absolute}});
    sandbox.write("config/config.json", &config.to_string());
    refused(&sandbox, "lies in `models`");
}

#[test]
fn archives_in_what_a_glob_names_are_refused() {
    let write = |folder: &str, include: &[&str], exclude: &[&str]| {
        let sandbox = Sandbox::with_session();
        let config = serde_json::json!({
            "archive": {"folder": folder, "include": include, "exclude": exclude}
        });
        sandbox.write("config/config.json", &config.to_string());
        sandbox
    };
    refused(&write("results/zips", &["logs/", "results/"], &[]), "archives by `results/`");
    refused(&write("results/zips", &["logs/", "./results/**"], &[]), "`./results/**`");
    refused(&write("results", &["logs/", "results/*.zip"], &[]), "`results/*.zip`");
    refused(&write("archives", &["logs/", "arch*/"], &[]), "archives by `arch*/`");
    accepted(&write("results/zips", &["logs/", "results/"], &["results/zips/"]));
    // The archives themselves are left out of these, as documented.
    accepted(&write("archives", &["**"], &[]));
    accepted(&write("results/zips", &["logs/", "results/*.csv"], &[]));
    accepted(&with_folder("logs2"));
    accepted(&with_folder("vault/a/b"));
    accepted(&with_folder("x/../archives"));
}

#[cfg(unix)]
#[test]
fn symlinks_do_not_hide_where_archives_would_lie() {
    use std::os::unix::fs::symlink;
    let sandbox = with_folder("vault/zips");
    symlink("models", sandbox.path("vault")).unwrap();
    refused(&sandbox, "lies in `models`");

    let sandbox = with_folder("vault");
    symlink("models/not/there/yet", sandbox.path("vault")).unwrap();
    refused(&sandbox, "lies in `models`");

    let sandbox = with_folder("vault");
    symlink("vault", sandbox.path("vault")).unwrap();
    refused(&sandbox, "cannot be opened");

    // Through a link to the workspace they are where they would be.
    let elsewhere = Sandbox::new();
    let sandbox = Sandbox::with_session();
    symlink(sandbox.root(), elsewhere.path("link")).unwrap();
    let folder = elsewhere.path("link/archives");
    let config = serde_json::json!({"archive": {"folder": folder, "include": ["**"]}});
    sandbox.write("config/config.json", &config.to_string());
    for _ in 0..2 {
        sandbox.xtask(&["archive"]).assert().code(0);
    }
    let catalog = sandbox.catalog();
    let manifest = catalog.archives[1].manifest().unwrap();
    assert!(manifest.files.iter().all(|file| !file.path.starts_with("archives/")));

    // The other way about: what a session folder leads to.
    let disk = Sandbox::new();
    let sandbox = Sandbox::with_session();
    fs::remove_dir_all(sandbox.path("models")).unwrap();
    fs::create_dir_all(disk.path("models")).unwrap();
    symlink(disk.path("models"), sandbox.path("models")).unwrap();
    for (folder, reason) in [("models/x", "lies in `models`"), (".", "holds what `models`")] {
        let config = serde_json::json!({"archive": {"folder": disk.path(folder)}});
        sandbox.write("config/config.json", &config.to_string());
        refused(&sandbox, reason);
    }
}

#[test]
fn settings_in_a_list_are_refused() {
    for (config, reason) in [
        ("[]", "the file holds a list"),
        ("[null]", "the file holds a list"),
        (r#"{"archive": []}"#, "`archive` holds a list"),
        (r#"{"retention": [1]}"#, "`retention` holds a list"),
        (r#"{"retention": {"keep_best": [2, "sharpe"]}}"#, "`retention.keep_best` holds a list"),
    ] {
        let sandbox = Sandbox::with_session();
        sandbox.write("config/config.json", config);
        let text = sandbox.xtask(&["list"]).assert().code(2).stderr_text();
        assert!(text.contains(reason), "{text}");
    }
}
