//! Finds empty lists in the text of a spec, which parsing does not show.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Checks that no list in the text of a spec is empty.
///
/// # Errors
/// When a list is empty; names it.
pub fn no_empty_list(text: &str) -> Result<()> {
    let spec: Value = serde_json::from_str(text).context("it is no JSON")?;
    for key in ["seeds", "symbols", "command"] {
        let is_empty = spec[key].as_array().is_some_and(Vec::is_empty);
        ensure!(!is_empty, "`{key}` is an empty list; name one at least, or remove the key");
    }
    Ok(())
}
