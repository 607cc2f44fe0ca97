//! The learner learns from the right bars, and refuses broken ones.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic")]

mod nothing;
mod planted;
mod settings;

use trainer::learning::agent::{AgentConfig, FittedPolicy, FittedQ};
use trainer::learning::forest::splitmix64;
use trainer::learning::{Learner as _, LearnerSetup, Shape};

const COST: f64 = 0.0005;
/// Normal numbers by Box and Muller's method.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = splitmix64(self.0);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// The settings for few bars: leaves of one bar.
fn small_config(discount: f64) -> AgentConfig {
    AgentConfig {
        discount,
        n_trees: 3,
        memory_shares: 1,
        min_samples_leaf: 1,
        memory_bars: 100,
        ..AgentConfig::default()
    }
}

/// A learner of few bars with one feature.
fn small_learner(discount: f64) -> FittedQ {
    let setup = LearnerSetup { n_features: 1, cost_per_exposure: 0.0, seed: 1 };
    FittedQ::new(small_config(discount), setup).unwrap()
}

/// Shows the learner bars of one feature each, which are numbered from
/// `first_ms` on.
fn show<'a>(
    learner: &mut FittedQ,
    first_ms: i64,
    bars: impl IntoIterator<Item = &'a (f64, Option<f64>)>,
) {
    for (time_ms, (open, feature)) in (first_ms..).zip(bars) {
        learner.observe(time_ms, *open, feature.as_ref().map(std::slice::from_ref)).unwrap();
    }
}

/// The value of being long in the state `feature`.
fn long_value(learner: &FittedQ, feature: f64) -> f64 {
    let mut values = [0.0; 3];
    learner.policy().q_values(&[feature], &mut values);
    values[2]
}

#[track_caller]
fn check_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-7, "{found} instead of {expected}");
}

#[test]
fn a_decision_earns_from_the_next_open_to_the_one_after() {
    let mut learner = small_learner(0.0);
    let bars = [(100.0, Some(0.0)), (110.0, Some(1.0)), (121.0, Some(2.0)), (108.9, Some(3.0))];
    show(&mut learner, 0, &bars);
    assert_eq!(learner.n_rows(), 2);
    assert_eq!(learner.backup().unwrap().unwrap().n_rows, 2);
    check_close(long_value(&learner, 0.0), 121.0 / 110.0 - 1.0);
    check_close(long_value(&learner, 1.0), 108.9 / 121.0 - 1.0);
}

/// Three bars of no return, then one of a half.
const RISE: [(f64, Option<f64>); 5] =
    [(1.0, Some(0.0)), (1.0, Some(1.0)), (1.0, Some(2.0)), (1.5, Some(3.0)), (1.5, Some(4.0))];

#[test]
fn backups_come_to_what_the_bars_ahead_are_worth() {
    let mut learner = small_learner(0.5);
    show(&mut learner, 0, &RISE);
    // From linear values, whose error is halved each time.
    let reports = (0..30).map(|_| learner.backup().unwrap().unwrap());
    let reports: Vec<_> = reports.collect();
    check_close(long_value(&learner, 1.0), 0.5);
    check_close(long_value(&learner, 0.0), 0.25);
    check_close(reports[29].max_abs_delta_q, 0.0);
    // The first backup is preceded by a fit to the linear values.
    assert_eq!((reports[0].n_backups, reports[29].n_backups), (2, 31));
}

#[test]
fn the_best_next_exposure_pays_its_cost() {
    let setup = LearnerSetup { n_features: 1, cost_per_exposure: 0.1, seed: 1 };
    let mut learner = FittedQ::new(small_config(0.5), setup).unwrap();
    show(&mut learner, 0, &RISE);
    for _ in 0..30 {
        learner.backup().unwrap();
    }
    let mut values = [0.0; 3];
    learner.policy().q_values(&[0.0], &mut values);
    // Then long at the next bar, for 0.2 from short and 0.1 from flat.
    for (value, expected) in values.into_iter().zip([0.15, 0.2, 0.25]) {
        check_close(value, expected);
    }
}

/// The value of a bar of noise, whose next bar is noise too; the mean
/// over some worlds.
fn worth_of_luck(double_q: bool) -> f64 {
    let worth = |seed: u64| {
        let config = AgentConfig { double_q, min_samples_leaf: 1000, ..small_config(0.9) };
        let setup = LearnerSetup { n_features: 1, cost_per_exposure: 0.0, seed: 1 };
        let mut learner = FittedQ::new(config, setup).unwrap();
        let (mut noise, mut open) = (Noise(seed), 1.0);
        for time_ms in 0..40 {
            learner.observe(time_ms, open, Some(&[noise.normal()])).unwrap();
            open *= 1.0 + 0.01 * noise.normal();
        }
        for _ in 0..30 {
            learner.backup().unwrap();
        }
        assert_eq!(learner.policy().forests().len(), if double_q { 6 } else { 3 });
        let mut values = [0.0; 3];
        learner.policy().q_values(&[0.0], &mut values);
        values[1]
    };
    (0..100).map(worth).sum::<f64>() / 100.0
}

#[test]
fn luck_is_taken_for_worth_unless_values_are_estimated_twice() {
    let (single, double) = (worth_of_luck(false), worth_of_luck(true));
    assert!(single > 0.005, "{single}");
    assert!(double.abs() < 0.2 * single, "{double} and {single}");
}

#[track_caller]
fn check_no_leak(seam: impl FnOnce(&mut FittedQ), last: f64) {
    let mut learner = small_learner(0.9);
    show(&mut learner, 0, &[0.0, 1.0, 2.0].map(|feature| (1.0, Some(feature))));
    seam(&mut learner);
    // A rich state right after the seam: nobody before it may gain.
    show(&mut learner, 4, &[(1.0, Some(10.0)), (1.0, Some(11.0)), (2.0, Some(12.0))]);
    for _ in 0..5 {
        learner.backup().unwrap();
    }
    check_close(long_value(&learner, 0.0), 0.0);
    check_close(long_value(&learner, last), 0.0);
    assert!(long_value(&learner, 10.0) > 0.9);
}

#[test]
fn nothing_is_learned_across_the_end_of_an_episode() {
    // The last two bars are forgotten: their returns never come.
    check_no_leak(FittedQ::end_series, 0.0);
}

#[test]
fn nothing_is_learned_across_a_bar_without_features() {
    check_no_leak(|learner| show(learner, 3, &[(1.0, None)]), 2.0);
}

#[test]
fn a_bar_without_features_keeps_the_returns_of_the_bars_before() {
    let mut learner = small_learner(0.0);
    let bars = [(1.0, Some(0.0)), (1.0, None), (1.25, Some(2.0)), (5.0, Some(3.0)), (10.0, None)];
    show(&mut learner, 0, &bars);
    learner.backup().unwrap();
    assert_eq!(learner.n_rows(), 2);
    check_close(long_value(&learner, 0.0), 0.25);
    check_close(long_value(&learner, 2.0), 1.0);
}

#[test]
fn only_the_most_recent_bars_are_remembered() {
    let mut learner = small_learner(0.0);
    for bar in 0..1000_u32 {
        // The return doubles at every bar of the last hundred.
        let open = if bar < 898 { 1.0 } else { 2.0_f64.powi(bar.cast_signed() - 898) };
        learner.observe(bar.into(), open, Some(&[f64::from(bar)])).unwrap();
        assert!(learner.n_rows() <= 100);
    }
    assert_eq!(learner.n_rows(), 100);
    learner.backup().unwrap();
    check_close(long_value(&learner, 0.0), 1.0);
    let rows = learner.sample_rows(4);
    assert_eq!(rows, [[898.0], [923.0], [948.0], [973.0]]);
}

#[test]
fn the_seed_changes_the_trees_but_refits_share_none() {
    let policy = |seed: u64, n_backups: usize| {
        let setup = LearnerSetup { n_features: 1, cost_per_exposure: COST, seed };
        let config = AgentConfig { min_samples_leaf: 10, discount: 0.0, ..Default::default() };
        let mut learner = FittedQ::new(config, setup).unwrap();
        let mut noise = Noise(3);
        for time_ms in 0..300 {
            let open = 1.0 + 0.1 * noise.uniform();
            learner.observe(time_ms, open, Some(&[noise.normal()])).unwrap();
        }
        for _ in 0..n_backups {
            learner.backup().unwrap();
        }
        learner.policy().clone()
    };
    assert_eq!(policy(1, 1), policy(1, 1));
    assert_ne!(policy(1, 1), policy(2, 1));
    // Without discount each refit has the same targets.
    assert_ne!(policy(1, 1), policy(1, 2));
}

#[test]
fn a_policy_without_a_backup_stays_where_it_is() {
    let shape = |cost: f64| Shape::new(&[-1.0, 0.0, 1.0], cost, 2).unwrap();
    let policy = FittedPolicy::untrained(shape(0.001));
    for position in [-1.0, 0.0, 1.0] {
        assert_eq!(policy.act(&[1.0, 2.0], position).to_bits(), f64::to_bits(position));
    }
    // Even without costs, and from a position that has drifted.
    let free = FittedPolicy::untrained(shape(0.0));
    assert_eq!(free.act(&[1.0, 2.0], 0.93).to_bits(), 1.0_f64.to_bits());
    assert_eq!(free.act(&[1.0, 2.0], -0.5).to_bits(), (-1.0_f64).to_bits());
}

#[test]
fn an_empty_memory_gives_no_report() {
    let mut learner = small_learner(0.5);
    assert_eq!(learner.refit().unwrap(), None);
    show(&mut learner, 0, &[(1.0, Some(1.0))]);
    assert_eq!(learner.refit().unwrap(), None);
}

#[test]
fn broken_rows_are_refused() {
    let mut learner = small_learner(0.5);
    let mut error =
        |open: f64, row: &[f64]| learner.observe(0, open, Some(row)).unwrap_err().to_string();
    insta::assert_snapshot!(error(1.0, &[1.0, 2.0]), @"a row has 2 features, not 1");
    insta::assert_snapshot!(error(1.0, &[f64::NAN]), @"feature 0 is NaN; it must be a finite number");
    insta::assert_snapshot!(error(0.0, &[1.0]), @"the open of a bar is 0; it must be above 0");
}

#[track_caller]
fn check_invalid(json: &str, expected: &str) {
    let config: AgentConfig = serde_json::from_str(json).unwrap();
    assert_eq!(config.validate().unwrap_err().to_string(), expected);
}

#[test]
fn settings_out_of_range_are_named() {
    assert_eq!(AgentConfig::default().validate(), Ok(()));
    check_invalid(
        r#"{"exposures": [0]}"#,
        "`agent.exposures` is [0.0]; it must be a list of 2 to 16 exposures",
    );
    check_invalid(
        r#"{"exposures": [0, 0]}"#,
        "`agent.exposures` is [0.0, 0.0]; it must be increasing, each exposure once",
    );
    check_invalid(
        r#"{"exposures": [1, 2]}"#,
        "`agent.exposures` is [1.0, 2.0]; it must be a list that contains 0",
    );
    check_invalid(r#"{"discount": 1}"#, "`agent.discount` is 1; it must be from 0 to 0.9999");
    check_invalid(
        r#"{"n_trees": 5}"#,
        "`agent.memory_shares` is 10; it must be at most `agent.n_trees`, which is 5",
    );
    check_invalid(
        r#"{"max_depth": 0}"#,
        "`agent.max_depth` is 0; it must be from 1 to 60, or null",
    );
    let unknown = serde_json::from_str::<AgentConfig>(r#"{"tree": 5}"#).unwrap_err().to_string();
    assert!(unknown.starts_with("unknown field `tree`"), "{unknown}");
}
