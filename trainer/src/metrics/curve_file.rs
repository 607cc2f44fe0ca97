//! Measures an equity curve that someone else made.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::bars::SeriesReader;
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
/// Fails below two rows, and for a start that is not above 0. At ruin,
/// later, the figures end.
pub fn measure_curve(
    path: &Path,
    periods_per_year: Option<f64>,
    seed: u64,
) -> Result<PerformanceTracker> {
    let given = periods_per_year.map(|value| {
        ensure!(value.is_finite() && value > 0.0, "`{value}` periods per year; give above 0");
        Ok(PeriodsPerYear { value, basis: PeriodsBasis::Given })
    });
    let given = given.transpose()?;
    let mut tracker: Option<PerformanceTracker> = None;
    for sample in SeriesReader::open(path, &ROLES)? {
        let sample = sample?;
        ensure!(
            sample.value > 0.0 || tracker.is_some(),
            "`{}` {}: the equity `{}` at the start is not above 0; begin the curve with money",
            path.display(),
            sample.place,
            sample.value
        );
        match &mut tracker {
            None => {
                let mut started = PerformanceTracker::new(sample.value, given).with_risk(seed);
                started.begin_bar(sample.time_ms);
                tracker = Some(started);
            }
            Some(tracker) => {
                tracker.begin_bar(sample.time_ms);
                tracker.push(&BarOutcome::idle(sample.value));
            }
        }
    }
    let tracker = tracker
        .with_context(|| format!("`{}` holds no equity below its header", path.display()))?;
    if given.is_none() {
        PeriodsPerYear::from_calendar(tracker.calendar())
            .with_context(|| format!("failed to date `{}`", path.display()))?;
    }
    Ok(tracker)
}
