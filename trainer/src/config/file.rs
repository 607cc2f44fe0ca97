//! Reads a settings file; its errors name line, column and remedy.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::FieldError;

/// The training settings, relative to the workspace.
pub const TRAINING_FILE: &str = "config/training_config.json";

/// The logging settings, relative to the workspace.
pub const LOGGING_FILE: &str = "config/logging_config.json";

/// Settings in a JSON file.
pub trait ConfigFile: Default + DeserializeOwned {
    /// Checks every setting against its range.
    fn validate(&self) -> Result<(), FieldError>;

    /// Parses the settings in `text`; messages call the file `name`.
    ///
    /// # Errors
    ///
    /// Fails on an unknown key, a wrong type or a value outside its range.
    fn parse(text: &str, name: &str) -> Result<Self> {
        let mut json = serde_json::Deserializer::from_str(text);
        let config: Self = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            explain(name, &path, error.inner())
        })?;
        json.end().map_err(|error| explain(name, ".", &error))?;
        config.validate().with_context(|| format!("`{name}` has a setting out of range"))?;
        Ok(config)
    }
}

/// Returns the settings in `root`'s file `name`, or `None` where there
/// is no such file.
pub fn load<C: ConfigFile>(root: &Path, name: &str) -> Result<Option<C>> {
    match fs::read_to_string(root.join(name)) {
        Ok(text) => C::parse(text.trim_start_matches('\u{feff}'), name).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read `{name}`")),
    }
}

/// Returns the values in `json` that are no objects, with their dotted
/// names below `name`, such as `agent.n_trees`.
pub(crate) fn leaves<'a>(name: &str, json: &'a Value) -> Vec<(String, &'a Value)> {
    let Value::Object(object) = json else { return vec![(name.to_owned(), json)] };
    let dot = if name.is_empty() { "" } else { "." };
    object.iter().flat_map(|(key, json)| leaves(&format!("{name}{dot}{key}"), json)).collect()
}

fn explain(name: &str, path: &str, error: &serde_json::Error) -> anyhow::Error {
    let text = error.to_string();
    let suffix = format!(" at line {} column {}", error.line(), error.column());
    let message = text.strip_suffix(&suffix).unwrap_or(&text);
    let (line, end) = (error.line(), error.column());
    if let Some((key, known)) = unknown_key(message) {
        // serde stops at the key's closing quote.
        let column = end.saturating_sub(key.chars().count() + 1).max(1);
        let whole = whole_path(path, key);
        let hint = nearest(key, &known).map_or_else(
            || format!("; known keys: {}", known.join(", ")),
            |near| format!("; did you mean `{near}`?"),
        );
        return anyhow!("`{name}` line {line} column {column}: unknown key `{whole}`{hint}");
    }
    if path.is_empty() || path == "." || path == "?" {
        return anyhow!("`{name}` line {line} column {end}: {message}; write it as JSON");
    }
    let message = in_plain_words(message);
    anyhow!("`{name}` line {line} column {end}: `{path}`: {message}")
}

/// Parses serde's message: unknown field `a`, expected one of `b`, `c`.
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    let (key, rest) = message.strip_prefix("unknown field `")?.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).filter(|known| *known != "$schema");
    Some((key, known.collect()))
}

fn whole_path(path: &str, key: &str) -> String {
    if path == "." || path == "?" || path == key {
        key.to_owned()
    } else if path.ends_with(&format!(".{key}")) {
        path.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let key = key.to_lowercase();
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(&key, name), *name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.75)
        .map(|(_, name)| name)
}

fn in_plain_words(message: &str) -> String {
    let words = [
        ("expected usize", "expected a whole number of at least 0"),
        ("expected u64", "expected a whole number of at least 0"),
        ("expected u32", "expected a whole number of at least 0"),
        ("expected u16", "expected a whole number of at least 0"),
        ("expected u8", "expected a whole number of at least 0"),
        ("expected f64", "expected a number"),
        ("expected a boolean", "expected true or false"),
        ("expected struct ", "expected an object of settings, as in "),
        ("unknown variant", "unknown value"),
    ];
    let mut message = message.to_owned();
    for (from, to) in words {
        message = message.replace(from, to);
    }
    message
}
