//! Reads `logs/metrics.json`: a flat object of numbers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde_json::{Map, Value};

/// The file that a command writes its metrics to.
pub const METRICS_FILE: &str = "logs/metrics.json";

/// A limit, since the metrics are copied to each archive's manifest.
const MAX_BYTES: u64 = 1 << 20;

/// The metrics by name; `None` if undefined.
pub type Figures = BTreeMap<String, Option<f64>>;

/// Reads the metrics in the workspace `root`, and the problems with them,
/// with remedies. No file means no metrics.
pub fn read(root: &Path) -> (Figures, Vec<String>) {
    let mut bytes = Vec::new();
    let opened = File::open(root.join(METRICS_FILE));
    let read = opened.and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => (Figures::new(), Vec::new()),
        Err(error) => {
            none(format!("failed to read `{METRICS_FILE}`: {error}; it counts as missing"))
        }
        Ok(n_read) if n_read as u64 > MAX_BYTES => none(format!(
            "`{METRICS_FILE}` is larger than 1 MiB and counts as missing; write the final figures alone"
        )),
        Ok(_) => parse(&bytes),
    }
}

fn none(problem: String) -> (Figures, Vec<String>) {
    (Figures::new(), vec![problem])
}

fn parse(bytes: &[u8]) -> (Figures, Vec<String>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    // Python writes NaN, which is not JSON.
    let parsed = serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&without_nan(text)).map_err(|_| error));
    let object: Map<String, Value> = match parsed {
        Ok(Value::Object(object)) => object,
        Ok(_) => {
            return none(format!(
                "`{METRICS_FILE}` holds no object and counts as missing; write {{\"name\": number, …}}"
            ));
        }
        Err(error) => {
            return none(format!("`{METRICS_FILE}` is not JSON and counts as missing: {error}"));
        }
    };
    let mut problems = Vec::new();
    let mut figures = Figures::new();
    for (name, value) in object {
        match value {
            Value::Number(number) => drop(figures.insert(name, number.as_f64())),
            Value::Null => drop(figures.insert(name, None)),
            Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                problems.push(format!(
                    "`{METRICS_FILE}` holds under `{name}` what is no number; it is left out: the file \
                     is a flat object of numbers"
                ));
            }
        }
    }
    (figures, problems)
}

/// Returns `text` with null in place of NaN and infinities outside of
/// strings.
fn without_nan(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    let mut is_string = false;
    while let Some(next) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "NaN"].iter().find(|word| rest.starts_with(**word));
        let n_bytes = match word {
            Some(word) if !is_string => {
                plain.push_str("null");
                word.len()
            }
            _ => {
                let is_escape = is_string && next == '\\';
                let n_chars = 1 + usize::from(is_escape);
                let taken: String = rest.chars().take(n_chars).collect();
                is_string ^= next == '"';
                plain.push_str(&taken);
                taken.len()
            }
        };
        rest = &rest[n_bytes..];
    }
    plain
}
