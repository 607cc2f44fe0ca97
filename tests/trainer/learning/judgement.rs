//! Luck and holding are no edge; what beats both is one.

use trainer::learning::judgement::{InnerParts, LaterBar, LaterBars, Trial, choose};

use super::agent::Noise;

const COST: f64 = 0.0005;

/// 2,000 bars of normal returns that drift upwards.
fn bars(drift: f64) -> (LaterBars, Vec<f64>) {
    let mut noise = Noise(3);
    let returns: Vec<f64> = (0..2000).map(|_| drift + 0.003 * noise.normal()).collect();
    let bars = (0..).zip(&returns);
    let bars =
        bars.map(|(at, &next_return)| LaterBar { time_ms: at, next_return, follows: at > 0 });
    (LaterBars::new(bars.collect(), (COST, -1.0)), returns)
}

/// Knows the sign of a return in a `share` of bars, and is flat else.
fn skilled(drift: f64, share: f64) -> Trial {
    let (bars, returns) = bars(drift);
    let mut draws = Noise(4);
    let knows: Vec<bool> = returns.iter().map(|_| draws.uniform() < share).collect();
    bars.trade(|at, _| if knows[at] { returns[at].signum() } else { 0.0 })
}

#[test]
fn skill_is_an_edge_and_the_lack_of_it_is_none() {
    let choice = choose(&[skilled(0.0, 0.0), skilled(0.0, 0.2)], 3.5);
    assert_eq!((choice.best, choice.as_good), (Some(1), vec![1]));
    assert!(choice.judgement.has_edge);
    let choice = choose(&[skilled(0.0, 0.0)], 3.5);
    assert_eq!((choice.best, choice.judgement.t_statistic.to_bits()), (None, 0.0_f64.to_bits()));
}

#[test]
fn holding_in_a_rising_market_is_no_edge() {
    let (bars, _) = bars(0.001);
    let hold = bars.trade(|_, _| 1.0);
    assert!(hold.log_return() > 1.0, "{}", hold.log_return());
    let choice = choose(&[hold], 3.5);
    assert_eq!(choice.best, None, "{}", choice.judgement);
}

#[test]
fn those_that_luck_parts_from_the_best_are_as_good() {
    // The same but for two trades: no standard error apart.
    let (bars, returns) = bars(0.0);
    let trade = |skipped: usize| {
        bars.trade(|at, _| if at % 4 == 0 && at / 4 > skipped { returns[at].signum() } else { 0.0 })
    };
    let choice = choose(&[trade(1), skilled(0.0, 0.05), trade(0)], 0.0);
    assert_eq!(choice.as_good, [0, 2], "{}", choice.judgement);
}

#[test]
fn a_loss_is_never_an_edge() {
    let (bars, returns) = bars(0.0);
    let choice = choose(&[bars.trade(|at, _| -returns[at].signum())], 0.0);
    assert_eq!(choice.best, None);
}

#[test]
fn the_parts_lie_apart_in_time_for_all_symbols() {
    // Two symbols, one after the other; the second begins later.
    let times_ms: Vec<i64> = (0..200).chain(100..200).collect();
    let InnerParts { earlier, later } = InnerParts::of(&times_ms, 0.5).unwrap();
    let begin_ms = times_ms[later[0]];
    assert!(later.iter().all(|&at| times_ms[at] >= begin_ms));
    // The two bars before have returns that end within the later part.
    assert!(earlier.iter().all(|&at| times_ms[at] < begin_ms - 2));
    assert_eq!(earlier.len() + later.len() + 2 * 2, times_ms.len());
    assert_eq!(InnerParts::of(&times_ms[..60], 0.5), None, "too few judge");
}

#[test]
fn symbols_at_one_time_share_the_account() {
    let bar = |follows: bool, next_return: f64| LaterBar {
        time_ms: i64::from(follows),
        next_return,
        follows,
    };
    let bars = [bar(false, 0.1), bar(true, 0.1), bar(false, -0.1), bar(true, -0.1)];
    let bars = LaterBars::new(bars.to_vec(), (0.0, -1.0));
    let trial = bars.trade(|_, _| 1.0);
    assert_eq!(trial.n_times(), 2);
    let expected = f64::ln_1p(0.1) + f64::ln_1p(-0.1);
    assert!((trial.log_return() - expected).abs() < 1e-15, "{}", trial.log_return());
}
