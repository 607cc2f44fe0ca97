//! The trainer's settings: their types, ranges and defaults.
//!
//! Settings come from two JSON files and from command-line flags, which
//! win. Nothing here reads a clock or an environment variable.

mod field;
mod file;
mod logging;
mod training;
mod walk_forward;

pub use field::FieldError;
pub use file::{ConfigFile, LOGGING_FILE, TRAINING_FILE, load};
pub use logging::{Level, LoggingConfig};
pub use training::{BUILTIN_DATA, Overrides, TrainingConfig};
pub use walk_forward::{WalkForwardConfig, WindowMode};
