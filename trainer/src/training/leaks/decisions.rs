//! Checks that decisions at a bar do not depend on later bars.

use anyhow::Result;

use crate::market::bars::Bar;

use super::bars::inverted_after;
use super::check_training::CheckTraining;
use super::report::LeakCheck;

const NAME: &str = "later_bars_changed";

/// Trains three times: on `bars`, with the bars after the middle of the
/// test part changed, and with those after the middle of the training
/// part changed. All earlier decisions must be the same.
pub(super) fn check(check_training: &CheckTraining<'_>, bars: &[Bar]) -> Result<LeakCheck> {
    let split = check_training.split();
    let base = check_training.run(bars)?;
    let n_test_kept = usize::try_from(split.n_test / 2)?;
    let last_idx = usize::try_from(split.test_begin())? + n_test_kept - 1;
    let changed_after = |last_idx: usize| {
        check_training.run_changed(&inverted_after(bars, last_idx), bars[last_idx].time_ms)
    };
    let changed = changed_after(last_idx)?;
    let mut n_equal = 0;
    let mut differing = None;
    let mut compare = |one: &[u64], other: &[u64], part: &str, begin: usize| {
        let n_equal_here = one.iter().zip(other).take_while(|(one, other)| one == other).count();
        n_equal += n_equal_here;
        if n_equal_here < one.len() || one.len() != other.len() {
            differing.get_or_insert(format!("{part} bar {}", begin + n_equal_here));
        }
    };
    let begin = last_idx + 1 - n_test_kept;
    let test = [&base.test_decisions, &changed.test_decisions]
        .map(|fingerprints| &fingerprints[..n_test_kept.min(fingerprints.len())]);
    compare(&base.train_decisions, &changed.train_decisions, "training", 0);
    compare(test[0], test[1], "test", begin);
    let n_train_kept = usize::try_from(split.n_train / 2)?;
    let changed = changed_after(n_train_kept - 1)?;
    let train = [&base.train_decisions, &changed.train_decisions]
        .map(|fingerprints| &fingerprints[..n_train_kept.min(fingerprints.len())]);
    compare(train[0], train[1], "training", 0);
    Ok(match differing {
        None => LeakCheck::passed(
            NAME,
            format!("{n_equal} decisions and the values behind them stayed the same to the bit"),
        ),
        Some(place) => LeakCheck::failed(
            NAME,
            format!("the decision at {place} became another one when only later bars changed"),
        ),
    })
}
