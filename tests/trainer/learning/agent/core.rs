//! The core, with a backup of one's own.

use trainer::learning::agent::{
    DiscountedBackup, FittedIteration, IterationInput, IterationOptions, IterationResult,
    NextValues, Outcome, PreviousValues, Step, Steps,
};

use super::{Noise, check_close};

fn options(n_actions: usize) -> IterationOptions {
    IterationOptions {
        n_actions,
        is_double: false,
        n_subsamples: 1,
        n_trees: 3,
        n_renewed: 3,
        min_samples_leaf: 1,
        min_samples_split: 0,
        max_depth: None,
        linear_start: None,
        cuts_per_feature: 1,
        seed: 1,
    }
}

/// A step between states that are plain numbers.
fn push(steps: &mut Steps, (state, action): (f64, usize), reward: f64, next: Option<f64>) {
    let (state, next) = ([state], next.map(|next| [next]));
    let next_state = next.as_ref().map(<[f64; 1]>::as_slice);
    steps.push(&Step { state: &state, action, reward, next_state }).unwrap();
}

/// From 0 one may stop for 1, or walk on to 1 and from there end with 4.
fn walk() -> Steps {
    let mut steps = Steps::new(1);
    push(&mut steps, (0.0, 0), 1.0, None);
    push(&mut steps, (0.0, 1), 0.0, Some(1.0));
    push(&mut steps, (1.0, 0), 0.0, None);
    push(&mut steps, (1.0, 1), 4.0, None);
    steps
}

#[test]
fn values_pass_through_steps_and_stop_at_the_end() {
    let (steps, core) = (walk(), FittedIteration::new(options(2)).unwrap());
    let input = IterationInput { experience: &steps, backup: &DiscountedBackup { discount: 0.5 } };
    let first = core.step(&input, PreviousValues { forests: &[], n_done: 0 }).unwrap();
    let value = |fitted: &IterationResult, state: f64, action: usize| {
        fitted.forests[action].predict_row(&[state])
    };
    check_close(value(&first, 0.0, 1), 0.0);
    check_close(first.max_abs_delta_q, 4.0);
    let second = core.step(&input, PreviousValues { forests: &first.forests, n_done: 1 }).unwrap();
    check_close(value(&second, 0.0, 0), 1.0);
    check_close(value(&second, 0.0, 1), 2.0);
    check_close(value(&second, 1.0, 1), 4.0);
    check_close(second.max_abs_delta_q, 2.0);
    let third = core.step(&input, PreviousValues { forests: &second.forests, n_done: 2 }).unwrap();
    check_close(third.max_abs_delta_q, 0.0);
    assert_eq!(third.n_transitions, 4);
}

#[test]
fn a_closure_is_a_backup() {
    // The pessimist: the worst that may follow, without discount.
    let worst = |outcome: &Outcome<'_>| {
        let next = outcome.next.map(|next| next.selecting.iter().copied().fold(9.0, f64::min));
        outcome.reward + next.unwrap_or(0.0)
    };
    let (steps, core) = (walk(), FittedIteration::new(options(2)).unwrap());
    let input = IterationInput { experience: &steps, backup: &worst };
    let first = core.step(&input, PreviousValues { forests: &[], n_done: 0 }).unwrap();
    let second = core.step(&input, PreviousValues { forests: &first.forests, n_done: 1 }).unwrap();
    check_close(second.forests[1].predict_row(&[0.0]), 0.0);
    check_close(second.forests[1].predict_row(&[1.0]), 4.0);
}

#[test]
fn the_best_next_action_pays_its_price_and_is_judged_by_the_other_values() {
    let next = NextValues { selecting: &[1.0, 3.0, 2.0], evaluating: &[5.0, 0.25, 7.0] };
    check_close(next.best(|_| 0.0), 0.25);
    check_close(next.best(|action| if action == 1 { 1.5 } else { 0.0 }), 7.0);
    let single = NextValues { evaluating: next.selecting, ..next };
    check_close(single.best(|_| 0.5), 2.5);
}

/// The value of a state from which eight actions lead to pure luck,
/// which is worth nothing; the mean over some worlds.
fn worth_of_luck(is_double: bool) -> f64 {
    let core = FittedIteration::new(IterationOptions { is_double, ..options(8) }).unwrap();
    let worth = |seed: u64| {
        let (mut noise, mut steps) = (Noise(seed), Steps::new(1));
        for action in (0..8).cycle().take(8 * 20) {
            push(&mut steps, (0.0, action), 0.0, Some(1.0));
            push(&mut steps, (1.0, action), noise.normal(), None);
        }
        let input =
            IterationInput { experience: &steps, backup: &DiscountedBackup { discount: 0.9 } };
        let first = core.step(&input, PreviousValues { forests: &[], n_done: 0 }).unwrap();
        let second =
            core.step(&input, PreviousValues { forests: &first.forests, n_done: 1 }).unwrap();
        assert_eq!(second.forests.len(), if is_double { 16 } else { 8 });
        second.forests[0].predict_row(&[0.0])
    };
    (0..100).map(worth).sum::<f64>() / 100.0
}

#[test]
fn luck_is_taken_for_worth_unless_values_are_estimated_twice() {
    let (single, double) = (worth_of_luck(false), worth_of_luck(true));
    assert!(single > 0.2, "{single}");
    assert!(double.abs() < 0.06, "{double}");
}

#[track_caller]
fn check_refused(steps: &Steps, expected: &str) {
    let core = FittedIteration::new(options(2)).unwrap();
    let input = IterationInput { experience: steps, backup: &DiscountedBackup { discount: 0.5 } };
    let error = core.step(&input, PreviousValues { forests: &[], n_done: 0 }).unwrap_err();
    assert_eq!(format!("{error:#}"), expected);
}

#[test]
fn experience_that_teaches_too_little_is_refused() {
    let mut steps = Steps::new(1);
    let none = "no transition has the action 0: a forest needs at least one row";
    check_refused(&steps, none);
    push(&mut steps, (0.0, 0), 1.0, None);
    check_refused(&steps, "no transition has the action 1: a forest needs at least one row");
    push(&mut steps, (0.0, 2), 1.0, None);
    check_refused(&steps, "the action 2 is not one of 2");
    let broken = Step { state: &[1.0, 2.0], action: 0, reward: 0.0, next_state: None };
    let renewing_none = IterationOptions { n_renewed: 0, ..options(2) };
    let error = FittedIteration::new(renewing_none).unwrap_err().to_string();
    assert_eq!(error, "an iteration must renew a tree");
    let error = steps.push(&broken).unwrap_err().to_string();
    assert_eq!(error, "a state has 2 features, not 1");
}
