//! Reads the summary of a session from `logs/session.json`.
//!
//! The file may come from another tool or be truncated: fields that are
//! missing or of another type are left out; nothing fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::vault::manifest::{DataSummary, SessionStatus, SessionSummary};

/// The file, relative to the workspace.
pub const RECORD: &str = "logs/session.json";

/// Metrics of the agent that the file stores elsewhere, and their JSON
/// pointers.
pub const METRIC_POINTERS: [(&str, &str); 3] = [
    ("periods_per_year", "/metrics/agent/periods_per_year/value"),
    ("deflated_sharpe", "/trials/deflated_sharpe"),
    ("n_trials", "/trials/n_trials"),
];

/// The agent's figures over the seeds of a training with several: their
/// number, and the median and range of their net returns.
pub const SEED_FIGURES: [&str; 4] =
    ["n_seeds", "net_return_median", "net_return_min", "net_return_max"];

/// Returns the content of `session.json` in the workspace `root`, if
/// there is such a file; null if it is not JSON.
pub fn record(root: &Path) -> Option<Value> {
    let bytes = fs::read(root.join(RECORD)).ok()?;
    Some(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Reads the session in the workspace `root`, if there is one.
///
/// The trainer must not be running: a session with status `running`
/// counts as interrupted.
pub fn read(root: &Path) -> Option<SessionSummary> {
    record(root).map(|session| summarize(&session))
}

/// Whether `session`, the content of a `session.json`, records how it
/// ended; what happened to the trainer afterwards does not matter then.
pub fn is_sealed(session: &Value) -> bool {
    matches!(session["status"].as_str(), Some("completed" | "failed" | "interrupted"))
}

/// Summarizes `session`, the content of a `session.json`.
pub fn summarize(session: &Value) -> SessionSummary {
    SessionSummary {
        id: text(session, "/id"),
        status: status(session),
        started_at: time(session, "/started_at"),
        finished_at: time(session, "/finished_at"),
        seed: session.pointer("/seed").and_then(Value::as_u64),
        data: session.get("data").filter(|data| data.is_object()).map(|data| DataSummary {
            source: text(data, "/source"),
            sha256: text(data, "/sha256"),
            n_bars: data.pointer("/n_bars").and_then(Value::as_u64),
            first: time(data, "/first"),
            last: time(data, "/last"),
        }),
        config_sha256: text(session, "/config/sha256"),
        resumed_from: text(session, "/resumed_from/session"),
        metrics: metrics(session),
    }
}

/// Returns why metrics of the agent in `session` are null, by name.
pub fn undefined(session: &Value) -> BTreeMap<String, String> {
    let reasons = session.pointer("/metrics/agent/undefined");
    reasons.and_then(|it| serde_json::from_value(it.clone()).ok()).unwrap_or_default()
}

/// Returns why the metrics of `session` are suspicious: implausible
/// values, and what an audit found.
pub fn doubts(session: &Value) -> Vec<String> {
    let each = |pointer: &str| {
        let list = session.pointer(pointer).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let alarms = each("/alarms").into_iter().filter_map(|alarm| text(&alarm, "/text"));
    let failed = each("/audit/verdicts").into_iter().filter_map(|verdict| {
        let has_failed = verdict["verdict"] == "failed";
        let (name, finding) = has_failed
            .then(|| text(&verdict, "/name"))
            .flatten()
            .zip(text(&verdict, "/finding"))?;
        Some(format!("audit, {}: {finding}", name.replace('_', " ")))
    });
    alarms.chain(failed).collect()
}

fn status(session: &Value) -> SessionStatus {
    match session.get("status").and_then(Value::as_str) {
        Some("completed") => SessionStatus::Completed,
        Some("failed") => SessionStatus::Failed,
        Some("interrupted" | "running") => SessionStatus::Interrupted,
        _ => SessionStatus::Unknown,
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn time(value: &Value, pointer: &str) -> Option<DateTime<Utc>> {
    let text = value.pointer(pointer)?.as_str()?;
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

fn metrics(session: &Value) -> BTreeMap<String, BTreeMap<String, Option<f64>>> {
    let Some(policies) = session.get("metrics").and_then(Value::as_object) else {
        return BTreeMap::new();
    };
    let mut metrics: BTreeMap<_, _> = policies
        .iter()
        .filter_map(|(policy, figures)| Some((policy.clone(), numbers(figures.as_object()?))))
        .collect();
    if let Some(agent) = metrics.get_mut("agent") {
        for (name, pointer) in METRIC_POINTERS {
            let value = session.pointer(pointer).filter(|value| value.is_number());
            agent.extend(value.map(|value| (name.to_owned(), value.as_f64())));
        }
        agent.extend(net_returns_of_seeds(session));
    }
    // With several symbols, each has metrics of its own.
    let symbols = session.get("symbols").and_then(Value::as_array);
    for symbol in symbols.into_iter().flatten() {
        let agent = symbol.pointer("/metrics/agent").and_then(Value::as_object);
        if let (Some(name), Some(agent)) = (text(symbol, "/symbol"), agent) {
            metrics.insert(format!("agent {name}"), numbers(agent));
        }
    }
    metrics
}

/// Returns the [`SEED_FIGURES`]; nothing for a single seed, or where a
/// seed has no net return.
fn net_returns_of_seeds(session: &Value) -> Vec<(String, Option<f64>)> {
    let seeds = session.get("seeds").and_then(Value::as_array).filter(|seeds| seeds.len() > 1);
    let returns = seeds.and_then(|seeds| {
        let returns = seeds.iter().map(|seed| seed.pointer("/agent/net_return")?.as_f64());
        returns.collect::<Option<Vec<f64>>>()
    });
    let Some(mut returns) = returns else { return Vec::new() };
    returns.sort_by(f64::total_cmp);
    let n = returns.len();
    let median = f64::midpoint(returns[(n - 1) / 2], returns[n / 2]);
    let values = [n as f64, median, returns[0], returns[n - 1]];
    let figures = SEED_FIGURES.into_iter().zip(values);
    figures.map(|(name, value)| (name.to_owned(), Some(value))).collect()
}

fn numbers(figures: &serde_json::Map<String, Value>) -> BTreeMap<String, Option<f64>> {
    let numbers = figures
        .iter()
        .filter(|(_, value)| value.is_number() || value.is_null())
        .map(|(name, value)| (name.clone(), value.as_f64()));
    // The only metric that is a time.
    let time = figures.get("ruined_at").and_then(Value::as_str);
    let time = time.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let time = time.map(|time| ("ruined_at_ms".to_owned(), Some(time.timestamp_millis() as f64)));
    numbers.chain(time).collect()
}
