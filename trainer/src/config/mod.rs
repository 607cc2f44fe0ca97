//! The settings of a run: their types, ranges and defaults.
//!
//! Settings come from two JSON files and from command-line flags, which
//! win. Nothing here reads a clock or an environment variable. The
//! settings of the account and of the bars lie with these, in `account`
//! and `market`, which it may use.

mod agent;
mod file;
mod forecast;
mod logging;
mod model;
mod overrides;
mod training;
mod walk_forward;

pub use crate::field::FieldError;
pub use agent::AgentConfig;
pub(crate) use agent::EXPOSURES_MAX;
pub(crate) use file::leaves;
pub use file::{ConfigFile, LOGGING_FILE, TRAINING_FILE, load};
pub use forecast::{ForecastConfig, RegressorKind};
pub use logging::{Level, LoggingConfig};
pub use model::{ModelKind, ModelSettings};
pub use overrides::{Overrides, RequestedSettings};
pub use training::{BUILTIN_DATA, TrainingConfig};
pub use walk_forward::{WINDOWS_DEFAULT, WalkForwardConfig, WindowMode};
