//! Measures an equity curve that someone else made.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::bars::{BarsConfig, SeriesReader, calendar};
use crate::environment::BarOutcome;

use super::{PerformanceTracker, PeriodsBasis, PeriodsPerYear};

/// Names of the column that holds the equity, the best first.
const ROLES: [&str; 6] = ["equity", "balance", "nav", "value", "account", "portfolio"];

/// Reads the equity curve at `path`, a CSV file with a time and an
/// equity, and returns its measures; `seed` draws the Sharpe ratio's
/// interval.
///
/// The first row is the start; each later one ends a bar. Bars per year
/// are `periods_per_year`, or follow from the times. A curve knows of no
/// trades and no costs: those figures are 0 or undefined.
///
/// # Errors
///
/// Fails below two rows, and for an equity that is not above 0.
pub fn measure_curve(
    path: &Path,
    periods_per_year: Option<f64>,
    seed: u64,
) -> Result<PerformanceTracker> {
    measure_curve_with(path, &BarsConfig::default(), (periods_per_year, seed))
}

/// Does the same, where `reading` says what times that could be several
/// are.
pub fn measure_curve_with(
    path: &Path,
    reading: &BarsConfig,
    (periods_per_year, seed): (Option<f64>, u64),
) -> Result<PerformanceTracker> {
    let open = || SeriesReader::open_with(path, &ROLES, reading);
    let periods = match periods_per_year {
        Some(value) => {
            ensure!(value.is_finite() && value > 0.0, "`{value}` periods per year; give above 0");
            PeriodsPerYear { value, basis: PeriodsBasis::Given }
        }
        None => PeriodsPerYear::from_calendar(&calendar(open()?)?)
            .with_context(|| format!("failed to date `{}`", path.display()))?,
    };
    let mut tracker: Option<PerformanceTracker> = None;
    for sample in open()? {
        let sample = sample?;
        ensure!(
            sample.value > 0.0,
            "`{}` {}: the equity `{}` is not above 0; end the curve where the account ended",
            path.display(),
            sample.place,
            sample.value
        );
        match &mut tracker {
            None => tracker = Some(PerformanceTracker::new(sample.value, periods).with_risk(seed)),
            Some(tracker) => tracker.push(&BarOutcome::idle(sample.value)),
        }
    }
    tracker.with_context(|| format!("`{}` holds no equity below its header", path.display()))
}
