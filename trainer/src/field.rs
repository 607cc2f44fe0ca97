//! What is wrong with one setting, and how to mend it.

use std::fmt;

/// A setting outside its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The dotted path of the setting, such as `environment.leverage`.
    pub field: String,
    /// The value found.
    pub value: String,
    /// What the value must be, such as `at least 1`.
    pub expected: String,
}

impl FieldError {
    /// Returns the error for `field`, which holds `value`.
    pub fn new(field: &str, value: impl fmt::Display, expected: &str) -> Self {
        Self { field: field.to_owned(), value: value.to_string(), expected: expected.to_owned() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}; it must be {}", self.field, self.value, self.expected)
    }
}

impl std::error::Error for FieldError {}
