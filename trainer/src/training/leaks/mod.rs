//! Looks for look-ahead: canaries to run on one's own features and data.
//!
//! Each check fails for another kind of leak: features of a prefix of the
//! bars, decisions after later bars have changed, what can be earned
//! where there is nothing to earn, and further columns of the bars that
//! know what comes. Writes nothing.
//! What is held in memory is bounded: of long data, the latest bars.

mod bars;
mod check_training;
mod configured_features;
mod decisions;
mod features;
mod foresight;
mod innovation;
mod prefix;
mod rank;
mod regression;
mod report;
mod rescale;
mod season;
mod shuffle;

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::config::TrainingConfig;
use crate::market::bars::{Bar, BarSource, SymbolBars};
use crate::training::train::Split;

use bars::LatestBars;
use check_training::{CheckTraining, n_episodes};
use configured_features::ConfiguredFeatures;

pub use features::Features;
pub use foresight::ColumnSearch;
pub use report::{LeakCheck, LeakReport, ShuffledRun, leak_table};
pub(crate) use rescale::{RescalingResult, retrain};

/// Checks `features` and the learner with the settings `training`, on
/// the bars of the settings in the workspace at `root`; where there are
/// several symbols, on each by itself.
///
/// Finding a leak is no error: the report says so. Fails when the bars
/// cannot be read or are too few to train and test.
pub fn check_leaks(
    training: &TrainingConfig,
    root: &Path,
    features: &dyn Features,
) -> Result<LeakReport> {
    training.bars.refuse_negative_prices()?;
    let source = BarSource::open(&training.data, root)?.with_config(&training.bars);
    let search = Search { training, source: &source, names: features.names() };
    search.run(&|latest| check_bars(training, &latest.bars, features))
}

/// Checks the features that the settings name, further columns of the
/// bars included, as [`check_leaks`] does; and, of these columns, that
/// none knows later moves better than one could. No bar can be after
/// `latest_ms`.
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
    let search = Search { training, source: &source, names: set.names().to_vec() };
    search.run(&|latest| {
        let mut checks =
            check_bars(training, &latest.bars, &ConfiguredFeatures::new(&set, latest))?;
        if !set.columns().is_empty() {
            checks.push(foresight::check(latest, set.columns()));
        }
        Ok(checks)
    })
}

/// What is searched.
struct Search<'a> {
    training: &'a TrainingConfig,
    source: &'a BarSource,
    /// Of the features.
    names: Vec<String>,
}

impl Search<'_> {
    /// Carries out `checks` on the bars, of each symbol by itself.
    fn run(
        self,
        checks: &(dyn Fn(&LatestBars) -> Result<Vec<LeakCheck>> + Sync),
    ) -> Result<LeakReport> {
        let Self { training, source, names } = self;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(training.threads)
            .build()
            .context("failed to start the threads; set `threads` lower")?;
        let (mut n_bars, mut found) = (0, Vec::new());
        let mut check = |source: &BarSource, symbol: Option<&str>| -> Result<()> {
            let latest = LatestBars::of(source)?;
            n_bars += latest.bars.len() as u64;
            let of_source = pool.install(|| checks(&latest))?;
            let symbol = symbol.map(str::to_owned);
            found.extend(
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
            is_clean: found.iter().all(|check| check.is_passed),
            source: source.name().to_owned(),
            data_sha256: source.sha256()?,
            n_bars,
            n_features: names.len() as u64,
            n_episodes: n_episodes(training) as u64,
            seed: training.seed,
            checks: found,
        })
    }
}

fn check_bars(
    training: &TrainingConfig,
    bars: &[Bar],
    features: &dyn Features,
) -> Result<Vec<LeakCheck>> {
    let split = Split::of(bars.len() as u64, training)?;
    let check_training = CheckTraining::new(training, split, (features, n_episodes(training)));
    Ok(vec![
        prefix::check(bars, features),
        decisions::check(&check_training, bars)?,
        shuffle::check(&check_training, bars)?,
    ])
}
