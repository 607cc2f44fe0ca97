//! Compares bars with those that a model was trained on.

use anyhow::Result;
use serde_json::Value;

use crate::learning::model::TradingModel;
use crate::market::bars::{BarKind, Mismatch};

use super::features_of;

/// The bars that a model was trained on, by its metadata.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainedOn {
    kind: Option<BarKind>,
    /// Of an older model, whose metadata has no `kind`.
    interval_seconds: Option<f64>,
    uses_volume: bool,
}

impl TrainedOn {
    /// Returns the description in the metadata of `model`.
    pub fn of(model: &TradingModel) -> Result<Self> {
        let data: &Value = &model.metadata().data;
        Ok(Self {
            kind: serde_json::from_value(data["bars"].clone()).ok(),
            interval_seconds: data["interval_seconds"].as_f64(),
            uses_volume: features_of(model)?.windows().is_some(),
        })
    }

    /// Returns the kind of bars, where the metadata has it.
    pub fn kind(&self) -> Option<&BarKind> {
        self.kind.as_ref()
    }

    /// Returns how bars of the kind `given` differ from those of the
    /// training; for an older model, also what cannot be compared.
    pub fn mismatches(&self, given: &BarKind) -> Vec<Mismatch> {
        if let Some(kind) = &self.kind {
            return given.mismatches(kind, self.uses_volume);
        }
        let interval_seconds = self.interval_seconds.unwrap_or_default();
        let older_kind = BarKind { interval_seconds, time_covered: None, ..*given };
        let mut found = given.mismatches(&older_kind, false);
        if found.is_empty() {
            let unknown = match self.interval_seconds {
                Some(_) => "hours of trading and volume",
                None => "interval, hours of trading and volume",
            };
            let what = format!(
                "the model is of an older version and does not say for bars of what {unknown} it \
                 was made: that they fit cannot be checked; train it again to have it checked"
            );
            found.push(Mismatch { what, is_fatal: false });
        }
        found
    }
}
