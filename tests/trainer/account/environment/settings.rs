//! The settings' ranges.

use super::*;

#[track_caller]
fn check_refused(config: &EnvironmentConfig, message: &str) {
    assert_eq!(config.validate().expect_err("out of range").to_string(), message);
    assert!(Environment::new(config).is_err());
}

#[test]
fn the_defaults_are_valid() {
    EnvironmentConfig::default().validate().unwrap();
    let empty: EnvironmentConfig = serde_json::from_str("{}").unwrap();
    assert_eq!(empty, EnvironmentConfig::default());
}

#[test]
fn a_setting_outside_its_range_is_named_with_the_range() {
    let config = EnvironmentConfig::default();
    check_refused(
        &EnvironmentConfig { initial_cash: 0.0, ..config },
        "`environment.initial_cash` is 0; it must be above 0, at most 1e15",
    );
    check_refused(
        &EnvironmentConfig { slippage_bps: f64::NAN, ..config },
        "`environment.slippage_bps` is NaN; it must be from 0 to 1000",
    );
    check_refused(
        &EnvironmentConfig { lot_size: -1.0, ..config },
        "`environment.lot_size` is -1; it must be 0 or more",
    );
}

#[test]
fn leverage_that_its_own_opening_would_liquidate_is_refused() {
    check_refused(
        &EnvironmentConfig { leverage: 20.0, ..EnvironmentConfig::default() },
        "`environment.leverage` is 20; it must be below 1 / `environment.maintenance_margin`",
    );
}

#[test]
fn leverage_that_costs_would_eat_up_is_refused() {
    let config = EnvironmentConfig { leverage: 10.0, commission_bps: 500.0, ..FREE };
    check_refused(
        &config,
        "`environment.leverage` is 10; it must be so low that one full fill costs less than half \
         the equity",
    );
}

#[test]
fn an_unknown_setting_is_an_error() {
    let error = serde_json::from_str::<EnvironmentConfig>(r#"{"fee": 1}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `fee`"), "{error}");
}

#[test]
fn the_cost_of_exposure_is_commission_plus_slippage() {
    assert_near(EnvironmentConfig::default().cost_per_exposure(), 0.0006);
}

#[test]
fn buy_and_hold_borrows_nothing_at_any_leverage() {
    let config = EnvironmentConfig { leverage: 4.0, ..EnvironmentConfig::default() };
    let mut run = Run::new(&config, 100.0);
    run.trade(config.buy_and_hold_target(), 100.0);
    assert!(run.environment.account().cash().abs() < 1e-9);
}

#[test]
fn every_setting_tells_editors_its_meaning_and_default() {
    let schema = schemars::schema_for!(EnvironmentConfig).to_value();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 11);
    for (name, property) in properties {
        let text = property["description"].as_str().unwrap();
        assert!(text.contains("Default:"), "`{name}` does not tell its default");
        assert!(property.get("default").is_some(), "`{name}` has no default");
    }
    assert_eq!(properties["leverage"]["maximum"], 100.0);
    assert_eq!(properties["initial_cash"]["exclusiveMinimum"], 0.0);
}
