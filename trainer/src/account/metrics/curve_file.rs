//! Measures an equity curve from a file.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use crate::account::environment::BarOutcome;
use crate::market::bars::{Reading, SeriesReader};

use super::{
    BenchmarkComparison, BenchmarkTracker, PerformanceTracker, PeriodsPerYear, ToDate,
    ToDateTracker,
};

/// Names of the equity column, in order of preference.
const ROLES: [&str; 6] = ["equity", "balance", "nav", "value", "account", "portfolio"];

/// An equity curve in a file.
#[derive(Debug, Clone, Copy)]
pub struct CurveFile<'a> {
    /// A CSV file with a time and an equity.
    pub path: &'a Path,
    /// How ambiguous times are read, and the latest time allowed.
    pub reading: &'a Reading,
}

impl CurveFile<'_> {
    /// Reads the curve and returns its tracker; `seed` draws the Sharpe
    /// ratio's interval.
    ///
    /// The first row is the start; each later one ends a bar. `None` for
    /// `periods_per_year` infers them from the times. A curve has no
    /// trades and no costs: those figures are 0 or undefined. Figures end
    /// at ruin.
    ///
    /// # Errors
    ///
    /// Fails with fewer than two rows, when the first equity is not above
    /// 0, and when a row cannot be read.
    pub fn measure(&self, periods_per_year: Option<f64>, seed: u64) -> Result<PerformanceTracker> {
        let path = self.path;
        let given = periods_per_year.map(PeriodsPerYear::given).transpose()?;
        let mut tracker: Option<PerformanceTracker> = None;
        for sample in self.open(&ROLES)? {
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

    /// Reads the curve again and returns its month-to-date and
    /// year-to-date returns and, where the column `benchmark` is named,
    /// the comparison with it; a year has `periods` rows.
    ///
    /// # Errors
    ///
    /// Fails when a column is missing or a row has no number in it.
    pub fn compare(
        &self,
        benchmark: Option<&str>,
        periods: f64,
    ) -> Result<(ToDate, Option<BenchmarkComparison>)> {
        let path = self.path;
        let mut to_date = ToDateTracker::default();
        let mut comparison = BenchmarkTracker::default();
        // Columns are found by the letters and digits of their names.
        let plain =
            benchmark.map(|name| name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), ""));
        let mut others = plain.map(|name| self.open(&[&name])).transpose()?;
        for sample in self.open(&ROLES)? {
            let sample = sample?;
            to_date.push(sample.time_ms, sample.value);
            if let Some(others) = &mut others {
                let Some(other) = others.next() else {
                    bail!("`{}` {}: the benchmark has no value", path.display(), sample.place)
                };
                comparison.push(sample.value, other?.value);
            }
        }
        Ok((to_date.figures(), benchmark.map(|_| comparison.figures(periods))))
    }

    fn open(&self, roles: &[&str]) -> Result<SeriesReader> {
        SeriesReader::open_with(self.path, roles, self.reading)
    }
}
