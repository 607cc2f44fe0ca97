//! Checks that training on shuffled bars earns nothing.

use anyhow::Result;

use crate::account::metrics::Performance;
use crate::market::bars::Bar;
use crate::random::splitmix64;

use super::bars::shuffled;
use super::check_training::CheckTraining;
use super::report::{LeakCheck, ShuffledRun};

const NAME: &str = "shuffled_labels";
/// Number of runs, each on bars in another order.
const N_RUNS: u64 = 3;
/// So many intervals above 0 are a leak: without one, a 95 % interval
/// lies above 0 in at most one of 40 runs.
const N_ABOVE_MIN: usize = 2;

/// Trains and evaluates on the moves of `bars` in random order. The check
/// fails when the 95 % interval of the Sharpe ratio, net of costs, is
/// above 0 in too many runs.
pub(super) fn check(check_training: &CheckTraining<'_>, bars: &[Bar]) -> Result<LeakCheck> {
    let seed = check_training.training().seed;
    let runs = (0..N_RUNS).map(|run| {
        let bars = shuffled(bars, splitmix64(seed).wrapping_add(run));
        Ok(summary(&check_training.run(&bars)?.performance))
    });
    let runs = runs.collect::<Result<Vec<ShuffledRun>>>()?;
    let n_above = runs.iter().filter(|run| run.sharpe_low.is_some_and(|low| low > 0.0)).count();
    let sharpe_ratios: Vec<String> = runs.iter().map(ToString::to_string).collect();
    let sharpe_ratios = format!("Sharpe {}", sharpe_ratios.join(", "));
    let check = if n_above < N_ABOVE_MIN {
        LeakCheck::passed(NAME, sharpe_ratios)
    } else {
        LeakCheck::failed(NAME, format!("{sharpe_ratios}: profits where nothing can be predicted"))
    };
    Ok(LeakCheck { shuffled_runs: runs, ..check })
}

fn summary(performance: &Performance) -> ShuffledRun {
    ShuffledRun {
        net_return: performance.net_return,
        n_trades: performance.n_trades,
        sharpe: performance.sharpe,
        sharpe_low: performance.sharpe_low,
        sharpe_high: performance.sharpe_high,
    }
}
