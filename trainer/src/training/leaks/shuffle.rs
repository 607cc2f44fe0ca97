//! Where there is nothing to learn, nothing may be earned.

use anyhow::Result;

use crate::account::metrics::Performance;
use crate::market::bars::Bar;
use crate::random::splitmix64;

use super::bars::shuffled;
use super::check_training::CheckTraining;
use super::report::{LeakCheck, ShuffledRun};

const NAME: &str = "shuffled_labels";
/// Runs, each with an order of its own.
const N_RUNS: u64 = 3;
/// Intervals above 0 that are a leak: without one, an interval of 95 %
/// lies above 0 in at most one of 40 runs.
const N_ABOVE_MIN: usize = 2;

/// Trains on the moves of `bars` in random order, so that each label is
/// that of a random bar, and trades them: net of costs the 95 % interval
/// of the Sharpe ratio must include 0 or less.
pub(super) fn check(check_training: &CheckTraining<'_>, bars: &[Bar]) -> Result<LeakCheck> {
    let seed = check_training.training().seed;
    let runs = (0..N_RUNS).map(|run| {
        let earned =
            check_training.run(&shuffled(bars, splitmix64(seed).wrapping_add(run)))?.performance;
        Ok(summary(&earned))
    });
    let runs = runs.collect::<Result<Vec<ShuffledRun>>>()?;
    let n_above = runs.iter().filter(|run| run.sharpe_low.is_some_and(|low| low > 0.0)).count();
    let description: Vec<String> = runs.iter().map(ToString::to_string).collect();
    let description = format!("Sharpe {}", description.join(", "));
    let check = if n_above < N_ABOVE_MIN {
        LeakCheck::passed(NAME, description)
    } else {
        LeakCheck::failed(NAME, format!("{description}: earned where there is nothing to earn"))
    };
    Ok(LeakCheck { shuffled_runs: runs, ..check })
}

fn summary(earned: &Performance) -> ShuffledRun {
    ShuffledRun {
        net_return: earned.net_return,
        n_trades: earned.n_trades,
        sharpe: earned.sharpe,
        sharpe_low: earned.sharpe_low,
        sharpe_high: earned.sharpe_high,
    }
}
