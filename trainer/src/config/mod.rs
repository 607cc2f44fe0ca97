//! The trainer's settings: their types, ranges and defaults.

mod field;

pub use field::FieldError;
