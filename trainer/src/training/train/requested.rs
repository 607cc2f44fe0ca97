//! Where the settings of a run came from.

use serde::{Deserialize, Serialize};

use crate::config::Overrides;

/// Where the settings of a run came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedSettings {
    /// The command line's own.
    pub overrides: Overrides,
    /// Whether `--default` put the files aside.
    pub is_default: bool,
}
