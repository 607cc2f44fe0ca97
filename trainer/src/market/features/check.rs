//! Checks of the observations that a learner is given.

use anyhow::{Result, bail, ensure};

/// Checks that the open of a bar is finite and above 0.
pub(crate) fn check_open(open: f64) -> Result<()> {
    ensure!(open.is_finite() && open > 0.0, "the open of a bar is {open}; it must be above 0");
    Ok(())
}

/// Checks that a row has `n_features` values, all of them finite.
pub(crate) fn check_row(row: &[f64], n_features: usize) -> Result<()> {
    ensure!(row.len() == n_features, "a row has {} features, not {n_features}", row.len());
    if let Some(feature) = row.iter().position(|value| !value.is_finite()) {
        bail!("feature {feature} is {}; it must be a finite number", row[feature]);
    }
    Ok(())
}
