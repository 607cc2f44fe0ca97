//! The settings files: defaults, messages, schemas.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fs;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use trainer::config::{ConfigFile, LoggingConfig, Overrides, TrainingConfig};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[track_caller]
fn refused(text: &str) -> String {
    match TrainingConfig::parse(text, "config/training_config.json") {
        Ok(config) => panic!("{text} was taken as {config:?}"),
        Err(error) => format!("{error:#}"),
    }
}

/// Compares the file with what the code says it is, or rewrites it.
#[track_caller]
fn check_file(path: &str, expected: &impl Serialize) {
    let path = repository(path);
    let text = serde_json::to_string_pretty(expected).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == text,
        "`{}` differs from the code; rewrite it with UPDATE_SCHEMAS=1 cargo test",
        path.display()
    );
}

fn schema<C: JsonSchema>() -> serde_json::Value {
    serde_json::to_value(schema_for!(C)).unwrap()
}

#[test]
fn the_schemas_are_in_step_with_the_code() {
    check_file("config/schema/training_config.schema.json", &schema::<TrainingConfig>());
    check_file("config/schema/logging_config.schema.json", &schema::<LoggingConfig>());
}

#[test]
fn the_shipped_files_spell_out_all_defaults() {
    let schema = Some("schema/training_config.schema.json".to_owned());
    let training = TrainingConfig { schema, ..TrainingConfig::default() };
    check_file("config/training_config.json", &training);
    let schema = Some("schema/logging_config.schema.json".to_owned());
    let logging = LoggingConfig { schema, ..LoggingConfig::default() };
    check_file("config/logging_config.json", &logging);
}

#[test]
fn the_shipped_files_are_the_defaults() {
    let text = fs::read_to_string(repository("config/training_config.json")).unwrap();
    let mut training = TrainingConfig::parse(&text, "training_config.json").unwrap();
    assert_eq!(training.schema.take().as_deref(), Some("schema/training_config.schema.json"));
    assert_eq!(training, TrainingConfig::default());

    let text = fs::read_to_string(repository("config/logging_config.json")).unwrap();
    let mut logging = LoggingConfig::parse(&text, "logging_config.json").unwrap();
    assert_eq!(logging.schema.take().as_deref(), Some("schema/logging_config.schema.json"));
    assert_eq!(logging, LoggingConfig::default());
}

#[test]
fn the_five_old_keys_alone_make_a_whole_file() {
    let text = r#"{
        "steps_per_batch": 500,
        "total_episodes": 3,
        "enable_trade_logging": false,
        "enable_trade_tracing": false,
        "enable_tensorboard": false
    }"#;
    let expected = TrainingConfig {
        steps_per_batch: 500,
        total_episodes: 3,
        enable_trade_logging: false,
        enable_trade_tracing: false,
        enable_tensorboard: false,
        ..TrainingConfig::default()
    };
    assert_eq!(TrainingConfig::parse(text, "five.json").unwrap(), expected);
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let config = TrainingConfig::default();
    assert_eq!((config.steps_per_batch, config.total_episodes), (1000, 10));
    assert!(config.enable_trade_logging && config.enable_trade_tracing);
    assert!(config.enable_tensorboard);
    config.validate().unwrap();
}

#[test]
fn flags_override_files() {
    let overrides = Overrides { seed: Some(7), threads: Some(2), ..Overrides::default() };
    let config = TrainingConfig { seed: 1, total_episodes: 4, ..TrainingConfig::default() };
    let merged = config.clone().with(&overrides);
    assert_eq!(merged, TrainingConfig { seed: 7, threads: 2, ..config });
}

#[test]
fn null_threads_are_all_threads() {
    let config = TrainingConfig::parse(r#"{"threads": null}"#, "a.json").unwrap();
    assert_eq!(config.threads, 0);
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_key() {
    insta::assert_snapshot!(
        refused("{\n  \"seed\": 1,\n  \"steps_per_bach\": 100\n}"),
        @"`config/training_config.json` line 3 column 3: unknown key `steps_per_bach`; did you mean `steps_per_batch`?"
    );
}

#[test]
fn an_unknown_key_inside_a_section_has_its_whole_path() {
    insta::assert_snapshot!(
        refused(r#"{"environment": {"comission_bps": 5}}"#),
        @"`config/training_config.json` line 1 column 18: unknown key `environment.comission_bps`; did you mean `commission_bps`?"
    );
}

#[test]
fn an_unknown_key_like_no_other_lists_the_known_ones() {
    let message = refused(r#"{"zzz": 5}"#);
    assert!(message.contains("known keys: steps_per_batch, total_episodes"), "{message}");
    assert!(!message.contains("$schema"), "{message}");
}

#[test]
fn a_wrong_type_is_told_with_the_place_the_value_and_the_right_type() {
    insta::assert_snapshot!(
        refused("{\n  \"total_episodes\": \"ten\"\n}"),
        @r#"`config/training_config.json` line 2 column 25: `total_episodes`: invalid type: string "ten", expected a whole number of at least 0"#
    );
    insta::assert_snapshot!(
        refused(r#"{"enable_tensorboard": "yes"}"#),
        @r#"`config/training_config.json` line 1 column 28: `enable_tensorboard`: invalid type: string "yes", expected true or false"#
    );
}

#[test]
fn a_value_out_of_range_is_told_with_the_range() {
    insta::assert_snapshot!(
        refused(r#"{"train_ratio": 1.5}"#),
        @"`config/training_config.json` has a setting out of range: `train_ratio` is 1.5; it must be from 0.05 to 0.95"
    );
    insta::assert_snapshot!(
        refused(r#"{"environment": {"leverage": 0.5}}"#),
        @"`config/training_config.json` has a setting out of range: `environment.leverage` is 0.5; it must be from 1 to 100"
    );
}

#[test]
fn what_is_no_json_is_told_with_the_place() {
    insta::assert_snapshot!(
        refused("{\n  \"seed\": 1,,\n}"),
        @"`config/training_config.json` line 2 column 13: key must be a string; write it as JSON"
    );
    assert!(refused("").contains("line 1 column 0"), "{}", refused(""));
    assert!(refused("{} {}").contains("trailing characters"), "{}", refused("{} {}"));
}

#[test]
fn an_unknown_level_lists_the_levels() {
    let error = LoggingConfig::parse(r#"{"console_level": "loud"}"#, "log.json").unwrap_err();
    insta::assert_snapshot!(
        format!("{error:#}"),
        @"`log.json` line 1 column 24: `console_level`: unknown value `loud`, expected one of `off`, `error`, `warn`, `info`, `debug`, `trace`"
    );
}

#[test]
fn a_trade_log_frequency_of_zero_is_refused() {
    let error = LoggingConfig::parse(r#"{"trade_log_frequency": 0}"#, "log.json").unwrap_err();
    assert!(format!("{error:#}").contains("`trade_log_frequency` is 0"), "{error:#}");
}

#[test]
fn every_setting_tells_its_default() {
    fn walk(schema: &serde_json::Value, path: &str, silent: &mut Vec<String>) {
        let Some(properties) = schema.get("properties") else {
            return;
        };
        for (name, property) in properties.as_object().unwrap() {
            let described = property.get("description").and_then(|text| text.as_str());
            let section = property.get("$ref").is_some() || property.get("properties").is_some();
            if name != "$schema" && !section && !described.unwrap_or("").contains("Default:") {
                silent.push(format!("{path}{name}"));
            }
        }
    }
    let training = schema::<TrainingConfig>();
    let mut silent = Vec::new();
    walk(&training, "", &mut silent);
    for (name, section) in training["$defs"].as_object().unwrap() {
        walk(section, &format!("{name}."), &mut silent);
    }
    walk(&schema::<LoggingConfig>(), "logging.", &mut silent);
    assert_eq!(silent, Vec::<String>::new());
}
