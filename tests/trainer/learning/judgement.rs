//! A candidate has an edge only if it beats both luck and holding.

use trainer::learning::judgement::{
    CandidateReturns, Fold, ValidationBar, ValidationBars, select_candidates,
};

use super::agent::Noise;

const COST: f64 = 0.0005;

/// 2,000 bars of normal returns that drift upwards.
fn bars(drift: f64) -> (ValidationBars, Vec<f64>) {
    let mut noise = Noise(3);
    let returns: Vec<f64> = (0..2000).map(|_| drift + 0.003 * noise.normal()).collect();
    let bars = (0..).zip(&returns);
    let bars =
        bars.map(|(at, &next_return)| ValidationBar { time_ms: at, next_return, follows: at > 0 });
    (ValidationBars::new(bars.collect(), COST, true), returns)
}

/// Knows the sign of a return in a `share` of bars, and is flat else.
fn skilled(drift: f64, share: f64) -> CandidateReturns {
    let (bars, returns) = bars(drift);
    let mut draws = Noise(4);
    let knows: Vec<bool> = returns.iter().map(|_| draws.uniform() < share).collect();
    bars.trade(|at, _| if knows[at] { returns[at].signum() } else { 0.0 })
}

#[test]
fn skill_is_an_edge_and_the_lack_of_it_is_none() {
    let selection = select_candidates(&[skilled(0.0, 0.0), skilled(0.0, 0.2)], 3.5);
    assert_eq!((selection.best, selection.near_best), (Some(1), vec![1]));
    assert!(selection.judgement.has_edge);
    let selection = select_candidates(&[skilled(0.0, 0.0)], 3.5);
    assert_eq!(
        (selection.best, selection.judgement.t_statistic.to_bits()),
        (None, 0.0_f64.to_bits())
    );
}

#[test]
fn holding_in_a_rising_market_is_no_edge() {
    let (bars, _) = bars(0.001);
    let hold = bars.trade(|_, _| 1.0);
    assert!(hold.log_return() > 1.0, "{}", hold.log_return());
    let selection = select_candidates(&[hold], 3.5);
    assert_eq!(selection.best, None, "{}", selection.judgement);
}

#[test]
fn candidates_within_a_standard_error_of_the_best_are_near_best() {
    // The same but for two trades: no standard error apart.
    let (bars, returns) = bars(0.0);
    let trade = |skipped: usize| {
        bars.trade(|at, _| if at % 4 == 0 && at / 4 > skipped { returns[at].signum() } else { 0.0 })
    };
    let selection = select_candidates(&[trade(1), skilled(0.0, 0.05), trade(0)], 0.0);
    assert_eq!(selection.near_best, [0, 2], "{}", selection.judgement);
}

#[test]
fn a_loss_is_never_an_edge() {
    let (bars, returns) = bars(0.0);
    let selection = select_candidates(&[bars.trade(|at, _| -returns[at].signum())], 0.0);
    assert_eq!(selection.best, None);
}

#[test]
fn held_out_bars_are_purged_from_the_training_bars() {
    // Two symbols, one after the other; the second begins later.
    let times_ms: Vec<i64> = (0..200).chain(100..200).collect();
    let folds = Fold::split(&times_ms, 0.33);
    let mut held_out: Vec<usize> = folds.iter().flat_map(|fold| fold.held_out.clone()).collect();
    held_out.sort_unstable();
    assert!(held_out.into_iter().eq(0..times_ms.len()), "each bar is held out once");
    for Fold { training, held_out } in &folds {
        let held_out_times_ms = || held_out.iter().map(|&at| times_ms[at]);
        let [first_ms, last_ms] =
            [held_out_times_ms().min().unwrap(), held_out_times_ms().max().unwrap()];
        assert!(training.iter().all(|&at| !(first_ms..=last_ms).contains(&times_ms[at])));
        // The returns of the two bars before a block end within it.
        assert!(
            training.iter().all(|at| !(at - at.min(&2)..=at + 2).any(|it| held_out.contains(&it)))
        );
        assert!(training.len() + held_out.len() + 2 * 2 * 2 >= times_ms.len());
    }
    assert_eq!(folds.len(), 3);
    assert_eq!(Fold::split(&times_ms, 0.8).len(), 2);
    assert_eq!(Fold::split(&times_ms[..140], 0.33), [], "too few held-out bars");
}

#[test]
fn symbols_at_one_time_share_the_account() {
    let bar = |follows: bool, next_return: f64| ValidationBar {
        time_ms: i64::from(follows),
        next_return,
        follows,
    };
    let bars = [bar(false, 0.1), bar(true, 0.1), bar(false, -0.1), bar(true, -0.1)];
    let bars = ValidationBars::new(bars.to_vec(), 0.0, true);
    let returns = bars.trade(|_, _| 1.0);
    assert_eq!(returns.n_times(), 2);
    let expected = f64::ln_1p(0.1) + f64::ln_1p(-0.1);
    assert!((returns.log_return() - expected).abs() < 1e-15, "{}", returns.log_return());
}
