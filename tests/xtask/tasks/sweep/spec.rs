//! The file of a sweep, and what is wrong with one.

use std::path::Path;

use xtask::tasks::sweep::spec::SweepSpec;

use crate::support::{CommandOutput, Sandbox};

#[track_caller]
fn message(spec: &str) -> String {
    let sandbox = Sandbox::new();
    let path = sandbox.write("tries.json", spec);
    let error = SweepSpec::load(&path).unwrap_err();
    format!("{error:#}").replace(path.to_str().unwrap(), "[path]")
}

#[test]
fn the_schema_is_in_step_with_the_spec() {
    let schema = schemars::schema_for!(SweepSpec);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/schema/sweep.schema.json");
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let shipped = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shipped == text, "run the tests once with `UPDATE_SCHEMAS=1` and commit the result");
}

#[test]
fn a_file_without_a_name_names_the_sweep() {
    let sandbox = Sandbox::new();
    let spec = SweepSpec::load(&sandbox.write("tries.json", "{}")).unwrap();
    assert_eq!(spec.name(), "tries");
    let named = SweepSpec::load(&sandbox.write("tries.json", r#"{"name": "ridge-2"}"#)).unwrap();
    assert_eq!(named.name(), "ridge-2");
}

#[test]
fn what_is_wrong_is_named_with_its_remedy() {
    for (spec, words) in [
        (r#"{"sedes": [1]}"#, "did you mean `seeds`?"),
        (r#"{"slurm": {"partitoin": "a"}}"#, "key `slurm.partitoin`"),
        ("[]", "write settings by name"),
        (r#"{"seeds": [1]} x"#, "text after the closing brace"),
        ("", "the file ends in the middle of a value"),
        ("null", "invalid type: null, expected settings by name"),
        (r#"{"seeds": []}"#, "`seeds` is an empty list"),
        (r#"{"symbols": []}"#, "`symbols` is an empty list"),
        (r#"{"command": []}"#, "`command` is an empty list"),
        (
            r#"{"seeds": [-1]}"#,
            "key `seeds[0]`: invalid value: integer `-1`, expected a whole number, 0",
        ),
        (r#"{"seeds": ["1"]}"#, "expected a whole number, 0 or more at line 1"),
        (r#"{"seeds": 3}"#, "expected a list, as in [1, 2]"),
        (r#"{"command": "python train.py"}"#, "expected a list, as in [1, 2]"),
        (r#"{"metric": 3}"#, "expected text in quotes"),
        (r#"{"test": "no"}"#, "expected true or false"),
        (r#"{"time_limit_minutes": "1h"}"#, "expected a number, such as 0.5"),
        (r#"{"parameters": []}"#, "invalid type: a list, expected settings by name"),
        (r#"{"parameters": {"a.b": {"min": "x", "max": 2}}}"#, "expected a number, such as 0.5"),
        (r#"{"seeds": [1], "seeds": [2]}"#, "duplicate field `seeds`"),
        (r#"{"seeds": [1, 1]}"#, "`seeds` names 1 twice"),
        (r#"{"symbols": [" "]}"#, "`symbols` has an empty name"),
        (r#"{"name": "con.1"}"#, "that of a device; set another `name`"),
        (r#"{"method": "random", "samples": 5}"#, "`parameters` names nothing to draw"),
        (r#"{"slurm": {"options": ["-p x"]}}"#, "write it in one word"),
        (r#"{"slurm": {"options": ["--array=3"]}}"#, "`--array` is set by the sweep"),
        (r#"{"slurm": {"options": ["--time=3"]}}"#, "set `slurm.time_minutes` of the spec"),
        (r#"{"slurm": {"options": ["--mem=3G"]}}"#, "set `memory_mb` of the spec"),
        (r#"{"symbols": ["A", "A"]}"#, "`symbols` names `A` twice"),
        (r#"{"name": "../up"}"#, "set `name` to letters"),
        (r#"{"holdout_ratio": 0}"#, "`holdout_ratio` is 0; it must be 0.05 to 0.95"),
        (r#"{"windows": 20}"#, "`windows` is 20; it must be 0 to 19"),
        (r#"{"windows": 9, "holdout_ratio": 0.9}"#, "too few of the bars"),
        (r#"{"pbo_blocks": 7}"#, "it must be even"),
        (r#"{"time_limit_minutes": 0}"#, "`time_limit_minutes` must be more than 0"),
        (r#"{"samples": 3}"#, "a grid tries every combination"),
        (r#"{"method": "random"}"#, "`samples` is not given"),
        (r#"{"method": "hyperband"}"#, "expected one of `grid`, `random`, `sobol`"),
        (r#"{"parameters": {"a.b": 3}}"#, "give a list of values, or a range"),
        (r#"{"parameters": {"a.b": []}}"#, "give a list of values, or a range"),
        (r#"{"parameters": {"a.b": [1, 1]}}"#, "it names 1 twice"),
        (r#"{"parameters": {"a.b": [1, 1.0]}}"#, "it names 1.0 twice"),
        (r#"{"parameters": {"a.b": {"min": 1}}}"#, "missing field `max`"),
        (r#"{"parameters": {"a.b": {"min": 1, "max": 2, "stpes": 3}}}"#, "did you mean `steps`?"),
        (r#"{"parameters": {"a.b": {"min": 2, "max": 2, "steps": 3}}}"#, "it must be less"),
        (r#"{"parameters": {"a.b": {"min": 1, "max": 2}}}"#, "set its `steps`"),
        (
            r#"{"parameters": {"a.b": {"min": 0, "max": 2, "steps": 2, "scale": "log"}}}"#,
            "it must be more than 0",
        ),
        (
            r#"{"parameters": {"a.b": {"min": 0.5, "max": 2, "steps": 2, "integer": true}}}"#,
            "they must be whole",
        ),
        (r#"{"parameters": {"a": [1], "a.b": [2]}}"#, "which `a` sets, too"),
        (r#"{"parameters": {"a..b": [1]}}"#, "write it as `agent.discount`"),
        (r#"{"parameters": {"seed": [1]}}"#, "name them in `seeds`"),
        (r#"{"parameters": {"data": ["x"]}}"#, "name them in `symbols`"),
        (r#"{"parameters": {"holdout_ratio": [0.1]}}"#, "it is the same for all"),
        (r#"{"windows": 2, "parameters": {"train_ratio": [0.5]}}"#, "how bars are divided"),
    ] {
        let message = message(spec);
        assert!(message.starts_with("`[path]` is not valid: "), "{message}");
        assert!(message.contains(words), "{spec}: {message}");
    }
}

#[test]
fn what_is_wrong_with_the_whole_names_the_file_too() {
    let huge: Vec<String> =
        (0..6).map(|n| format!(r#""a.k{n}": {{"min": 0, "max": 1, "steps": 10000}}"#)).collect();
    for (spec, words) in [
        (format!(r#"{{"parameters": {{{}}}}}"#, huge[..2].join(",")), "has 100000000 trials"),
        (format!(r#"{{"parameters": {{{}}}}}"#, huge.join(",")), "more trials than can be counted"),
        (
            r#"{"parameters": {"train_ratio": [0.7, 0.8]}}"#.to_owned(),
            "add `\"walk_forward.windows\": [0]` to them",
        ),
        (
            r#"{"parameters": {"train_ratio": [0.7, 0.8], "walk_forward.mode": ["rolling"]}}"#
                .to_owned(),
            "which changes nothing where windows judge",
        ),
        (r#"{"symbols": ["BTC"]}"#.to_owned(), "`symbols` names `BTC`, and there is no such file"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("tries.json", &spec);
        let mut command = sandbox.xtask(&["sweep", "tries.json", "--dry-run"]);
        let stderr = command.assert().code(2).stderr_text();
        assert!(stderr.contains("tries.json` is not valid: "), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
}
