//! The origin of the settings of a run.

use serde::{Deserialize, Serialize};

use crate::config::Overrides;

/// The origin of the settings of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedSettings {
    /// The settings of the command line.
    pub overrides: Overrides,
    /// Whether `--default` disabled the configuration files.
    pub is_default: bool,
}
