//! How often the model's trees split on each feature.

use std::io::Cursor;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::learning::model::TradingModel;

use super::record::JsonRecord;
use super::source::SessionSource;

const N_BYTES_MAX: u64 = 256 << 20;

/// How often each feature splits, over all trees of all forests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Importances {
    /// Name and share of all splits, the greatest first.
    pub(super) shares: Vec<(String, f64)>,
    pub(super) n_splits: u64,
}

/// Reads the session's final model. `None` when it has none, or one
/// without trees.
pub(super) fn read(source: &SessionSource, record: &JsonRecord) -> Result<Option<Importances>> {
    let Some(path) = record.text("/model/path") else { return Ok(None) };
    let Some(bytes) = source.bytes(path, N_BYTES_MAX)? else { return Ok(None) };
    let model = TradingModel::read(Cursor::new(bytes))
        .with_context(|| format!("`{path}` is no good model"))?;
    let Some(counts) = model.split_counts() else { return Ok(None) };
    let names = model.metadata().features.get("names").and_then(Value::as_array);
    let name_of = |idx: usize| {
        let name = names.and_then(|names| names.get(idx)?.as_str());
        name.map_or_else(|| format!("feature {idx}"), str::to_owned)
    };
    let n_splits: u64 = counts.iter().sum();
    let share = |n: u64| if n_splits == 0 { 0.0 } else { n as f64 / n_splits as f64 };
    let mut shares: Vec<(String, f64)> =
        counts.iter().enumerate().map(|(idx, &n)| (name_of(idx), share(n))).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(Some(Importances { shares, n_splits }))
}
