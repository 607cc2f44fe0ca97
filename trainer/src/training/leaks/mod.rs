//! Searches features and data for look-ahead.
//!
//! Each check finds another kind of leak: features that change with
//! later bars, decisions that do, profits on shuffled bars, and further
//! columns that know later moves. Nothing is written. Memory is bounded:
//! of long data, only the latest bars are checked.

mod bars;
mod check_training;
mod decisions;
mod features;
mod foresight;
mod innovation;
mod prefix;
mod report;
mod rescale;
mod shuffle;
mod statistics;

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::config::TrainingConfig;
use crate::market::bars::{Bar, BarSource, SymbolBars};
use crate::training::train::Split;

use bars::LatestBars;
use check_training::{CheckTraining, n_episodes};
use features::ConfiguredFeatures;

pub use features::Features;
pub use foresight::ColumnSearch;
pub use report::{LeakCheck, LeakReport, ShuffledRun, leak_table};
pub(crate) use rescale::{RescalingResult, retrain};

/// Checks `features` and the configured learner on the configured bars
/// in the workspace at `root`, each symbol by itself. A leak is reported,
/// not an error.
///
/// # Errors
///
/// Fails when the bars cannot be read or are too few to train and test.
pub fn check_leaks(
    training: &TrainingConfig,
    root: &Path,
    features: &dyn Features,
) -> Result<LeakReport> {
    training.bars.refuse_negative_prices()?;
    let source = BarSource::open(&training.data, root)?.with_config(&training.bars);
    let search = LeakSearch { training, source: &source, feature_names: features.names() };
    search.run(&|latest| check_bars(training, &latest.bars, features))
}

/// Checks the configured features as [`check_leaks`] does, and that no
/// further column predicts later moves implausibly well. No bar may be
/// after `latest_ms`.
///
/// # Errors
///
/// Fails as [`check_leaks`] does, and when a column does not exist.
pub fn check_configured_leaks(
    training: &TrainingConfig,
    root: &Path,
    latest_ms: i64,
) -> Result<LeakReport> {
    training.bars.refuse_negative_prices()?;
    let source = BarSource::open(&training.data, root)?.with_config(&training.bars);
    let source = source.until(latest_ms);
    let set = training.features.set(source.find_columns(&training.features.columns)?)?;
    let source = source.with_columns(set.columns());
    let search = LeakSearch { training, source: &source, feature_names: set.names().to_vec() };
    search.run(&|latest| {
        let mut checks =
            check_bars(training, &latest.bars, &ConfiguredFeatures::new(&set, latest))?;
        if !set.columns().is_empty() {
            checks.push(foresight::check(latest, set.columns()));
        }
        Ok(checks)
    })
}

/// The input of a search.
struct LeakSearch<'a> {
    training: &'a TrainingConfig,
    source: &'a BarSource,
    feature_names: Vec<String>,
}

impl LeakSearch<'_> {
    /// Runs `checks` on the bars of each symbol.
    fn run(
        self,
        checks: &(dyn Fn(&LatestBars) -> Result<Vec<LeakCheck>> + Sync),
    ) -> Result<LeakReport> {
        let Self { training, source, feature_names } = self;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(training.threads)
            .build()
            .context("failed to start the threads; set `threads` lower")?;
        let (mut n_bars, mut all_checks) = (0, Vec::new());
        let mut check = |source: &BarSource, symbol: Option<&str>| -> Result<()> {
            let latest = LatestBars::of(source)?;
            n_bars += latest.bars.len() as u64;
            let of_source = pool.install(|| checks(&latest))?;
            let symbol = symbol.map(str::to_owned);
            all_checks.extend(
                of_source.into_iter().map(|check| LeakCheck { symbol: symbol.clone(), ..check }),
            );
            Ok(())
        };
        let symbols = source.symbols()?;
        if symbols.is_empty() {
            check(source, None)?;
        }
        for SymbolBars { symbol, source } in &symbols {
            check(source, Some(symbol))
                .with_context(|| format!("failed to check the symbol `{symbol}`"))?;
        }
        Ok(LeakReport {
            format: 1,
            is_clean: all_checks.iter().all(|check| check.is_passed),
            source: source.name().to_owned(),
            data_sha256: source.sha256()?,
            n_bars,
            n_features: feature_names.len() as u64,
            n_episodes: n_episodes(training) as u64,
            seed: training.seed,
            checks: all_checks,
        })
    }
}

fn check_bars(
    training: &TrainingConfig,
    bars: &[Bar],
    features: &dyn Features,
) -> Result<Vec<LeakCheck>> {
    let split = Split::of(bars.len() as u64, training)?;
    let check_training = CheckTraining::new(training, split, features);
    Ok(vec![
        prefix::check(bars, features),
        decisions::check(&check_training, bars)?,
        shuffle::check(&check_training, bars)?,
    ])
}
