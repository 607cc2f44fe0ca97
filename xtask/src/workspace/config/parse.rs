//! Parses settings in JSON, with errors in plain words.

use anyhow::{Context, Result, anyhow, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses settings; `objects` are the JSON pointers of values that must
/// be objects.
///
/// # Errors
/// When the settings are not valid; names the key and the nearest valid
/// one.
pub fn parse_settings<T: DeserializeOwned>(text: &str, objects: &[&str]) -> Result<T> {
    check_objects(text, objects)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let settings = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner().to_string();
        let message = format!("{}{}", plain_words(&cause), nearest_key(&cause));
        // `.` is the whole file, `?` an unknown place.
        anyhow!(if [".", "?"].contains(&&*path) {
            message
        } else {
            format!("key `{path}`: {message}")
        })
    })?;
    deserializer.end().context("there is text after the closing brace")?;
    Ok(settings)
}

/// The start of serde's name for an expected type, and ours.
const EXPECTED: [(&str, &str); 9] = [
    ("a nonzero u", "a whole number, 1 or more"),
    ("u", "a whole number, 0 or more"),
    ("i", "a whole number"),
    ("f", "a number, such as 0.5"),
    ("a sequence", "a list, as in [1, 2]"),
    ("a map", "settings by name, as in {\"key\": 1}"),
    ("struct ", "settings by name, as in {\"key\": 1}"),
    ("a string", "text in quotes"),
    ("a boolean", "true or false"),
];

/// Replaces the names of Rust types in serde's `message`.
pub fn plain_words(message: &str) -> String {
    let message = message.replace("invalid type: sequence", "invalid type: a list");
    let message = message.replace("invalid type: map", "invalid type: settings by name");
    if message.starts_with("EOF while") {
        return message.replacen("EOF while parsing", "the file ends in the middle of", 1);
    }
    let Some((found, rest)) = message.split_once(", expected ") else { return message };
    let (expected, place) = rest.split_once(" at line ").unwrap_or((rest, ""));
    // The name is followed by the bits of a number or a type's name.
    let is_named = |name: &str| {
        let is_number = name.len() == 1 || name.ends_with(" u");
        let bits = |rest: &str| rest.parse::<u8>().is_ok() || rest == "size";
        let rest = expected.strip_prefix(name);
        rest.is_some_and(|rest| {
            if is_number { bits(rest) } else { name.ends_with(' ') || rest.is_empty() }
        })
    };
    let Some((_, plain)) = EXPECTED.iter().find(|(name, _)| is_named(name)) else { return message };
    let place = if place.is_empty() { String::new() } else { format!(" at line {place}") };
    format!("{found}, expected {plain}{place}")
}

/// Checks that settings are objects: serde would accept `[]` as an object
/// with its fields in order.
fn check_objects(text: &str, places: &[&str]) -> Result<()> {
    // Invalid JSON is reported later, with its position.
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Ok(()) };
    for place in places {
        if value.pointer(place).is_some_and(Value::is_array) {
            let name = place.trim_start_matches('/').replace('/', ".");
            let key = if name.is_empty() { "the file".to_owned() } else { format!("`{name}`") };
            bail!("{key} holds a list; write settings by name, as in `{{\"key\": 1}}`");
        }
    }
    Ok(())
}

/// Returns `; did you mean …?` for serde's unknown-field message.
pub fn nearest_key(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(unknown) = quoted.next().filter(|_| message.starts_with("unknown field")) else {
        return String::new();
    };
    nearest(unknown, quoted)
}

/// Returns `; did you mean …?` if one of `known` is similar to `unknown`.
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|known| (strsim::damerau_levenshtein(unknown, known), known))
        .filter(|(distance, _)| *distance <= 3)
        .min()
        .map(|(_, known)| format!("; did you mean `{known}`?"))
        .unwrap_or_default()
}
