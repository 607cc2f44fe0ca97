//! Fits a regression of any kind.

use anyhow::Result;

use super::{Samples, SubsamplePlan, boosting, check_targets, random, ridge};
use crate::config::RegressorKind;
use crate::learning::forest::{Forest, Regressor, RegressorOptions};

impl Regressor {
    /// Fits a regression to `samples` and `targets` (one per row, in the
    /// order of the rows). The work is spread over the current rayon pool,
    /// with the same bits for any number of threads.
    ///
    /// Fails when the lengths differ, a target is not finite, there are
    /// more subsamples than trees, or, for ridge regression, there is more
    /// than one subsample or there are not more rows than features.
    pub fn fit(samples: &Samples, targets: &[f64], options: &RegressorOptions) -> Result<Self> {
        check_targets(samples, targets)?;
        Ok(match options.kind {
            RegressorKind::Ridge => Self::Ridge(ridge::fit(samples, targets, options.ridge_alpha)?),
            RegressorKind::ExtraTrees => {
                Self::ExtraTrees(Forest::fit(samples, targets, &options.forest)?)
            }
            RegressorKind::RandomForest => {
                let plan = SubsamplePlan::new(samples, targets, &options.forest)?;
                Self::RandomForest(plan.fit(random::fit)?)
            }
            RegressorKind::Xgboost => Self::Xgboost(boosting::fit(samples, targets, options)?),
        })
    }
}
