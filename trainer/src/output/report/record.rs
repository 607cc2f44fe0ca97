//! Reads `logs/session.json` and `MANIFEST.json` for a page.
//!
//! Records of any version are read, since old archives are shown as well;
//! absent fields are shown as absent.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::account::metrics::{is_ruined, void_ruined};
use crate::config::leaves;
use crate::market::bars::BarsConfig;
use crate::session::parse_time;

use super::source::SessionSource;

/// The largest record that is read, in bytes.
const N_BYTES_MAX: u64 = 64 << 20;

/// A JSON document that is read by pointers (RFC 6901).
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct JsonRecord(pub(super) Value);

impl JsonRecord {
    /// Reads `logs/session.json`, without the figures that mean nothing
    /// after ruin.
    pub(super) fn session(source: &SessionSource) -> Result<Self> {
        let found = Self::read(source, "logs/session.json")?;
        let mut record = found.with_context(|| {
            format!(
                "`{}` holds no `logs/session.json`, so there is no session to report; train one \
                 by `cargo xtask train`, or name an archive",
                source.path().display()
            )
        })?;
        // Stored apart: it depends on the sessions in the archives.
        let deflated = record.0.pointer("/trials/deflated_sharpe").cloned();
        let agent = record.0.pointer_mut("/metrics/agent").and_then(Value::as_object_mut);
        if let (Some(deflated), Some(agent)) = (deflated, agent) {
            agent.insert("deflated_sharpe".to_owned(), deflated);
        }
        void_ruined(&mut record.0);
        Ok(record)
    }

    /// Reads `MANIFEST.json`; only archives have one.
    pub(super) fn manifest(source: &SessionSource) -> Result<Option<Self>> {
        match source {
            SessionSource::Archive(_) => Self::read(source, "MANIFEST.json"),
            SessionSource::Folder(_) => Ok(None),
        }
    }

    fn read(source: &SessionSource, name: &str) -> Result<Option<Self>> {
        let Some(bytes) = source.bytes(name, N_BYTES_MAX)? else { return Ok(None) };
        let value = serde_json::from_slice(&bytes).with_context(|| {
            format!("`{name}` in `{}` is no JSON document", source.path().display())
        })?;
        Ok(Some(Self(value)))
    }

    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }

    /// Returns how the session read its bars.
    pub(super) fn bars_config(&self) -> BarsConfig {
        let config = self.0.pointer("/config/training/bars").cloned().unwrap_or_default();
        serde_json::from_value(config).unwrap_or_default()
    }

    pub(super) fn number(&self, pointer: &str) -> Option<f64> {
        self.0.pointer(pointer)?.as_f64()
    }

    pub(super) fn count(&self, pointer: &str) -> Option<u64> {
        self.0.pointer(pointer)?.as_u64()
    }

    /// Returns the time at `pointer`, in milliseconds since 1970 UTC.
    pub(super) fn time_ms(&self, pointer: &str) -> Option<i64> {
        Some(parse_time(self.text(pointer)?).ok()?.timestamp_millis())
    }

    /// Returns the elements of the list at `pointer`, or none.
    pub(super) fn list(&self, pointer: &str) -> &[Value] {
        self.0.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Whether the agent's account was ruined.
    pub(super) fn is_ruined(&self) -> bool {
        self.0.pointer("/metrics/agent").is_some_and(is_ruined)
    }

    /// Whether several symbols were traded.
    pub(super) fn is_portfolio(&self) -> bool {
        !self.list("/symbols").is_empty()
    }

    /// Returns the factor from money of the symbols' accounts to that of
    /// the portfolio, in which its figures are; 1 for a single account.
    pub(super) fn account_share(&self) -> f64 {
        let initial = |value: &Value| value.pointer("/metrics/agent/initial_equity")?.as_f64();
        let of_all: f64 = self.list("/symbols").iter().filter_map(initial).sum();
        let own = initial(&self.0).unwrap_or_default();
        if of_all > 0.0 && own > 0.0 { own / of_all } else { 1.0 }
    }

    /// Returns the parts of the bars, over all windows of a walk forward
    /// and all symbols of a portfolio.
    pub(super) fn parts(&self) -> SplitSpans {
        let windows = self.list("/walk_forward/windows");
        let several = if windows.is_empty() { self.list("/symbols") } else { windows };
        let own = self.0.pointer("/split").filter(|split| !split.is_null());
        let splits: Vec<JsonRecord> = if several.is_empty() {
            own.into_iter().cloned().map(JsonRecord).collect()
        } else {
            several.iter().filter_map(|one| Some(JsonRecord(one.get("split")?.clone()))).collect()
        };
        let at = |pointer: &str| -> Vec<i64> {
            splits.iter().filter_map(|split| split.time_ms(pointer)).collect()
        };
        let (min, max) =
            (|all: Vec<i64>| all.into_iter().min(), |all: Vec<i64>| all.into_iter().max());
        let counts = splits.iter().filter_map(|split| split.count("/test/n_bars"));
        SplitSpans {
            // The first training ends before the first test.
            train: min(at("/train/first")).zip(min(at("/train/last"))),
            embargo: min(at("/embargo/first")).zip(min(at("/embargo/last"))),
            test: min(at("/test/first")).zip(max(at("/test/last"))),
            n_test: if windows.is_empty() { counts.max().unwrap_or(0) } else { counts.sum() },
        }
    }

    /// Returns the settings by their dotted names, as text or compact JSON.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let training = self.0.pointer("/config/training");
        let settings = training.into_iter().flat_map(|training| leaves("", training));
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        settings.map(|(name, value)| (name, text(value))).collect()
    }
}

/// The first and the last bar of each part, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SplitSpans {
    pub(super) train: Option<(i64, i64)>,
    pub(super) embargo: Option<(i64, i64)>,
    pub(super) test: Option<(i64, i64)>,
    pub(super) n_test: u64,
}
