//! The results of a sweep as CSV, one row per trial.

use std::collections::BTreeMap;

use serde_json::Value;

use super::results::{Combination, SweepResults};

impl SweepResults {
    /// Returns the trials as CSV, one row each.
    pub fn csv(&self) -> String {
        let keys: Vec<&String> = self
            .combinations
            .first()
            .map(|first| first.parameters.keys().collect())
            .unwrap_or_default();
        let by_number: BTreeMap<u64, &Combination> =
            self.combinations.iter().map(|it| (it.combination, it)).collect();
        let mut figures: Vec<&String> =
            self.trials.iter().flat_map(|trial| trial.metrics.keys()).collect();
        figures.sort();
        figures.dedup();
        let names = ["trial", "rank", "status", "seed", "symbol", "window"].map(str::to_owned);
        let titles = names.into_iter().chain(keys.iter().map(|key| (*key).clone()));
        let titles = titles.chain(figures.iter().map(|name| format!("validation.{name}")));
        let ends = ["model_sha256", "reason"].map(str::to_owned);
        let mut text = row(titles.chain(ends));
        for trial in &self.trials {
            let combination = by_number[&trial.combination];
            let first = [
                trial.index.to_string(),
                combination.rank.map(|rank| rank.to_string()).unwrap_or_default(),
                format!("{:?}", trial.status).to_lowercase(),
                trial.seed.to_string(),
                trial.symbol.clone().unwrap_or_default(),
                trial.window.map(|window| window.to_string()).unwrap_or_default(),
            ];
            let values = keys.iter().map(|key| plain(&combination.parameters[*key]));
            let figures = figures.iter().map(|name| {
                let value = trial.metrics.get(*name).copied().flatten();
                value.map(|value| value.to_string()).unwrap_or_default()
            });
            let last =
                [trial.model_sha256.clone(), trial.reason.clone()].map(Option::unwrap_or_default);
            text += &row(first.into_iter().chain(values).chain(figures).chain(last));
        }
        text
    }
}

/// Formats a value for a cell: text without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Formats a row of CSV, quoted as RFC 4180 requires.
fn row(cells: impl Iterator<Item = String>) -> String {
    let quoted = cells.map(|cell| {
        let is_plain = !cell.contains([',', '"', '\n', '\r']);
        if is_plain { cell } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}
