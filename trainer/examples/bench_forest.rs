//! Compares the flat forest's prediction with the library's own, of
//! the same trees and rows, on one core, in one run:
//!
//! `cargo run --release --package trainer --example bench_forest`
//!
//! Each figure is the fastest of several runs, taken in turn, so that
//! other load falls on both. Prints Markdown.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use smartcore::ensemble::extra_trees_regressor::{
    ExtraTreesRegressor, ExtraTreesRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use trainer::learning::forest::{Forest, ForestOptions, Samples, TreeSeed, splitmix64};

const N_ROWS: usize = 8_192;
const N_RUNS: usize = 25;

/// A forest to measure: `min_samples_leaf` and depth as in the library.
struct Case {
    title: &'static str,
    n_train: usize,
    n_features: usize,
    n_trees: usize,
    min_samples_leaf: usize,
    max_depth: Option<u16>,
}

const CASES: [Case; 4] = [
    Case {
        title: "20 trees as the agent grows them",
        n_train: 3_000,
        n_features: 24,
        n_trees: 20,
        min_samples_leaf: 20,
        max_depth: None,
    },
    Case {
        title: "20 trees, 12 deep, leaves of 5",
        n_train: 50_000,
        n_features: 20,
        n_trees: 20,
        min_samples_leaf: 5,
        max_depth: Some(12),
    },
    Case {
        title: "60 trees, leaves of 50",
        n_train: 20_000,
        n_features: 5,
        n_trees: 60,
        min_samples_leaf: 50,
        max_depth: None,
    },
    Case {
        title: "20 trees, leaves of 1",
        n_train: 10_000,
        n_features: 20,
        n_trees: 20,
        min_samples_leaf: 1,
        max_depth: None,
    },
];

fn main() -> Result<()> {
    println!(
        "| forest | smartcore, ns a row and tree | flat | times | one row, ns a tree | times |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    for case in &CASES {
        pool.install(|| case.measure())?;
    }
    Ok(())
}

impl Case {
    fn measure(&self) -> Result<()> {
        let known = rows(0, self.n_train, self.n_features);
        let targets: Vec<f64> = known.iter().zip(0..).map(|(row, at)| target(row, at)).collect();
        let seed = TreeSeed { run: 1, refit: 0, action: 0 };
        let Self { n_trees, min_samples_leaf, max_depth, .. } = *self;
        let options = ForestOptions { n_trees, min_samples_leaf, max_depth, seed };
        let forest = Forest::fit(&Samples::whole(&borrowed(&known))?, &targets, &options)?;
        let mut parameters = ExtraTreesRegressorParameters::default()
            .with_n_trees(n_trees)
            .with_min_samples_leaf(min_samples_leaf)
            .with_min_samples_split(2 * min_samples_leaf)
            .with_m(self.n_features)
            .with_seed(seed.tree(0, 0));
        // The library counts the root.
        parameters.max_depth = max_depth.map(|depth| depth + 1);
        let known = DenseMatrix::from_2d_vec(&known)?;
        let library = ExtraTreesRegressor::fit(&known, &targets, parameters)?;
        let new = rows(1, N_ROWS, self.n_features);
        let flat = new.concat();
        let matrix = DenseMatrix::from_2d_vec(&new)?;
        let (mut expected, mut found) = (Vec::new(), vec![0.0; N_ROWS]);
        let mut one_by_one = vec![0.0; N_ROWS];
        let mut best = [Duration::MAX; 3];
        for _ in 0..N_RUNS {
            time(&mut best[0], || expected = library.predict(&matrix).unwrap_or_default());
            time(&mut best[1], || {
                forest.predict_leaves(&forest.leaves([&flat, &[]]), &mut found);
            });
            time(&mut best[2], || {
                for (row, prediction) in new.iter().zip(&mut one_by_one) {
                    *prediction = forest.predict_row(row);
                }
            });
        }
        ensure!(bits(&found) == bits(&expected), "the flat forest predicts something else");
        ensure!(bits(&one_by_one) == bits(&expected), "a single row gets something else");
        let [library, flat, single] =
            best.map(|time| time.as_secs_f64() * 1e9 / (N_ROWS * self.n_trees) as f64);
        println!(
            "| {} | {library:.1} | {flat:.1} | {:.1} | {single:.1} | {:.1} |",
            self.title,
            library / flat,
            library / single
        );
        Ok(())
    }
}

fn time(best: &mut Duration, call: impl FnOnce()) {
    let start = Instant::now();
    call();
    *best = start.elapsed().min(*best);
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn borrowed(rows: &[Vec<f64>]) -> Vec<&[f64]> {
    rows.iter().map(Vec::as_slice).collect()
}

/// Returns a number from 0 to 1, the same on every machine.
fn uniform(at: u64) -> f64 {
    (splitmix64(at) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns rows of about normal numbers (Irwin and Hall).
fn rows(seed: u64, n_rows: usize, n_features: usize) -> Vec<Vec<f64>> {
    let value = |at: u64| (0..12).map(|part| uniform(at * 12 + part)).sum::<f64>() - 6.0;
    let row = |row: usize| {
        let first = (seed << 40) + (row * n_features) as u64;
        (0..n_features as u64).map(|feature| value(first + feature)).collect()
    };
    (0..n_rows).map(row).collect()
}

/// Returns a wave, plus a product, plus as much noise.
fn target(row: &[f64], at: u64) -> f64 {
    row[0].sin() + 0.5 * row[1] * row[2] + 2.0 * uniform((1 << 50) + at)
}
