//! Trains again for an audit: where there is nothing to earn, and with
//! prices in another unit.

use anyhow::Result;

use crate::config::TrainingConfig;
use crate::market::bars::{Bar, BarSource};
use crate::market::features::FeatureSet;
use crate::training::train::Split;

use super::bars::LatestBars;
use super::check_training::{CheckTraining, n_episodes};
use super::configured_features::ConfiguredFeatures;
use super::report::LeakCheck;
use super::shuffle;

/// No power of two, which would change no digit of a price.
const FACTOR: f64 = 1000.0;

/// What further trainings gave.
pub(crate) struct RetrainingResult {
    pub(crate) shuffled: LeakCheck,
    pub(crate) rescaled: RescalingResult,
    /// How many there were.
    pub(crate) n_trainings: u64,
}

/// A training, and the same with all prices times a factor.
pub(crate) struct RescalingResult {
    pub(crate) factor: f64,
    /// Net returns out of sample, as fractions.
    pub(crate) net_return: f64,
    pub(crate) other_net_return: f64,
    /// Annual; none where undefined.
    pub(crate) other_sharpe: Option<f64>,
    /// Decisions out of sample, and those that stayed the same together
    /// with the values behind them, to the bit.
    pub(crate) n_decisions: usize,
    pub(crate) n_equal: usize,
}

/// Trains on the latest bars of `source`, in few episodes, on shuffled
/// moves and on prices in another unit.
pub(crate) fn retrain(
    training: &TrainingConfig,
    source: &BarSource,
    set: &FeatureSet,
) -> Result<RetrainingResult> {
    let latest = LatestBars::of(source)?;
    let features = ConfiguredFeatures::new(set, &latest);
    let split = Split::of(latest.bars.len() as u64, training)?;
    let check_training =
        |training| CheckTraining::new(training, split, (&features, n_episodes(training)));
    let own = check_training(training);
    let shuffled = shuffle::check(&own, &latest.bars)?;
    let base = own.run(&latest.bars)?;
    let mut other = training.clone();
    other.environment.lot_size /= FACTOR;
    let scaled = check_training(&other).run(&rescaled(&latest.bars))?;
    let pairs = base.test_decisions.iter().zip(&scaled.test_decisions);
    let rescaled = RescalingResult {
        factor: FACTOR,
        net_return: base.performance.net_return,
        other_net_return: scaled.performance.net_return,
        other_sharpe: scaled.performance.sharpe,
        n_decisions: base.test_decisions.len(),
        n_equal: pairs.filter(|(one, other)| one == other).count(),
    };
    let n_trainings = shuffled.shuffled_runs.len() as u64 + 2;
    Ok(RetrainingResult { shuffled, rescaled, n_trainings })
}

fn rescaled(bars: &[Bar]) -> Vec<Bar> {
    let scaled = bars.iter().map(|bar| Bar {
        open: bar.open * FACTOR,
        high: bar.high * FACTOR,
        low: bar.low * FACTOR,
        close: bar.close * FACTOR,
        ..*bar
    });
    scaled.collect()
}
