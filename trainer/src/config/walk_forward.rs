//! The settings of a walk forward: testing on later and later bars.

use serde::{Deserialize, Serialize};

use crate::field::{FieldError, check_counts};

/// The number of windows where the settings leave it open.
pub const WINDOWS_DEFAULT: usize = 5;

/// Windows that move forward through the bars: each trains on bars
/// before its test bars, and the test bars of all join to one curve.
/// Last, the model that is saved is fitted to all bars.
///
/// The bars are cut into `windows` + 1 equal parts, of which the first
/// only trains and each other one tests; `train_ratio` and the
/// `embargo_bars` of a single split do not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WalkForwardConfig {
    /// Windows, each with a model of its own; 0: a single split. Null:
    /// 5, or a single split where the bars are too few for them.
    /// Range: 0 to 1000. Default: null.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000)))]
    pub windows: Option<usize>,
    /// Whether a later window trains on all bars before it
    /// (`expanding`) or on as many as the first (`rolling`).
    /// Default: `expanding`.
    pub mode: WindowMode,
    /// Bars left out at the end of each training part (the purge), since
    /// the rewards of decisions there depend on the test bars. Unit: bars.
    /// Range: 2 to 1,000,000. Default: 2.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 1_000_000)))]
    pub purge_bars: usize,
    /// Bars left out between those and the test bars (the embargo), since
    /// bars depend on those of the day before. Unit: bars.
    /// Range: 0 to 1,000,000. Default: 48.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1_000_000)))]
    pub embargo_bars: usize,
}

/// What a later window trains on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WindowMode {
    /// All bars before it.
    #[default]
    Expanding,
    /// As many bars as the first window.
    Rolling,
}

impl Default for WalkForwardConfig {
    fn default() -> Self {
        Self { windows: None, mode: WindowMode::Expanding, purge_bars: 2, embargo_bars: 48 }
    }
}

impl WalkForwardConfig {
    /// Checks every setting against its range.
    pub fn validate(&self) -> Result<(), FieldError> {
        let counts = [
            ("windows", self.windows.unwrap_or(WINDOWS_DEFAULT) as u64, 0..=1000),
            ("purge_bars", self.purge_bars as u64, 2..=1_000_000),
            ("embargo_bars", self.embargo_bars as u64, 0..=1_000_000),
        ];
        check_counts("walk_forward.", &counts)
    }
}
