//! Whether bars are what a model was made for.

use anyhow::Result;
use serde_json::Value;

use crate::learning::model::TradingModel;
use crate::market::bars::{BarKind, Mismatch};

use super::features_of;

/// What a model says of the bars that it was trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainedOn {
    kind: Option<BarKind>,
    /// What an older model says: the interval alone.
    interval_seconds: Option<f64>,
    uses_volume: bool,
}

impl TrainedOn {
    /// Returns what `model` says.
    pub fn of(model: &TradingModel) -> Result<Self> {
        let data: &Value = &model.metadata().data;
        Ok(Self {
            kind: serde_json::from_value(data["bars"].clone()).ok(),
            interval_seconds: data["interval_seconds"].as_f64(),
            uses_volume: features_of(model)?.windows().is_some(),
        })
    }

    /// Returns the kind of bars, where the model tells it.
    pub fn kind(&self) -> Option<&BarKind> {
        self.kind.as_ref()
    }

    /// Returns what speaks against predictions for bars of the kind
    /// `given`; that an older model does not tell enough, too.
    pub fn mismatches(&self, given: &BarKind) -> Vec<Mismatch> {
        if let Some(kind) = &self.kind {
            return given.mismatches(kind, self.uses_volume);
        }
        let interval_seconds = self.interval_seconds.unwrap_or_default();
        let interval_alone = BarKind { interval_seconds, time_covered: None, ..*given };
        let mut found = given.mismatches(&interval_alone, false);
        if found.is_empty() {
            let untold = match self.interval_seconds {
                Some(_) => "hours of trading and volume",
                None => "interval, hours of trading and volume",
            };
            let what = format!(
                "the model is of an older version and does not say for bars of what {untold} it \
                 was made: that they fit cannot be checked; train it again to have it checked"
            );
            found.push(Mismatch { what, is_fatal: false });
        }
        found
    }
}
