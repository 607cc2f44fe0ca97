//! A forecaster comes back from a model and from a state bit for bit.

use std::fs;

use tempfile::TempDir;
use trainer::learning::forecast::{ForecastConfig, ForecastLearner};
use trainer::learning::forest::{ForestOptions, Linear, Regressor};
use trainer::learning::forest::{
    LibraryRegressor, RegressorKind, RegressorOptions, Samples, TreeSeed,
};
use trainer::learning::model::{ModelMetadata, TradingModel};

use super::planted::{Bars, bars, watch};
use super::{learner, policy, rule};

const KINDS: [RegressorKind; 4] = [
    RegressorKind::Ridge,
    RegressorKind::ExtraTrees,
    RegressorKind::RandomForest,
    RegressorKind::Xgboost,
];

fn config(learner: RegressorKind) -> ForecastConfig {
    let max_depth = Some(3);
    ForecastConfig { learner, n_trees: 10, memory_shares: 4, max_depth, ..Default::default() }
}

fn taught(kind: RegressorKind, bars: &Bars) -> ForecastLearner {
    let mut learner = learner(config(kind), 2);
    watch(&mut learner, bars);
    learner.refit().unwrap().unwrap();
    learner
}

#[test]
fn every_regression_predicts_the_librarys_bits() {
    let known = bars(0.4, 1);
    let rows: Vec<&[f64]> = known.rows[..2000].iter().map(|row| &row[..]).collect();
    let targets: Vec<f64> = known.rows[1..2001].iter().map(|row| row[0]).collect();
    let new: Vec<&[f64]> = known.rows[3000..3500].iter().map(|row| &row[..]).collect();
    for kind in KINDS {
        let n_subsamples = if kind == RegressorKind::Ridge { 1 } else { 3 };
        let samples = Samples::subsampled(&rows, n_subsamples, 5).unwrap();
        let seed = TreeSeed { run: 7, refit: 0, action: 0 };
        let forest = ForestOptions {
            n_trees: 7,
            min_samples_leaf: 20,
            min_samples_split: 2,
            cuts_per_feature: 1,
            max_depth: Some(5),
            seed,
        };
        let options = RegressorOptions { kind, ridge_alpha: 1.0, learning_rate: 0.1, forest };
        let library = LibraryRegressor::fit(&samples, &targets, &options).unwrap();
        let compiled = library.compile().unwrap();
        let expected = library.predict(&new).unwrap();
        for (row, expected) in new.iter().zip(&expected) {
            assert_eq!(compiled.predict_row(row).to_bits(), expected.to_bits(), "{kind:?}");
        }
        let distinct = expected.iter().any(|value| value.to_bits() != expected[0].to_bits());
        assert!(distinct, "{kind:?} predicts nothing");
    }
}

#[test]
fn a_constant_feature_has_no_weight() {
    let known = bars(0.4, 2);
    let rows: Vec<[f64; 2]> = known.rows.iter().map(|row| [row[0], 3.0]).collect();
    let rows: Vec<&[f64]> = rows.iter().map(|row| &row[..]).take(500).collect();
    let targets: Vec<f64> = known.rows[1..501].iter().map(|row| row[0]).collect();
    let seed = TreeSeed { run: 7, refit: 0, action: 0 };
    let options = RegressorOptions {
        kind: RegressorKind::Ridge,
        ridge_alpha: 1.0,
        learning_rate: 0.1,
        forest: ForestOptions {
            n_trees: 1,
            min_samples_leaf: 1,
            min_samples_split: 2,
            cuts_per_feature: 1,
            max_depth: None,
            seed,
        },
    };
    let samples = Samples::whole(&rows).unwrap();
    let fitted = Regressor::fit(&samples, &targets, &options).unwrap();
    let at = |constant: f64| fitted.predict_row(&[0.01, constant]).to_bits();
    assert_eq!(at(3.0), at(-100.0));
}

#[test]
fn a_saved_forecaster_loads_with_the_same_decisions() {
    let folder = TempDir::new().unwrap();
    let known = bars(0.4, 3);
    for kind in KINDS {
        let learner = taught(kind, &known);
        let saved = TradingModel::of_learner(&learner, ModelMetadata::default()).unwrap();
        let path = folder.path().join(format!("{kind:?}.zip"));
        saved.save(&path).unwrap();
        let loaded = TradingModel::load(&path).unwrap();
        assert_eq!((loaded.kind(), loaded.n_features()), ("forecast", 2));
        let mut n_trades = 0;
        for row in &known.rows[..500] {
            let found = loaded.predict(row, 0.0);
            assert_eq!(found.to_bits(), learner.policy().act(row, 0.0).to_bits());
            n_trades += usize::from(found != 0.0);
        }
        assert!(n_trades > 0, "{kind:?} never trades");
        assert_eq!(loaded.to_bytes().unwrap(), fs::read(&path).unwrap());
    }
}

#[test]
fn an_untrained_forecaster_is_saved_and_holds_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.zip");
    TradingModel::new(policy(), ModelMetadata::default(), Vec::new()).unwrap().save(&path).unwrap();
    let loaded = TradingModel::load(&path).unwrap();
    assert_eq!(loaded.predict(&[1.0], 1.0).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn a_rule_of_other_rows_is_refused() {
    let mut two = rule(None);
    two.regressor = Regressor::Ridge(Linear::new(0.0, vec![1.0, 2.0]).unwrap());
    let error = format!("{:#}", policy().with_rule(two).unwrap_err());
    let expected = "the forecast does not fit: a regression takes 2 features, not 1";
    assert_eq!(error, expected);
    let mut none = rule(None);
    none.regressor = Regressor::Xgboost(Vec::new());
    assert!(policy().with_rule(none).is_err());
    assert!(Linear::new(f64::NAN, vec![1.0]).is_err());
}

#[test]
fn a_learner_goes_on_from_its_state() {
    let known = bars(0.4, 4);
    let split = known.opens.len() * 3 / 4;
    for kind in [RegressorKind::Ridge, RegressorKind::ExtraTrees] {
        let mut whole = learner(config(kind), 2);
        let mut resumed = learner(config(kind), 2);
        let mut state = Vec::new();
        for (at, (&open, row)) in known.opens.iter().zip(&known.rows).enumerate() {
            whole.observe(open, Some(row)).unwrap();
            if at == split {
                whole.refit().unwrap().unwrap();
                whole.write_state(&mut state).unwrap();
                resumed.read_state(&mut state.as_slice()).unwrap();
            } else if at > split {
                resumed.observe(open, Some(row)).unwrap();
            }
        }
        whole.end_episode().unwrap();
        resumed.end_episode().unwrap();
        assert_eq!(resumed.policy(), whole.policy(), "{kind:?}");
        assert!(whole.policy().rule().is_some());
    }
    let mut other = learner(ForecastConfig { memory_bars: 500, ..config(KINDS[0]) }, 2);
    let mut state = Vec::new();
    taught(KINDS[0], &known).write_state(&mut state).unwrap();
    let error = other.read_state(&mut state.as_slice()).unwrap_err().to_string();
    assert_eq!(error, "the learner's memory has another size");
}
