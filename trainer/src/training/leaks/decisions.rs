//! Decisions at a bar stay what they are when later bars change.

use anyhow::Result;

use crate::market::bars::Bar;

use super::bars::inverted_after;
use super::check_training::CheckTraining;
use super::report::LeakCheck;

const NAME: &str = "later_bars_changed";

/// Trains three times: on `bars`, with those after the middle of the
/// test bars changed, and with those after the middle of the training
/// bars changed. What was decided before must be the same.
pub(super) fn check(check_training: &CheckTraining<'_>, bars: &[Bar]) -> Result<LeakCheck> {
    let split = check_training.split();
    let base = check_training.run(bars)?;
    let n_trial = usize::try_from(split.n_test / 2)?;
    let last_idx = usize::try_from(split.test_begin())? + n_trial - 1;
    let changed_after = |last_idx: usize| {
        check_training.run_changed(&inverted_after(bars, last_idx), bars[last_idx].time_ms)
    };
    let changed = changed_after(last_idx)?;
    let mut n_equal = 0;
    let mut differing = None;
    let mut compare = |one: &[u64], other: &[u64], place: (&str, usize)| {
        let n_equal_here = one.iter().zip(other).take_while(|(one, other)| one == other).count();
        n_equal += n_equal_here;
        if n_equal_here < one.len() || one.len() != other.len() {
            let (part, begin) = place;
            differing.get_or_insert(format!("{part} bar {}", begin + n_equal_here));
        }
    };
    let begin = last_idx + 1 - n_trial;
    let trials = [&base.test_decisions, &changed.test_decisions]
        .map(|fingerprints| &fingerprints[..n_trial.min(fingerprints.len())]);
    compare(&base.train_decisions, &changed.train_decisions, ("training", 0));
    compare(trials[0], trials[1], ("test", begin));
    let n_lesson = usize::try_from(split.n_train / 2)?;
    let changed = changed_after(n_lesson - 1)?;
    let lessons = [&base.train_decisions, &changed.train_decisions]
        .map(|fingerprints| &fingerprints[..n_lesson.min(fingerprints.len())]);
    compare(lessons[0], lessons[1], ("training", 0));
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
