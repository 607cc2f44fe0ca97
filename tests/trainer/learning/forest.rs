//! The forest predicts the library's bits, and distrusts files.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic")]

use proptest::prelude::*;
use rayon::ThreadPoolBuilder;
use serde_json::Value;
use smartcore::ensemble::extra_trees_regressor::{
    ExtraTreesRegressor, ExtraTreesRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use trainer::learning::forest::{Forest, ForestOptions, Samples, TreeSeed, splitmix64};

/// Rows of small whole numbers (`n_levels` of them, so that values
/// repeat) and targets that depend on them.
struct Data {
    rows: Vec<Vec<f64>>,
    targets: Vec<f64>,
}

fn data(n_rows: usize, n_features: usize, n_levels: u64) -> Data {
    let number = |row: usize, feature: usize| {
        let bits = splitmix64((row * 1000 + feature) as u64);
        (bits % n_levels) as f64
    };
    let rows: Vec<Vec<f64>> =
        (0..n_rows).map(|row| (0..n_features).map(|f| number(row, f)).collect()).collect();
    let noise = |row: usize| (splitmix64(row as u64) % 1000) as f64 / 500.0;
    let targets = (0..n_rows).map(|row| rows[row][0].sin() + noise(row)).collect();
    Data { rows, targets }
}

fn borrowed(rows: &[Vec<f64>]) -> Vec<&[f64]> {
    rows.iter().map(Vec::as_slice).collect()
}

fn options(n_trees: usize, min_samples_leaf: usize) -> ForestOptions {
    let seed = TreeSeed { run: 7, refit: 3, action: 1 };
    ForestOptions { n_trees, min_samples_leaf, max_depth: None, seed }
}

fn predict(forest: &Forest, rows: &[Vec<f64>]) -> Vec<u64> {
    let mut predictions = vec![f64::NAN; rows.len()];
    forest.predict_leaves(&forest.leaves([&rows.concat(), &[]]), &mut predictions);
    bits(&predictions)
}

/// What the library's own forest predicts, grown on the ranks of whole
/// samples.
fn library_predictions(data: &Data, options: &ForestOptions, rows: &[Vec<f64>]) -> Vec<f64> {
    let n_features = data.rows[0].len();
    // It tries one cut on each column; eight in all are tried at least.
    let n_cuts = 8_usize.div_ceil(n_features);
    let matrix = |rows: &[Vec<f64>]| {
        let ranks = |row: &Vec<f64>| -> Vec<f64> {
            row.iter().enumerate().map(|(feature, value)| rank(data, feature, *value)).collect()
        };
        let rows = rows.iter().map(|row| ranks(row).repeat(n_cuts)).collect();
        DenseMatrix::from_2d_vec(&rows).unwrap()
    };
    let parameters = ExtraTreesRegressorParameters::default()
        .with_n_trees(options.n_trees)
        .with_min_samples_leaf(options.min_samples_leaf)
        .with_min_samples_split(2 * options.min_samples_leaf)
        .with_seed(options.seed.tree(0, 0))
        .with_m(n_features * n_cuts);
    let library = ExtraTreesRegressor::fit(&matrix(&data.rows), &data.targets, parameters).unwrap();
    library.predict(&matrix(rows)).unwrap()
}

/// Returns the rank of the sample value on whose side of all cuts `value`
/// is: a cut is in the middle between two neighbouring values.
fn rank(data: &Data, feature: usize, value: f64) -> f64 {
    let mut column: Vec<f64> = data.rows.iter().map(|row| row[feature]).collect();
    column.sort_by(f64::total_cmp);
    let is_below = |pair: &[f64]| pair[0] + (pair[1] - pair[0]) / 2.0 < value;
    if value.is_nan() {
        return f64::NAN;
    }
    // The last value that no middle separates from it.
    let mut rank = column.windows(2).rposition(is_below).map_or(0, |idx| idx + 1);
    while column.get(rank + 1).is_some_and(|next| *next <= column[rank]) {
        rank += 1;
    }
    rank as f64
}

/// The mean over the stored trees, each walked node by node.
fn stored_prediction(stored: &Value, row: &[f64]) -> f64 {
    let trees = stored["trees"].as_array().unwrap();
    let leaf = |tree: &Value| {
        let mut node = 0;
        loop {
            let value = tree["values"][node].as_f64().unwrap();
            match usize::try_from(tree["children"][node].as_u64().unwrap()).unwrap() {
                0 => break value,
                child => {
                    let feature = usize::try_from(tree["features"][node].as_u64().unwrap());
                    let is_left = row[feature.unwrap()] <= value;
                    node = if is_left { child } else { child + 1 };
                }
            }
        }
    };
    trees.iter().fold(0.0, |sum, tree| sum + leaf(tree)) / trees.len() as f64
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Returns every number of the forest's stored form: its thresholds
/// are among them.
fn thresholds(forest: &Forest) -> Vec<f64> {
    let stored = serde_json::to_value(forest).unwrap();
    let trees = stored["trees"].as_array().unwrap();
    let values = trees.iter().flat_map(|tree| tree["values"].as_array().unwrap());
    values.map(|value| value.as_f64().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn predictions_have_the_librarys_bits(
        n_rows in 1_usize..300,
        n_features in 1_usize..5,
        n_levels in 2_u64..40,
        n_trees in 1_usize..12,
        leaf in 1_usize..20,
        n_subsamples in 1_usize..4,
    ) {
        let data = data(n_rows, n_features, n_levels);
        let samples = |n: usize| Samples::subsampled(&borrowed(&data.rows), n, 5).unwrap();
        let options = options(n_trees, leaf);
        let forest = Forest::fit(&samples(1), &data.targets, &options).unwrap();
        // Rows made of the thresholds themselves are ties; neighbours
        // of a threshold and missing numbers must agree as well.
        let ties = thresholds(&forest).into_iter().flat_map(|threshold| {
            [threshold, threshold.next_up(), threshold.next_down(), f64::NAN]
        });
        let ties = ties.map(|value| vec![value; n_features]);
        let rows: Vec<Vec<f64>> = data.rows.iter().cloned().chain(ties).collect();
        let expected = library_predictions(&data, &options, &rows);
        prop_assert_eq!(predict(&forest, &rows), bits(&expected));
        let one_by_one: Vec<f64> = rows.iter().map(|row| forest.predict_row(row)).collect();
        prop_assert_eq!(bits(&one_by_one), bits(&expected));
        let forest = Forest::fit(&samples(n_subsamples.min(n_trees)), &data.targets, &options);
        let forest = forest.unwrap();
        let stored = serde_json::to_value(&forest).unwrap();
        let expected: Vec<f64> = rows.iter().map(|row| stored_prediction(&stored, row)).collect();
        prop_assert_eq!(predict(&forest, &rows), bits(&expected));
    }

    #[test]
    fn leaves_predict_the_same_bits_and_learn_new_targets(
        n_first in 0_usize..40,
        n_rest in 1_usize..40,
        leaf in 1_usize..20,
    ) {
        let Data { rows, targets } = data(n_first + n_rest, 3, 30);
        let samples = Samples::whole(&borrowed(&rows)).unwrap();
        let forest = Forest::fit(&samples, &targets, &options(5, leaf)).unwrap();
        let (first, rest) = rows.split_at(n_first);
        let leaves = forest.leaves([&first.concat(), &rest.concat()]);
        let predict_leaves = |forest: &Forest| {
            let mut predictions = vec![f64::NAN; rows.len()];
            forest.predict_leaves(&leaves, &mut predictions);
            bits(&predictions)
        };
        prop_assert_eq!(predict_leaves(&forest), predict(&forest, &rows));
        let numbers: Vec<usize> = (0..rows.len()).collect();
        let lists = [vec![0.25; rows.len()], targets];
        let means = forest.with_leaf_means(&leaves, &numbers, &lists);
        let [constant, again] = means.try_into().unwrap();
        prop_assert_eq!(predict(&constant, &rows), bits(&vec![0.25; rows.len()]));
        // Its own targets bring its own values back, up to the order
        // of the sums.
        for row in &rows {
            prop_assert!((again.predict_row(row) - forest.predict_row(row)).abs() < 1e-12);
        }
        let both = [forest, constant];
        prop_assert!(Forest::share_splits(&both));
        let mut found = [f64::NAN; 2];
        Forest::predict_row_by_all(&both, &rows[0], &mut found);
        let expected = both.map(|forest| forest.predict_row(&rows[0]));
        prop_assert_eq!(bits(&found), bits(&expected));
    }

    #[test]
    fn a_damaged_forest_is_refused_or_harmless(
        tree in 0_usize..2, column in 0_usize..3, at in 0_usize..60, value in -2_i64..70,
    ) {
        let Data { rows, targets } = data(60, 2, 30);
        let samples = Samples::whole(&borrowed(&rows)).unwrap();
        let forest = Forest::fit(&samples, &targets, &options(2, 2)).unwrap();
        let mut stored = serde_json::to_value(&forest).unwrap();
        let column = ["features", "children", "values"][column];
        let numbers = stored["trees"][tree][column].as_array_mut().unwrap();
        let at = at % numbers.len();
        numbers[at] = value.into();
        if let Ok(forest) = serde_json::from_value::<Forest>(stored) {
            prop_assert!(predict(&forest, &rows).len() == 60);
        }
    }
}

#[test]
fn a_stored_forest_comes_back_bit_for_bit() {
    let Data { rows, targets } = data(500, 3, 1000);
    let samples = Samples::subsampled(&borrowed(&rows), 3, 1).unwrap();
    let forest = Forest::fit(&samples, &targets, &options(10, 5)).unwrap();
    let read: Forest = serde_json::from_str(&serde_json::to_string(&forest).unwrap()).unwrap();
    assert_eq!(predict(&read, &rows), predict(&forest, &rows));
    assert_eq!(read, forest);
    assert_eq!((read.n_trees(), read.n_features()), (10, 3));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let Data { rows, targets } = data(3000, 4, 100);
    let fit = |n_threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| {
            let samples = Samples::subsampled(&borrowed(&rows), 4, 9).unwrap();
            let forest = Forest::fit(&samples, &targets, &options(13, 20)).unwrap();
            (predict(&forest, &rows), forest)
        })
    };
    let one = fit(1);
    assert_eq!(one, fit(2));
    assert_eq!(one, fit(5));
}

#[test]
fn tiny_targets_split_like_great_ones() {
    // Returns are about 1e-4; 2^-40 is far below, and scales exactly.
    let scale = 2.0_f64.powi(-40);
    let Data { rows, targets } = data(2000, 3, 50);
    let samples = Samples::whole(&borrowed(&rows)).unwrap();
    let forest = Forest::fit(&samples, &targets, &options(5, 50)).unwrap();
    let tiny: Vec<f64> = targets.iter().map(|target| target * scale).collect();
    let tiny_forest = Forest::fit(&samples, &tiny, &options(5, 50)).unwrap();
    for row in &rows {
        let scaled = forest.predict_row(row) * scale;
        assert_eq!(tiny_forest.predict_row(row).to_bits(), scaled.to_bits());
    }
    let first = tiny_forest.predict_row(&rows[0]).to_bits();
    assert!(rows.iter().any(|row| tiny_forest.predict_row(row).to_bits() != first));
}

#[test]
fn depth_and_leaf_limits_hold() {
    let Data { rows, targets } = data(1000, 3, 500);
    let samples = Samples::whole(&borrowed(&rows)).unwrap();
    let n_leaves = |options: &ForestOptions| {
        let forest = Forest::fit(&samples, &targets, options).unwrap();
        let mut values = predict(&forest, &rows);
        values.sort_unstable();
        values.dedup();
        values.len()
    };
    assert_eq!(n_leaves(&ForestOptions { max_depth: Some(1), ..options(1, 5) }), 2);
    assert!(n_leaves(&options(1, 100)) <= 10);
    assert!(n_leaves(&options(1, 5)) > 20);
}

#[test]
fn no_two_trees_of_a_run_share_a_seed() {
    let mut seeds = Vec::new();
    for refit in (0..300).chain([1 << 20, (1 << 36) - 1]) {
        for action in 0..3 {
            let seed = TreeSeed { run: 42, refit, action };
            let trees = (0..4).flat_map(|share| (0..5).map(move |tree| (share, tree)));
            seeds.extend(trees.map(|(share, tree)| seed.tree(share, tree)));
        }
    }
    let n_seeds = seeds.len();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), n_seeds);
}

#[track_caller]
fn check_refused(json: &str, expected: &str) {
    let error = serde_json::from_str::<Forest>(json).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn hostile_forests_are_refused() {
    let forest = |tree: &str| format!(r#"{{"format":1,"n_features":2,"trees":[{tree}]}}"#);
    let tree = |children: &str| {
        forest(&format!(r#"{{"features":[0,0,0],"children":{children},"values":[1,2,3]}}"#))
    };
    assert!(serde_json::from_str::<Forest>(&tree("[1,0,0]")).is_ok());
    check_refused(&tree("[3,0,0]"), "tree 0 is damaged: node 0 has its children at 3");
    check_refused(&tree("[4294967295,0,0]"), "out of range");
    check_refused(&tree("[1,1,0]"), "node 1 has its children at 1, out of range");
    check_refused(&tree("[0,0,0]"), "node 1 has no parent");
    check_refused(&tree("[1,0]"), "different lengths");
    check_refused(&forest(""), "a forest has no trees");
    check_refused(r#"{"format":2,"n_features":2,"trees":[]}"#, "format 2; this program reads 1");
    check_refused(r#"{"format":1,"n_features":2,"trees":[],"x":1}"#, "unknown field `x`");
    let far = r#"{"features":[9,0,0],"children":[1,0,0],"values":[1,2,3]}"#;
    check_refused(&forest(far), "a split uses feature 9 of 2");
    let shared = r#"{"features":[0,0,0,0,0],"children":[1,2,0,0,0],"values":[1,2,3,4,5]}"#;
    check_refused(&forest(shared), "a child of node 1 has two parents");
    check_refused(&forest(r#"{"features":[0],"children":[0],"values":[1e999]}"#), "out of range");
}

#[track_caller]
fn check_unfit(rows: &[&[f64]], targets: &[f64], expected: &str) {
    let fit = Samples::whole(rows).and_then(|it| Forest::fit(&it, targets, &options(2, 1)));
    assert_eq!(format!("{:#}", fit.unwrap_err()), expected);
}

#[test]
fn samples_that_no_forest_can_learn_are_refused() {
    check_unfit(&[], &[], "a forest needs at least one row");
    check_unfit(&[&[]], &[1.0], "a forest needs at least one feature");
    check_unfit(&[&[1.0], &[1.0, 2.0]], &[1.0, 2.0], "row 1 has 2 features, not 1");
    check_unfit(&[&[1.0], &[f64::NAN]], &[1.0, 2.0], "feature 0 of row 1 is NaN");
    check_unfit(&[&[1.0]], &[1.0, 2.0], "2 targets for 1 rows");
    check_unfit(&[&[1.0]], &[f64::INFINITY], "the target of row 0 is inf");
}
