//! The forecaster earns where there is something to forecast, and its
//! threshold covers the cost.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic")]

mod planted;
mod stored;

use trainer::config::{ConfigFile, TrainingConfig};
use trainer::learning::forecast::{
    ForecastConfig, ForecastLearner, ForecastPolicy, ForecastRule, ValidationSlice,
    choose_threshold,
};
use trainer::learning::forest::{Linear, Regressor};
use trainer::learning::judgement::{ValidationBar, ValidationBars};
use trainer::learning::{Learner as _, LearnerSetup, Shape};

const COST: f64 = 0.0005;

fn learner(config: ForecastConfig, n_features: usize) -> ForecastLearner {
    let setup = LearnerSetup { cost_per_exposure: COST, n_features, seed: 1 };
    ForecastLearner::new(config, &[-1.0, 0.0, 1.0], setup).unwrap()
}

/// Forecasts the only feature itself.
fn rule(threshold: Option<f64>) -> ForecastRule {
    ForecastRule { regressor: Regressor::Ridge(Linear::new(0.0, vec![1.0]).unwrap()), threshold }
}

fn policy() -> ForecastPolicy {
    ForecastPolicy::untrained(Shape::new(&[-1.0, 0.0, 1.0], COST, 1).unwrap())
}

#[test]
fn it_trades_beyond_the_threshold_and_holds_within() {
    let policy = policy().with_rule(rule(Some(0.002))).unwrap();
    let act = |forecast: f64, position: f64| policy.act(&[forecast], position);
    let rows = [(0.0021, 0.0, 1.0), (0.0019, 0.0, 0.0), (0.0019, -1.0, -1.0), (0.0, 1.0, 1.0)];
    for (forecast, position, expected) in rows {
        assert_eq!(act(forecast, position).to_bits(), f64::to_bits(expected), "at {forecast}");
        let mirrored = act(-forecast, -position);
        assert_eq!(mirrored.to_bits(), (0.0 - expected).to_bits(), "at -{forecast}");
    }
    assert_eq!(act(-0.0021, 1.0).to_bits(), (-1.0_f64).to_bits());
}

#[test]
fn without_a_rule_or_a_threshold_it_holds_nothing() {
    let idle = policy().with_rule(rule(None)).unwrap();
    for policy in [policy(), idle] {
        assert_eq!(policy.act(&[1.0], 1.0).to_bits(), 0.0_f64.to_bits());
    }
}

#[test]
fn a_threshold_below_the_cost_is_refused() {
    let error = policy().with_rule(rule(Some(0.0004))).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"the threshold 0.0004 does not cover the cost 0.0005");
    assert!(policy().with_rule(rule(Some(f64::NAN))).is_err());
    assert!(policy().with_rule(rule(Some(COST))).is_ok());
}

/// Forecasts of one size, and a bar for each, of its index and forecast.
fn slice_of(size: f64, next_return: impl Fn(i64, f64) -> f64, follows: bool) -> ValidationSlice {
    let signs = (0..400).map(|at| if at % 7 < 3 { 1.0 } else { -1.0 });
    let forecasts: Vec<f64> = signs.map(|sign| sign * size).collect();
    let bars = (0..).zip(&forecasts).map(|(time_ms, &forecast)| ValidationBar {
        time_ms,
        next_return: next_return(time_ms, forecast),
        follows,
    });
    let bars = ValidationBars::new(bars.collect(), COST, true);
    ValidationSlice { exposures: vec![-1.0, 0.0, 1.0], cost: COST, bars, forecasts }
}

/// Returns that are `skill` times the forecasts.
fn slice(size: f64, skill: f64) -> ValidationSlice {
    slice_of(size, |_, forecast| forecast * skill, true)
}

#[test]
fn a_threshold_is_at_least_the_cost_and_needs_a_profit() {
    assert_eq!(choose_threshold(&slice(0.003, 1.0), 2.0).0, Some(COST));
    assert_eq!(choose_threshold(&slice(0.0002, 1.0), 0.0).0, None, "it never covers the cost");
    assert_eq!(choose_threshold(&slice(0.003, -1.0), 0.0).0, None, "it always loses");
    assert_eq!(choose_threshold(&slice(0.003, 0.05), 0.0).0, None, "the cost eats the profit");
}

#[test]
fn a_profit_that_luck_explains_gives_no_threshold() {
    // Two bars earn all, a fall and a rise.
    let luck =
        |at, forecast: f64| if [200, 203].contains(&at) { 0.3 } else { 0.0 } * forecast.signum();
    let lucky = slice_of(0.003, luck, true);
    let threshold = |least: f64| choose_threshold(&lucky, least).0;
    assert!(threshold(0.0).is_some());
    assert_eq!(threshold(2.0), None);
}

#[test]
fn a_gap_between_bars_costs_the_exit() {
    // Entering and leaving at every gap costs exactly the return.
    let slice = |follows| slice_of(0.003, |_, forecast| 2.0 * COST * forecast.signum(), follows);
    assert_ne!(choose_threshold(&slice(true), 0.0).0, None);
    assert_eq!(choose_threshold(&slice(false), 0.0).0, None);
}

#[test]
fn settings_out_of_range_are_named() {
    assert_eq!(ForecastConfig::default().validate(), Ok(()));
    let check = |json: &str, expected: &str| {
        let text = format!(r#"{{"model": "forecast", "models": {{"forecast": {json}}}}}"#);
        let error = TrainingConfig::parse(&text, "training.json").unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(expected), "{error}");
    };
    check(r#"{"inner_share": 0.6}"#, "`models.forecast.inner_share` is 0.6; it must be from 0.1");
    check(r#"{"n_trees": 4}"#, "`models.forecast.memory_shares` is 10; it must be from 1 to 4");
    check(r#"{"ridge_alpha": 0}"#, "`models.forecast.ridge_alpha` is 0; it must be above 0");
    check(r#"{"learner": "lasso"}"#, "`models.forecast.learner`: unknown value `lasso`");
    check(r#"{"tree": 1}"#, "unknown key `models.forecast.tree`");
}

#[test]
fn broken_bars_are_refused() {
    let mut learner = learner(ForecastConfig::default(), 1);
    let mut error =
        |open: f64, row: &[f64]| learner.observe(0, open, Some(row)).unwrap_err().to_string();
    insta::assert_snapshot!(error(1.0, &[1.0, 2.0]), @"a row has 2 features, not 1");
    insta::assert_snapshot!(error(1.0, &[f64::NAN]), @"feature 0 is NaN; it must be a finite number");
    insta::assert_snapshot!(error(0.0, &[1.0]), @"the open of a bar is 0; it must be above 0");
}
