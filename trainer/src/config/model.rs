//! Which kind of model is trained, and the settings of each kind.

use serde::{Deserialize, Serialize};

use crate::config::ForecastConfig;
use crate::field::FieldError;

/// Which kind of model is trained.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Fitted Q iteration; its settings are `agent`'s.
    #[default]
    FittedQ,
    /// A forecast and a threshold.
    Forecast,
}

/// The settings of the kinds that have some of their own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ModelSettings {
    /// A forecast and a threshold.
    pub forecast: ForecastConfig,
}

impl ModelSettings {
    /// Checks every setting against its range.
    pub fn validate(&self) -> Result<(), FieldError> {
        self.forecast.validate()
    }
}
