//! What is logged where: `config/logging_config.json`.

use serde::{Deserialize, Serialize};

use crate::config::{ConfigFile, FieldError};

/// The settings of the logs.
///
/// Every key may be left out: it then has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LoggingConfig {
    /// Where an editor finds the schema of this file; not a setting.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,

    /// The lowest level of messages on the terminal. Default: `info`.
    pub console_level: Level,

    /// The lowest level of messages in `logs/training.log`. Default:
    /// `debug`.
    pub file_level: Level,

    /// One in this many closed trades is logged in
    /// `logs/trades/trade_execution.log`: 1 logs all, 10 every tenth of
    /// an episode. Traces always hold all.
    /// Unit: trades. Range: 1 to 1,000,000. Default: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub trade_log_frequency: usize,
}

/// The lowest level of messages to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing.
    Off,
    /// Errors, which end the run.
    Error,
    /// Warnings.
    Warn,
    /// The progress of the run.
    Info,
    /// The figures of every batch.
    Debug,
    /// Everything.
    Trace,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            schema: None,
            console_level: Level::Info,
            file_level: Level::Debug,
            trade_log_frequency: 1,
        }
    }
}

impl ConfigFile for LoggingConfig {
    /// Checks every setting against its range.
    fn validate(&self) -> Result<(), FieldError> {
        let frequency = self.trade_log_frequency;
        if !(1..=1_000_000).contains(&frequency) {
            let expected = "from 1 to 1000000; set `enable_trade_logging` to false in \
                            `config/training_config.json` to write no trades";
            return Err(FieldError::new("trade_log_frequency", frequency, expected));
        }
        Ok(())
    }
}
