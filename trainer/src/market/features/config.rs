//! The settings of the features.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::set::{FeatureSet, N_COLUMNS_MAX};
use crate::field::FieldError;

/// What the learner sees of each bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FeaturesConfig {
    /// Whether the standard features are computed from the bars.
    /// Default: true.
    pub standard: bool,
    /// Columns of the bars that are features as they are, such as
    /// `sentiment`: a finite number in every row, known at the bar's
    /// close. `*` in a name stands for any text: `alpha_*`, or `*` for
    /// all columns that are no part of a bar. At most 1000. Default:
    /// none.
    pub columns: Vec<String>,
}

impl Default for FeaturesConfig {
    fn default() -> Self {
        Self { standard: true, columns: Vec::new() }
    }
}

impl FeaturesConfig {
    /// Checks every setting against its range.
    ///
    /// # Errors
    ///
    /// Fails with the first setting out of range.
    pub fn validate(&self) -> Result<(), FieldError> {
        let refuse =
            |value: &str, expected| Err(FieldError::new("features.columns", value, expected));
        if !self.standard && self.columns.is_empty() {
            return refuse("empty", "at least one column while `features.standard` is false");
        }
        if self.columns.len() > N_COLUMNS_MAX {
            return refuse(&format!("{} names", self.columns.len()), "at most 1000");
        }
        let mut seen = HashSet::new();
        for name in &self.columns {
            let shown = format!("{name:?}");
            if name.is_empty() || name.trim() != name {
                return refuse(&shown, "names without blanks around them");
            }
            if !seen.insert(name) {
                return refuse(&format!("{shown} twice"), "each column once");
            }
        }
        Ok(())
    }

    /// Returns the feature set with the further `columns`, those columns of
    /// the bars that match the configured names.
    ///
    /// # Errors
    ///
    /// Fails when a column has the name of a standard feature.
    pub fn set(&self, columns: Vec<String>) -> Result<FeatureSet, FieldError> {
        if self.standard {
            FeatureSet::standard().with_columns(columns)
        } else {
            FeatureSet::of_columns(columns)
        }
    }

    /// Returns the number of warm-up bars, which yield no row.
    pub fn n_warm_up_bars(&self) -> u64 {
        if self.standard { FeatureSet::standard().n_warm_up_bars() as u64 } else { 0 }
    }
}
