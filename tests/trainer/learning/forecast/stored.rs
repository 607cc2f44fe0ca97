//! A forecaster comes back from a model and from a state bit for bit.

use std::fs;

use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::ridge_regression::{
    RidgeRegression, RidgeRegressionParameters, RidgeRegressionSolverName,
};
use smartcore::xgboost::{XGRegressor, XGRegressorParameters};
use tempfile::TempDir;
use trainer::learning::Learner as _;
use trainer::learning::forecast::{ForecastConfig, ForecastLearner};
use trainer::learning::forest::{
    Boosted, ForestOptions, Linear, Regressor, RegressorKind, RegressorOptions, Samples, TreeSeed,
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

fn options(kind: RegressorKind) -> RegressorOptions {
    let seed = TreeSeed { run: 7, refit: 0, action: 0 };
    let forest = ForestOptions { n_trees: 7, min_samples_leaf: 20, max_depth: Some(5), seed };
    RegressorOptions { kind, ridge_alpha: 1.0, learning_rate: 0.1, forest }
}

/// What the library's own regression predicts for the rows `new`, fitted
/// as [`options`] say.
fn library_predictions(
    kind: RegressorKind,
    (rows, targets): (&DenseMatrix<f64>, &Vec<f64>),
    new: &DenseMatrix<f64>,
) -> Vec<f64> {
    let seed = options(kind).forest.seed.tree(0, 0);
    match kind {
        RegressorKind::Ridge => {
            let parameters = RidgeRegressionParameters::default()
                .with_alpha(1.0)
                .with_normalize(true)
                .with_solver(RidgeRegressionSolverName::Cholesky);
            RidgeRegression::fit(rows, targets, parameters).unwrap().predict(new).unwrap()
        }
        RegressorKind::RandomForest => {
            let parameters = RandomForestRegressorParameters::default()
                .with_n_trees(7)
                .with_min_samples_leaf(20)
                .with_min_samples_split(40)
                // One more than ours: it counts the root.
                .with_max_depth(6)
                .with_m(1)
                .with_seed(seed);
            RandomForestRegressor::fit(rows, targets, parameters).unwrap().predict(new).unwrap()
        }
        RegressorKind::Xgboost => {
            let parameters = XGRegressorParameters::default()
                .with_n_estimators(7)
                .with_min_child_weight(20)
                .with_max_depth(5)
                .with_learning_rate(0.1)
                .with_base_score(targets.iter().sum::<f64>() / targets.len() as f64)
                .with_seed(seed);
            XGRegressor::fit(rows, targets, parameters).unwrap().predict(new).unwrap()
        }
        RegressorKind::ExtraTrees => unreachable!("`forest.rs` compares it"),
    }
}

#[test]
fn every_regression_predicts_the_librarys_bits() {
    let known = bars(0.4, 1);
    let rows: Vec<&[f64]> = known.rows[..2000].iter().map(|row| &row[..]).collect();
    let targets: Vec<f64> = known.rows[1..2001].iter().map(|row| row[0]).collect();
    let new: Vec<&[f64]> = known.rows[3000..3500].iter().map(|row| &row[..]).collect();
    let matrix = |rows: &[&[f64]]| DenseMatrix::from_2d_array(rows).unwrap();
    for kind in [RegressorKind::Ridge, RegressorKind::RandomForest, RegressorKind::Xgboost] {
        let samples = Samples::whole(&rows).unwrap();
        let fitted = Regressor::fit(&samples, &targets, &options(kind)).unwrap();
        let expected = library_predictions(kind, (&matrix(&rows), &targets), &matrix(&new));
        for (row, expected) in new.iter().zip(&expected) {
            assert_eq!(fitted.predict_row(row).to_bits(), expected.to_bits(), "{kind:?}");
        }
        let distinct = expected.iter().any(|value| value.to_bits() != expected[0].to_bits());
        assert!(distinct, "{kind:?} predicts nothing");
    }
}

#[test]
fn boosted_trees_predict_the_mean_over_the_subsamples() {
    let known = bars(0.4, 1);
    let rows: Vec<&[f64]> = known.rows[..2000].iter().map(|row| &row[..]).collect();
    let targets: Vec<f64> = known.rows[1..2001].iter().map(|row| row[0]).collect();
    let samples = Samples::subsampled(&rows, 3, 5).unwrap();
    let fitted = Regressor::fit(&samples, &targets, &options(RegressorKind::Xgboost)).unwrap();
    let Regressor::Xgboost(parts) = &fitted else { panic!("{fitted:?}") };
    assert_eq!(parts.len(), 3);
    for row in &rows[..100] {
        let of_part = |part: &Boosted| Regressor::Xgboost(vec![part.clone()]).predict_row(row);
        let mean = parts.iter().fold(0.0, |sum, part| sum + of_part(part)) / 3.0;
        assert_eq!(fitted.predict_row(row).to_bits(), mean.to_bits());
    }
}

#[test]
fn a_constant_feature_has_no_weight() {
    let known = bars(0.4, 2);
    let rows: Vec<[f64; 2]> = known.rows.iter().map(|row| [row[0], 3.0]).collect();
    let rows: Vec<&[f64]> = rows.iter().map(|row| &row[..]).take(500).collect();
    let targets: Vec<f64> = known.rows[1..501].iter().map(|row| row[0]).collect();
    let samples = Samples::whole(&rows).unwrap();
    let fitted = Regressor::fit(&samples, &targets, &options(RegressorKind::Ridge)).unwrap();
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
        fs::write(&path, saved.to_bytes().unwrap()).unwrap();
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
    let untrained = learner(ForecastConfig::default(), 1);
    let untrained = TradingModel::of_learner(&untrained, ModelMetadata::default()).unwrap();
    fs::write(&path, untrained.to_bytes().unwrap()).unwrap();
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
    let split = 6_000;
    for kind in [RegressorKind::Ridge, RegressorKind::ExtraTrees] {
        let mut whole = learner(config(kind), 2);
        let mut resumed = learner(config(kind), 2);
        let mut state = Vec::new();
        for (at, (&open, row)) in (0..).zip(known.opens.iter().zip(&known.rows)) {
            whole.observe(at, open, Some(row)).unwrap();
            if at == split {
                whole.refit().unwrap().unwrap();
                whole.write_state(&mut state).unwrap();
                resumed.read_state(&mut state.as_slice()).unwrap();
            } else if at > split {
                resumed.observe(at, open, Some(row)).unwrap();
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
