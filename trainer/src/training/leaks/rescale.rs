//! The further trainings of an audit: on shuffled bars and on rescaled
//! prices.

use anyhow::Result;

use crate::config::TrainingConfig;
use crate::market::bars::{Bar, BarSource};
use crate::market::features::FeatureSet;
use crate::training::train::Split;

use super::bars::LatestBars;
use super::check_training::CheckTraining;
use super::features::ConfiguredFeatures;
use super::report::LeakCheck;
use super::shuffle;

/// Not a power of two, which would leave every significand unchanged.
const FACTOR: f64 = 1000.0;

/// The results of the further trainings.
pub(crate) struct RetrainingResult {
    pub(crate) shuffled: LeakCheck,
    pub(crate) rescaled: RescalingResult,
    pub(crate) n_trainings: u64,
}

/// A training compared with the same on prices times a factor.
pub(crate) struct RescalingResult {
    pub(crate) factor: f64,
    /// Net return out of sample, as a fraction.
    pub(crate) net_return: f64,
    /// The same with rescaled prices.
    pub(crate) other_net_return: f64,
    /// Annual Sharpe ratio with rescaled prices; `None` where undefined.
    pub(crate) other_sharpe: Option<f64>,
    /// Decisions out of sample.
    pub(crate) n_decisions: usize,
    /// Those that are equal, action values included, to the bit.
    pub(crate) n_equal: usize,
}

/// Trains for few episodes on the latest bars of `source`: shuffled, as
/// they are, and with rescaled prices.
pub(crate) fn retrain(
    training: &TrainingConfig,
    source: &BarSource,
    set: &FeatureSet,
) -> Result<RetrainingResult> {
    let latest = LatestBars::of(source)?;
    let features = ConfiguredFeatures::new(set, &latest);
    let split = Split::of(latest.bars.len() as u64, training)?;
    let check_training = |training| CheckTraining::new(training, split, &features);
    let original = check_training(training);
    let shuffled = shuffle::check(&original, &latest.bars)?;
    let base = original.run(&latest.bars)?;
    let mut scaled_config = training.clone();
    scaled_config.environment.lot_size /= FACTOR;
    let scaled = check_training(&scaled_config).run(&rescaled(&latest.bars))?;
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
