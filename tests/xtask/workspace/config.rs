use std::path::Path;

use xtask::vault::retention::Count;
use xtask::workspace::config::WorkspaceConfig;

use crate::support::{CommandOutput, Sandbox};

#[track_caller]
fn message(config: &str) -> String {
    let sandbox = Sandbox::new();
    let path = sandbox.write("config/config.json", config);
    let error = WorkspaceConfig::load(&path).unwrap_err();
    format!("{error:#}").replace(path.to_str().unwrap(), "[path]")
}

#[test]
fn a_missing_file_means_the_defaults() {
    let config = WorkspaceConfig::load(Path::new("no/such/config.json")).unwrap();
    assert_eq!(config, WorkspaceConfig::default());
    assert_eq!(config.retention.or_default().keep, Some(Count::Limit(5)));
}

#[test]
fn the_shipped_settings_are_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/config.json");
    let config = WorkspaceConfig::load(&path).unwrap();
    let mut config = WorkspaceConfig { schema: None, ..config };
    // Said in so many words, so that a reader sees the number.
    assert_eq!(config.retention.keep.take(), Some(Count::Limit(5)));
    assert_eq!(config, WorkspaceConfig::default());
}

#[test]
fn the_schema_is_in_step_with_the_settings() {
    let schema = schemars::schema_for!(WorkspaceConfig);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/schema/config.schema.json");
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let shipped = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shipped == text, "run the tests once with `UPDATE_SCHEMAS=1` and commit the result");
}

#[test]
fn an_unknown_key_suggests_the_nearest() {
    insta::assert_snapshot!(
        message("{\n  \"retention\": {\"keeep\": 3}\n}"),
        @"`[path]` is not valid: key `retention.keeep`: unknown field `keeep`, expected one of `keep`, `keep_hourly`, `keep_daily`, `keep_weekly`, `keep_monthly`, `keep_yearly`, `keep_within`, `keep_within_hourly`, `keep_within_daily`, `keep_within_weekly`, `keep_within_monthly`, `keep_within_yearly`, `keep_tags`, `keep_failed`, `keep_best`, `trash_days` at line 2 column 23; did you mean `keep`?"
    );
}

#[test]
fn a_wrong_value_names_its_key_and_place() {
    insta::assert_snapshot!(
        message("{\"retention\": {\"keep\": \"many\"}}"),
        @r#"`[path]` is not valid: key `retention.keep`: invalid value: string "many", expected a whole number or `unlimited` at line 1 column 29"#
    );
    insta::assert_snapshot!(
        message("{\"retention\": {\"keep_within\": \"30\"}}"),
        @"`[path]` is not valid: key `retention.keep_within`: `30` is no length of time; write numbers with h, d, w, m or y, as in `1y6m` at line 1 column 35"
    );
    insta::assert_snapshot!(
        message("{\"archive\": {\"compression_level\": 11}}"),
        @"`[path]` is not valid: `archive.compression_level` is 11; it must be 1 to 9"
    );
    insta::assert_snapshot!(
        message("{\"archive\": "),
        @"`[path]` is not valid: key `archive`: the file ends in the middle of a value at line 1 column 12"
    );
}

#[test]
fn another_rule_replaces_the_default_count() {
    let policy = |text: &str| {
        let sandbox = Sandbox::new();
        let path = sandbox.write("config/config.json", text);
        WorkspaceConfig::load(&path).unwrap().retention.or_default()
    };
    let keep = |text: &str| policy(text).keep;
    assert_eq!(keep("{}"), Some(Count::Limit(5)));
    assert_eq!(keep(r#"{"retention": {"keep": 2}}"#), Some(Count::Limit(2)));
    assert_eq!(keep(r#"{"retention": {"keep_failed": 9}}"#), Some(Count::Limit(5)));
    let policy = policy(
        r#"{"retention": {"keep_daily": "unlimited", "keep_within": "1y6m",
            "keep_tags": ["a,b", "c"], "keep_best": {"n": 2, "metric": "sharpe"}}}"#,
    );
    assert_eq!((policy.keep, policy.keep_daily), (None, Some(Count::Unlimited)));
    assert_eq!(policy.keep_within.unwrap().to_string(), "1y6m");
    assert_eq!(policy.keep_tags.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a,b", "c"]);
    assert_eq!(policy.keep_best.unwrap().metric, "sharpe");
}

#[test]
fn an_invalid_glob_is_named() {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", r#"{"archive": {"include": ["logs/[a"]}}"#);
    let text = sandbox.xtask(&["archive"]).assert().code(1).stderr_text();
    assert!(text.contains("`archive.include` holds the invalid glob `logs/[a`"), "{text}");
}

#[test]
fn archives_may_go_to_another_folder() {
    let sandbox = Sandbox::with_session();
    let elsewhere = Sandbox::new();
    let folder = elsewhere.path("vault");
    sandbox.write(
        "config/config.json",
        &serde_json::json!({"archive": {"folder": folder}}).to_string(),
    );
    sandbox.xtask(&["archive"]).assert().code(0);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    assert!(!sandbox.path("archives").exists());
}
