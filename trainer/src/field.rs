//! The error of a setting outside its range, and checks of ranges.

use std::fmt;
use std::ops::RangeInclusive;

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

/// Fails when `value` lies outside `range`, which is `expected` in words.
pub(crate) fn check_range<T: PartialOrd + fmt::Display>(
    field: &str,
    value: &T,
    range: &RangeInclusive<T>,
    expected: &str,
) -> Result<(), FieldError> {
    if range.contains(value) { Ok(()) } else { Err(FieldError::new(field, value, expected)) }
}

/// Checks counts by their names below `section` (`agent.`, or empty).
pub(crate) fn check_counts(
    section: &str,
    counts: &[(&str, u64, RangeInclusive<u64>)],
) -> Result<(), FieldError> {
    counts.iter().try_for_each(|(name, value, range)| {
        let expected = format!("from {} to {}", range.start(), range.end());
        check_range(&format!("{section}{name}"), value, range, &expected)
    })
}

/// Checks numbers by their names below `section`; the last element is the
/// range in words.
pub(crate) fn check_numbers(
    section: &str,
    numbers: &[(&str, f64, RangeInclusive<f64>, &str)],
) -> Result<(), FieldError> {
    numbers.iter().try_for_each(|(name, value, range, expected)| {
        check_range(&format!("{section}{name}"), value, range, expected)
    })
}
